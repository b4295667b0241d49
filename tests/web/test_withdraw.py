"""Taking a claim back: a page that names what ends, then the deed."""

import pytest

from claims.actions import intake
from claims.models import Claim, Notice
from tests import make


def withdraw(claim):
    return f"/claims/{claim.reference}/withdraw/"


def test_the_page_names_what_ends_and_changes_nothing(page, anna, incident, text_of, current):
    claim = make.submitted(anna, incident)
    shown = text_of(page(anna).get(withdraw(claim)))
    for told in (claim.reference, "Take back my claim over 120.00 €", "It keeps its document", "You cannot undo this."):
        assert told in shown
    assert current(claim).status == "submitted"


def test_a_claim_is_taken_back_with_or_without_a_reason(page, anna, incident, current, text_of):
    claim = make.submitted(anna, incident)
    response = page(anna).post(withdraw(claim), {"reason": "Solved."})
    assert response.url == f"/claims/{claim.reference}/"
    assert current(claim).status == "withdrawn"
    assert Notice.objects.filter(kind="claim_withdrawn").count() == 1
    assert "You took this claim back." in text_of(page(anna).get(response.url))


def test_a_draft_is_discarded(page, anna, incident, current, text_of):
    draft = make.draft(anna, incident)
    assert "Discard the draft" in text_of(page(anna).get(withdraw(draft)))
    page(anna).post(withdraw(draft))
    assert current(draft).status == "withdrawn"


def test_pressing_twice_is_answered_with_the_state(page, anna, incident, text_of):
    claim = make.submitted(anna, incident)
    client = page(anna)
    client.post(withdraw(claim))
    again = client.post(withdraw(claim), {"reason": "Once more"})
    assert again.status_code == 409
    assert "Withdrawn" in text_of(again)
    assert "Once more" in text_of(again)
    assert client.get(withdraw(claim)).url == f"/claims/{claim.reference}/"
    assert Notice.objects.filter(kind="claim_withdrawn").count() == 1


def test_a_decided_claim_cannot_be_taken_back(page, anna, incident, rita, current, text_of):
    claim = make.decided(anna, incident, rita)
    client = page(anna)
    assert "Take this claim back" not in text_of(client.get(f"/claims/{claim.reference}/"))
    assert client.get(withdraw(claim)).url == f"/claims/{claim.reference}/"
    assert client.post(withdraw(claim)).status_code == 409
    assert current(claim).status == "approved"


@pytest.mark.parametrize(("reason", "code"), [("a\0b", "invalid_characters"), ("a" * 20_001, "too_long")])
def test_i_06_a_reason_that_cannot_be_stored_is_refused(page, anna, incident, current, codes, reason, code):
    claim = make.submitted(anna, incident)
    response = page(anna).post(withdraw(claim), {"reason": reason})
    assert (response.status_code, codes(response)) == (422, {"reason": [code]})
    assert current(claim).status == "submitted"


def test_the_operator_who_filed_it_may_not_take_it_back(page, olga, incident, text_of):
    caller = {"email": "nonna@posta.example", "name": "Lucia", "phone": "", "identity_check": "Number"}
    claim = intake.open_claim(incident.code, by=olga, login="anna@libero.example", on_behalf_of=caller)
    client = page(olga)
    assert "withdraw/" not in client.get(f"/claims/{claim.reference}/").content.decode()
    assert client.get(withdraw(claim)).status_code == 403
    assert client.post(withdraw(claim)).status_code == 403
    assert Claim.objects.get().status == "draft"
