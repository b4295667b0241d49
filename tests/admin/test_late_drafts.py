"""A supervisor takes in a draft whose time is over, when its claimant asks for it."""

import pytest

from claims.actions import intake
from tests import make


@pytest.fixture
def late(anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    type(incident).objects.update(state="closed")
    return claim


def test_a_supervisor_finds_it_on_the_desk_and_takes_it_in(staff, at, words, sara, anna, late):
    browser = staff(sara)
    assert late.reference not in words(browser.get(at("index")))
    assert browser.get(at("case", late)).status_code == 404
    intake.ask_late(late.reference, by=anna, declaration=True, late_reason="I was in hospital.")
    assert late.reference in words(browser.get(at("index")))
    page = words(browser.get(at("case", late)))
    assert "I was in hospital." in page
    assert "Submit it for the claimant" in page
    for missing in ({"declaration": "on"}, {"reason": "I saw the papers."}):
        assert browser.post(at("case-submit", late), missing).status_code == 422
    taken = {"declaration": "on", "reason": "I saw the papers."}
    assert "its claimant is told" in words(browser.post(at("case-submit", late), taken, follow=True))
    late.refresh_from_db()
    assert late.status == "submitted"


def test_nobody_else_does(staff, at, rita, mara, anna, late):
    intake.ask_late(late.reference, by=anna, declaration=True, late_reason="I was in hospital.")
    for person in (rita, mara):
        assert staff(person).post(at("case-submit", late), {"declaration": "on", "reason": "x"}).status_code == 403
    late.refresh_from_db()
    assert late.status == "draft"
