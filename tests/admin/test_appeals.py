"""Appeals on the case page: grounds, both decisions side by side, the window; opening an ended claim again."""

import pytest

from claims.actions import appeals, intake, review
from claims.models import Claim
from tests import make
from tests.appeals.conftest import decide, tell


@pytest.fixture
def appealed(anna, incident, rita):
    claim = decide(make.taken(anna, incident, rita), rita, awarded="50.00", note="Half of it is proven.")
    tell()
    return appeals.appeal(claim.reference, by=anna, grounds="You overlooked the second invoice.")


def test_the_reviewer_of_the_appeal_sees_the_grounds_and_the_first_decision(staff, at, words, remo, appealed):
    review.take(appealed.reference, by=remo)
    shown = words(staff(remo).get(at("case", appealed)))
    for told in ("You overlooked the second invoice.", "Round 1", "50.00", "Rita", "Half of it is proven."):
        assert told in shown
    assert "may not be worse for the claimant" in shown


def test_both_decisions_stand_side_by_side(staff, at, words, remo, sara, appealed):
    review.take(appealed.reference, by=remo)
    decide(appealed, remo)
    shown = words(staff(sara).get(at("case", appealed)))
    for told in ("Round 1", "Round 2", "Partly approved", "Approved", "Rita", "Remo", "Final: there was an appeal."):
        assert told in shown


def test_a_worse_decision_comes_back_with_the_reason(staff, at, words, remo, appealed):
    make.checked(review.take(appealed.reference, by=remo))
    claim = Claim.objects.get(pk=appealed.pk)
    [item] = claim.items.all()
    form = {"version": claim.version, "outcome": "", f"awarded-{item.pk}": "10,00", f"reasons-{item.pk}": ["avoidable"]}
    response = staff(remo).post(at("case-decide", appealed), form)
    assert response.status_code == 422
    assert "may not get less than the first decision gave" in words(response)


def test_who_decided_first_has_no_button_to_take_it(staff, at, rita, remo, appealed):
    assert at("case-take", appealed) not in staff(rita).get(at("case", appealed)).content.decode()
    assert at("case-take", appealed) in staff(remo).get(at("case", appealed)).content.decode()


def test_a_supervisor_opens_a_rejection_again_with_a_reason(staff, at, words, anna, incident, rita, remo, sara):
    claim = decide(make.taken(anna, incident, rita), rita, awarded="0.00", reasons=["no_evidence"])
    client = staff(sara)
    assert at("case-reopen", claim) in client.get(at("case", claim)).content.decode()
    assert client.post(at("case-reopen", claim), {"reason": " ", "to": remo.pk}).status_code == 422
    assert client.post(at("case-reopen", claim), {"reason": "New facts.", "to": "999999"}).status_code == 422
    assert client.post(at("case-reopen", claim), {"reason": "New facts.", "to": rita.pk}).status_code == 403
    again = client.post(at("case-reopen", claim), {"reason": "A reason that took long.", "to": rita.pk})
    assert "A reason that took long." in again.content.decode()  # nothing typed is lost
    assert client.post(at("case-reopen", claim), {"reason": "New facts.", "to": remo.pk}).status_code == 302
    claim.refresh_from_db()
    assert (claim.status, claim.assigned_to) == ("in_review", remo)
    page = words(client.get(at("case", claim)))
    assert "Opened again" in page
    assert page.count("New facts.") == 2  # in the history, and beside the earlier decision
    assert "Reopened, and given to Remo" in page


def test_an_expired_draft_leaves_the_supervisors_sight_again(staff, at, anna, incident, sara):
    claim = make.draft(anna, incident)
    Claim.objects.filter(pk=claim.pk).update(updated_at="2020-01-01T00:00:00Z")
    intake.expire_drafts()
    response = staff(sara).post(at("case-reopen", claim), {"reason": "She was ill."})
    assert (response.status_code, response.url) == (302, at("queue"))
    claim.refresh_from_db()
    assert claim.status == "draft"


def test_reviewers_do_not_open_claims_again(staff, at, anna, incident, rita):
    claim = make.submitted(anna, incident)
    intake.withdraw(claim.reference, by=anna)
    assert at("case-reopen", claim) not in staff(rita).get(at("case", claim)).content.decode()
    assert staff(rita).post(at("case-reopen", claim), {"reason": "Why not"}).status_code == 403
