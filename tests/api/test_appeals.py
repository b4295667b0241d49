"""Accepting, appealing, bank details and reopening by API."""

import pytest

from claims.actions import intake
from claims.models import Appeal, Claim
from tests import make
from tests.api.test_steps import step
from tests.appeals.conftest import IBAN, days_later, decide, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(anna, incident, rita):
    """anna's claim over 120.00, granted 50.00 by rita, and anna was told."""
    claim = decide(make.taken(anna, incident, rita), rita, awarded="50.00")
    tell()
    return claim


def test_the_way_from_a_decision_to_the_payment(call, anna, decided, refusal):
    assert refusal(step(call(anna), decided, "accept", {})) == (409, "bank_details_missing")
    answer = step(call(anna), decided, "bank-details", {"iban": "it60 x054 2811 1010 0000 0123 456", "holder": "Anna"})
    assert (answer.status_code, answer.json()["iban"]) == (200, "IT** 3456")
    answer = step(call(anna), decided, "accept", {})
    assert (answer.status_code, answer.json()["status"]) == (200, "payment_due")
    assert refusal(step(call(anna), decided, "appeal", {"grounds": "More."})) == (409, "illegal_move")


def test_an_appeal_with_a_new_document_goes_to_another_reviewer_and_ends_finally(
    call, anna, rita, remo, decided, refusal
):
    added = call(anna).attach(decided.reference, "second.pdf")
    assert added.status_code == 201
    answer = step(call(anna), decided, "appeal", {"grounds": "You did not read the second invoice."})
    told = answer.json()
    assert (answer.status_code, told["status"]) == (200, "appealed")
    assert told["totals"]["net"] == "50.00"
    assert call(rita).post("review/next/", {}).status_code == 204
    assert refusal(step(call(rita), decided, "assign", {"to": "rita@example.org"})) == (403, "decided_before")
    assert call(remo).post("review/next/", {}).json()["reference"] == decided.reference
    [item] = decided.items.all()
    make.checked(decided)
    less = {"outcome": "rejected", "items": [{"id": item.pk, "awarded": "0.00", "reasons": ["no_evidence"]}]}
    assert refusal(step(call(remo), decided, "decide", less)) == (422, "worse_on_appeal")
    more = {"outcome": "approved", "items": [{"id": item.pk, "awarded": "120.00", "reasons": ["accepted_in_full"]}]}
    assert step(call(remo), decided, "decide", more).json()["status"] == "approved"
    assert refusal(step(call(anna), decided, "appeal", {"grounds": "Again."})) == (409, "appealed_before")


def test_the_same_key_appeals_once(call, anna, decided):
    first = step(call(anna), decided, "appeal", {"grounds": "Why?"}, key="one")
    again = step(call(anna), decided, "appeal", {"grounds": "Why?"}, key="one")
    assert (first.status_code, again.status_code, first.json() == again.json()) == (200, 200, True)
    assert again["Idempotency-Replayed"] == "true"
    assert Appeal.objects.count() == 1


def test_too_late_is_409(call, anna, decided, refusal):
    with days_later(40):
        assert refusal(step(call(anna), decided, "appeal", {"grounds": "Why?"})) == (409, "appeal_window_closed")


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("appeal", {}, 400, "malformed_json"),
        ("appeal", {"grounds": ""}, 422, "required"),
        ("appeal", {"grounds": 5}, 422, "invalid_text"),
        ("appeal", {"grounds": "Why?", "net": "1"}, 422, "unknown_field"),
        ("bank-details", {"iban": "IT60"}, 422, "iban_format"),
        ("bank-details", {"iban": IBAN, "bic": "X"}, 422, "unknown_field"),
        ("bank-details", {"holder": "Anna"}, 422, "required"),
        ("accept", {"yes": True}, 422, "unknown_field"),
    ],
)
def test_what_is_not_right_is_refused_and_changes_nothing(call, anna, decided, refusal, name, body, status, code):
    assert refusal(step(call(anna), decided, name, body)) == (status, code)
    assert Claim.objects.get().version == decided.version


@pytest.mark.parametrize("name", ["accept", "appeal", "bank-details"])
def test_others_are_refused(call, bruno, sara, decided, refusal, name):
    body = {"accept": {}, "appeal": {"grounds": "Why?"}, "bank-details": {"iban": IBAN}}[name]
    assert refusal(step(call(bruno), decided, name, body)) == (404, "not_found")
    assert refusal(step(call(sara), decided, name, body)) == (403, "not_yours")
    assert step(call(None), decided, name, body).status_code == 401


def test_a_supervisor_reopens_and_names_the_reviewer(call, anna, incident, rita, remo, sara, refusal):
    claim = make.submitted(anna, incident)
    intake.withdraw(claim.reference, by=anna)
    again = {"reason": "By mistake.", "to": "remo@example.org"}
    assert step(call(rita), claim, "reopen", again).status_code == 403
    told = step(call(sara), claim, "reopen", again).json()
    assert (told["status"], told["assigned_to"]) == ("in_review", "remo@example.org")
    assert refusal(step(call(sara), claim, "reopen", again)) == (409, "illegal_move")


def test_a_restored_draft_is_answered_although_it_is_the_claimants_alone_again(call, anna, incident, sara):
    claim = make.draft(anna, incident)
    Claim.objects.filter(pk=claim.pk).update(updated_at="2020-01-01T00:00:00Z")
    intake.expire_drafts()
    answer = step(call(sara), claim, "reopen", {"reason": "She was ill."}, key="one")
    assert (answer.status_code, answer.json()["status"]) == (200, "draft")
    assert call(sara).get(f"claims/{claim.reference}/").status_code == 404
    assert call(anna).get(f"claims/{claim.reference}/").json()["status"] == "draft"
