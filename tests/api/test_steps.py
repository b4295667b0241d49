"""Submitting, withdrawing, taking, assigning, giving back, deciding, countersigning, the journal."""

from datetime import timedelta
from itertools import product
from unittest import mock

import pytest

from claims.actions import clock
from claims.actions.absence import note_absence
from claims.models import Assignment, Claim, Decision, JournalEntry, Notice
from claims.rules.reference import new_reference
from claims.rules.statuses import CLAIM_MOVES, Status
from tests import make

pytestmark = pytest.mark.django_db


def step(caller, claim, name, body=None, **more):
    return caller.post(f"claims/{claim.reference}/{name}/", body, **more)


def in_full(claim, **changes):
    items = [
        {"id": item.pk, "awarded": str(item.amount), "reasons": ["accepted_in_full"], **changes}
        for item in claim.items.all()
    ]
    return {"outcome": "approved", "items": items, "note": "Proven."}


# --- submit and withdraw


def test_a_complete_draft_is_submitted(call, anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    answer = step(call(anna), claim, "submit", {"declaration": True})
    told = answer.json()
    assert (answer.status_code, told["status"], answer["ETag"]) == (200, "submitted", '"2"')
    assert told["due"]
    assert told["submitted_at"].endswith("Z")
    assert Notice.objects.get().kind == "claim_submitted"


def test_what_is_missing_is_named(call, anna, incident, problem):
    claim = make.draft(anna, incident, items=[], narrative="", login="other@libero.example")
    status, _code, errors = problem(step(call(anna), claim, "submit", {"declaration": True}))
    assert status == 422
    assert {field for field, _code in errors} >= {"narrative", "login_explanation", "items"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"declaration": False}, 422, "declaration_required"),
        ({"declaration": "true"}, 422, "invalid_value"),
        ({"declaration": 1}, 422, "invalid_value"),
        ({"declaration": None}, 422, "required"),
        ({}, 400, "malformed_json"),
        ({"declaration": True, "status": "approved"}, 422, "unknown_field"),
    ],
)
def test_nothing_is_submitted_without_the_declaration(call, anna, incident, refusal, body, status, code):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    assert refusal(step(call(anna), claim, "submit", body)) == (status, code)
    claim.refresh_from_db()
    assert claim.is_draft


def test_submitting_twice_is_409(call, anna, incident, refusal):
    claim = make.submitted(anna, incident)
    assert refusal(step(call(anna), claim, "submit", {"declaration": True})) == (409, "illegal_move")
    assert Notice.objects.count() == 1


def test_only_the_claimant_or_their_operator_submits(call, bruno, rita, anna, incident, refusal):
    draft, submitted = make.draft(anna, incident), make.submitted(anna, incident)
    assert refusal(step(call(bruno), draft, "submit", {"declaration": True})) == (404, "not_found")
    assert refusal(step(call(rita), submitted, "submit", {"declaration": True})) == (403, "not_yours")


def test_a_step_may_name_the_version_that_was_seen(call, anna, incident, refusal):
    claim = make.submitted(anna, incident)
    caller = call(anna)
    assert refusal(step(caller, claim, "withdraw", If_Match='"1"')) == (412, "stale")
    assert step(caller, claim, "withdraw", If_Match=f'"{claim.version}"').status_code == 200


def test_a_claimant_withdraws_before_the_decision(call, anna, rita, incident, refusal):
    claim = make.taken(anna, incident, rita)
    answer = step(call(anna), claim, "withdraw", {"reason": "I was paid by my insurance."})
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    assert refusal(step(call(anna), claim, "withdraw")) == (409, "illegal_move")
    assert refusal(step(call(anna), make.decided(anna, incident, rita), "withdraw")) == (409, "illegal_move")


def test_nobody_else_withdraws(call, bruno, rita, anna, incident, refusal):
    claim = make.submitted(anna, incident)
    assert refusal(step(call(bruno), claim, "withdraw")) == (404, "not_found")
    assert refusal(step(call(rita), claim, "withdraw")) == (403, "not_yours")


# --- review/next, assign, release


def test_the_most_urgent_free_claim_is_taken(call, rita, anna, bruno, incident):
    first = make.submitted(anna, incident)
    make.submitted(bruno, incident, login="bruno@virgilio.example")
    answer = call(rita).post("review/next/")
    assert (answer.status_code, answer.json()["reference"]) == (200, first.reference)
    assert answer.json()["status"] == "in_review"


def test_no_free_claim_is_204(call, rita, anna, incident):
    answer = call(rita).post("review/next/", {"incident": "libero-2023", "remedy": "damages"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("body", "code"),
    [({"remedy": "revenge"}, "unknown_value"), ({"incident": 7}, "invalid_text"), ({"claim": "x"}, "unknown_field")],
)
def test_a_wish_for_the_next_claim_that_is_none_is_refused(call, rita, refusal, body, code):
    assert refusal(call(rita).post("review/next/", body)) == (422, code)


def test_an_unknown_incident_has_no_claims(call, rita, anna, incident):
    make.submitted(anna, incident)
    assert call(rita).post("review/next/", {"incident": "none-2026"}).status_code == 204


def test_a_reviewer_takes_a_claim_by_naming_themselves(call, rita, remo, anna, incident, refusal):
    claim = make.submitted(anna, incident)
    assert step(call(rita), claim, "assign", {"to": rita.email}).json()["assigned_to"] == rita.email
    assert refusal(step(call(remo), claim, "assign", {"to": remo.email})) == (409, "already_taken")


def test_a_supervisor_gives_a_claim_to_a_reviewer(call, sara, rita, remo, anna, incident):
    claim = make.submitted(anna, incident)
    assert step(call(sara), claim, "assign", {"to": "Rita@example.org"}).json()["assigned_to"] == rita.email
    assert step(call(sara), claim, "assign", {"to": remo.email}).json()["assigned_to"] == remo.email
    assert [row.ended_as for row in Assignment.objects.order_by("id")] == ["reassigned", ""]


@pytest.mark.parametrize("to", ["nobody@example.org", "anna@example.org", "mara@example.org", "x"])
def test_only_a_reviewer_is_given_a_claim(call, sara, anna, mara, incident, problem, to):
    claim = make.submitted(anna, incident)
    answer = step(call(sara), claim, "assign", {"to": to})
    assert problem(answer) == (422, "unknown_reviewer", [("to", "unknown_reviewer")])


def test_reviewers_give_claims_to_nobody_else(call, rita, remo, anna, incident, refusal):
    claim = make.submitted(anna, incident)
    assert refusal(step(call(rita), claim, "assign", {"to": remo.email})) == (403, "wrong_role")


def test_nobody_is_given_their_own_claim(call, sara, rita, incident, refusal):
    claim = make.submitted(rita, incident)
    assert refusal(step(call(sara), claim, "assign", {"to": rita.email})) == (403, "own_claim")
    assert refusal(step(call(rita), claim, "assign", {"to": rita.email})) == (403, "own_claim")


def test_a_claim_is_given_back_by_who_has_it_or_a_supervisor(call, rita, remo, sara, anna, incident, refusal):
    claim = make.taken(anna, incident, rita)
    assert refusal(step(call(remo), claim, "release")) == (403, "not_assignee")
    told = step(call(rita), claim, "release", {"reason": "I know her."}).json()
    assert (told["status"], told["assigned_to"]) == ("submitted", None)
    assert refusal(step(call(sara), claim, "release")) == (409, "illegal_move")
    assert call(rita).post("review/next/").status_code == 204, "not given to the same reviewer again"


def test_a_case_is_handed_over_with_a_note_by_who_has_it_or_a_supervisor(
    call, rita, remo, sara, anna, incident, refusal, problem
):
    claim = make.taken(anna, incident, rita)
    note = {"note": "You know this insurer."}
    assert refusal(step(call(remo), claim, "hand-over", {"to": remo.email, **note})) == (403, "not_assignee")
    assert problem(step(call(rita), claim, "hand-over", {"to": remo.email}))[:2] == (422, "required")
    assert step(call(rita), claim, "hand-over", {"to": remo.email, **note}).json()["assigned_to"] == remo.email
    told = step(call(sara), claim, "hand-over", {"to": rita.email, **note}).json()
    assert (told["status"], told["assigned_to"]) == ("in_review", rita.email)
    event = call(sara).get(f"claims/{claim.reference}/events/").json()["results"][-1]
    assert (event["action"], event["note"]) == ("hand over", "You know this insurer.")
    assert refusal(step(call(sara), claim, "hand-over", {"to": rita.email, **note})) == (409, "already_taken")
    step(call(rita), claim, "release")
    assert refusal(step(call(sara), claim, "hand-over", {"to": rita.email, **note})) == (409, "not_on_a_desk")


def test_whoever_gives_a_claim_to_somebody_is_told_that_they_are_away(call, rita, remo, sara, anna, incident):
    claim, until = make.submitted(anna, incident), clock.today() + timedelta(days=3)
    note_absence(rita.pk, by=sara, since=clock.today() - timedelta(days=1), until=until)
    note_absence(remo.pk, by=sara, since=until, until=until)
    told = step(call(sara), claim, "assign", {"to": rita.email}).json()
    assert (told["assigned_to"], told["assigned_to_away_until"]) == (rita.email, until.isoformat())
    told = step(call(rita), claim, "hand-over", {"to": remo.email, "note": "I am away"}).json()
    assert (told["assigned_to"], told["assigned_to_away_until"]) == (remo.email, None)
    assert "assigned_to_away_until" not in call(sara).get(f"claims/{claim.reference}/").json()


def test_what_waits_for_an_answer_or_is_on_hold_is_assigned_too(call, rita, remo, sara, anna, incident):
    asked, held = make.taken(anna, incident, rita), make.taken(anna, incident, rita)
    assert step(call(rita), asked, "request-information", {"items": ["The contract"]}).status_code == 200
    until = (clock.today() + timedelta(days=9)).isoformat()
    assert step(call(rita), held, "hold", {"until": until, "reason": "expert"}).status_code == 200
    for claim, status in ((asked, "information_requested"), (held, "on_hold")):
        told = step(call(sara), claim, "assign", {"to": remo.email}).json()
        assert (told["status"], told["assigned_to"]) == (status, remo.email)


def test_kin_of_the_claimant_neither_get_nor_take_nor_are_given_the_claim(call, rita, sara, anna, incident, refusal):
    anna.second_email = rita.email
    anna.save()
    claim = make.submitted(anna, incident)
    assert call(rita).post("review/next/").status_code == 204
    for caller in (rita, sara):
        assert refusal(step(call(caller), claim, "assign", {"to": rita.email})) == (403, "same_household")


# --- decide


def test_a_decision_within_the_limit_takes_effect(call, rita, anna, incident):
    claim = make.taken(anna, incident, rita)
    told = step(call(rita), claim, "decide", in_full(claim)).json()
    assert (told["status"], told["totals"]["net"]) == ("approved", "120.00")
    assert told["decided_at"]


def test_a_second_person_may_be_asked_for(call, rita, anna, incident):
    claim = make.taken(anna, incident, rita)
    told = step(call(rita), claim, "decide", {**in_full(claim), "ask_signature": True}).json()
    assert told["status"] == "awaiting_countersignature"


def test_i_25_deciding_without_taking_is_403(call, rita, remo, sara, anna, incident, refusal):
    free, taken = make.submitted(anna, incident), make.taken(anna, incident, rita)
    assert refusal(step(call(rita), free, "decide", in_full(free))) == (403, "not_assignee")
    assert refusal(step(call(remo), taken, "decide", in_full(taken))) == (403, "not_assignee")
    assert refusal(step(call(sara), taken, "decide", in_full(taken))) == (403, "not_assignee")


def test_i_25_nobody_decides_an_own_claim(call, rita, remo, incident, refusal):
    claim = make.taken(rita, incident, remo)
    assert refusal(step(call(rita), claim, "decide", in_full(claim))) == (403, "own_claim")


def test_deciding_twice_is_409(call, rita, anna, incident, refusal):
    claim = make.taken(anna, incident, rita)
    caller = call(rita)
    assert step(caller, claim, "decide", in_full(claim)).status_code == 200
    assert refusal(step(caller, claim, "decide", in_full(claim)))[0] == 409
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"awarded": "120.01"}, "over_claimed", "items.0.awarded"),
        ({"awarded": "-1.00"}, "invalid_amount", "items.0.awarded"),
        ({"awarded": 120}, "invalid_amount", "items.0.awarded"),
        ({"awarded": "NaN"}, "invalid_amount", "items.0.awarded"),
        ({"awarded": None}, "required", "items.0.awarded"),
        ({"share": "100.01"}, "invalid_share", "items.0.share"),
        ({"share": "x"}, "invalid_share", "items.0.share"),
        ({"share": 25}, "invalid_share", "items.0.share"),
        ({"reasons": ["no_idea"]}, "unknown_reason", "items.0.reasons"),
        ({"reasons": "no_evidence"}, "invalid_list", "items.0.reasons"),
        ({"awarded": "1.00", "reasons": []}, "reason_required", "items.0.reasons"),
        ({"awarded": "1.00"}, "outcome_mismatch", "outcome"),
        ({"id": 2**62}, "unknown_item", "items.0.id"),
        ({"id": 2**64}, "unknown_item", "items.0.id"),
        ({"id": "1"}, "unknown_item", "items.0.id"),
        ({"net": "1.00"}, "unknown_field", "items.0.net"),
    ],
)
def test_i_25_a_decision_that_is_not_right_is_named(call, rita, anna, incident, problem, change, code, field):
    claim = make.taken(anna, incident, rita)
    assert problem(step(call(rita), claim, "decide", in_full(claim, **change))) == (422, code, [(field, code)])
    assert not Decision.objects.exists()


def test_i_25_the_loss_of_another_claim_cannot_be_decided(call, rita, anna, incident, problem):
    claim, other = make.taken(anna, incident, rita), make.taken(anna, incident, rita)
    body = in_full(claim, id=other.items.get().pk)
    assert problem(step(call(rita), claim, "decide", body)) == (422, "unknown_item", [("items.0.id", "unknown_item")])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"outcome": "maybe"}, "unknown_value"),
        ({"items": []}, "item_undecided"),
        ({"items": {}}, "invalid_list"),
        ({"note": "x" * 5001}, "too_long"),
        ({"prizes": [{"kind": "storage", "quantity": 1}]}, "unknown_field"),
    ],
)
def test_a_decision_that_is_none_is_refused(call, rita, anna, incident, refusal, body, code):
    claim = make.taken(anna, incident, rita)
    assert refusal(step(call(rita), claim, "decide", {**in_full(claim), **body})) == (422, code)


# --- countersign and return


@pytest.fixture
def proposed(call, anna, rita, incident):
    claim = make.taken(anna, incident, rita, items=[make.item("900.00")])
    assert step(call(rita), claim, "decide", in_full(claim)).json()["status"] == "awaiting_countersignature"
    return claim


def test_a_supervisor_signs(call, sara, proposed, refusal):
    told = step(call(sara), proposed, "countersign").json()
    assert (told["status"], told["totals"]["net"]) == ("approved", "900.00")
    assert refusal(step(call(sara), proposed, "countersign")) == (409, "illegal_move")


def test_a_supervisor_gives_it_back_and_says_why(call, sara, rita, proposed, problem):
    assert problem(step(call(sara), proposed, "return", {"note": " "})) == (422, "required", [("note", "required")])
    told = step(call(sara), proposed, "return", {"note": "Look again."}).json()
    assert (told["status"], told["assigned_to"]) == ("in_review", rita.email)
    assert step(call(rita), proposed, "decide", in_full(proposed)).status_code == 200


def test_i_26_who_decided_does_not_sign(call, sara, anna, incident, refusal):
    claim = make.taken(anna, incident, sara, items=[make.item("900.00")])
    assert step(call(sara), claim, "decide", in_full(claim)).status_code == 200
    assert refusal(step(call(sara), claim, "countersign")) == (403, "four_eyes")
    assert refusal(step(call(sara), claim, "return", {"note": "x"})) == (403, "four_eyes")


# --- moves that the table does not allow

STEPS = {
    "submit": ("anna", {"declaration": True}, Status.SUBMITTED),
    "withdraw": ("anna", {}, Status.WITHDRAWN),
    "release": ("sara", {}, Status.SUBMITTED),
    "countersign": ("sara", {}, Status.APPROVED),
    "return": ("sara", {"note": "x"}, Status.IN_REVIEW),
}
REACHABLE = {
    Status.DRAFT: lambda anna, rita, incident: make.draft(anna, incident),
    Status.SUBMITTED: lambda anna, rita, incident: make.submitted(anna, incident),
    Status.IN_REVIEW: lambda anna, rita, incident: make.taken(anna, incident, rita),
    Status.APPROVED: lambda anna, rita, incident: make.decided(anna, incident, rita),
}


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (status, name)
        for status, (name, (_who, _body, target)) in product(REACHABLE, STEPS.items())
        if (status, target) not in CLAIM_MOVES
    ],
)
def test_i_27_a_move_that_is_not_in_the_table_is_409(call, anna, rita, sara, incident, refusal, status, name):
    claim = REACHABLE[status](anna, rita, incident)
    who, body, _target = STEPS[name]
    before = JournalEntry.objects.count()
    answer = step(call({"anna": anna, "sara": sara}[who]), claim, name, body)
    expected = (404, "not_found") if status is Status.DRAFT and who == "sara" else (409, "illegal_move")
    assert refusal(answer) == expected
    assert Claim.objects.get(pk=claim.pk).status == status
    assert JournalEntry.objects.count() == before


# --- who may call what

CALLS = {
    "submit": {"declaration": True},
    "withdraw": {},
    "assign": {"to": "rita@example.org"},
    "hand-over": {"to": "rita@example.org", "note": "x"},
    "release": {},
    "decide": {"outcome": "rejected", "items": []},
    "countersign": {},
    "return": {"note": "x"},
}
REVIEW = {"assign", "hand-over", "release", "decide"}


@pytest.mark.parametrize("name", CALLS)
def test_wrong_roles_are_refused_and_change_nothing(call, request, anna, rita, incident, refusal, name):
    claim = make.taken(anna, incident, rita)
    version = claim.version
    for who in ("bruno", "olga", "ada", "mara", "remo"):
        status, code = refusal(step(call(request.getfixturevalue(who)), claim, name, CALLS[name]))
        assert status in (403, 404), (who, code)
    assert refusal(step(call(None), claim, name, CALLS[name])) == (401, "token_required")
    if name not in ("submit", "withdraw"):
        assert refusal(step(call(anna), claim, name, CALLS[name])) == (403, "wrong_role")
    claim.refresh_from_db()
    assert claim.version == version


@pytest.mark.parametrize("name", CALLS)
def test_a_foreign_claim_is_as_unknown_as_none(call, bruno, sara, anna, incident, problem, name):
    draft, person = make.draft(anna, incident), sara if name in (*REVIEW, "countersign", "return") else bruno
    unknown = mock.Mock(reference=new_reference())
    make.person("rita", "reviewer")
    foreign, none = (step(call(person), claim, name, CALLS[name]) for claim in (draft, unknown))
    assert problem(foreign) == problem(none) == (404, "not_found", [])
    assert foreign.content == none.content


# --- the journal


def test_staff_read_the_whole_journal_and_claimants_their_part(call, anna, rita, sara, proposed):
    step(call(sara), proposed, "return", {"note": "A canary between us."})
    entire = call(sara).get(f"claims/{proposed.reference}/events/").json()["results"]
    assert [event["action"] for event in entire] == ["open", "submit", "take", "propose", "return"]
    assert entire[-1]["note"] == "A canary between us."
    assert {len(event["hash"]) for event in entire} == {64}
    assert set(entire[0]) == {"sequence", "at", "actor", "action", "old", "new", "note", "hash"}
    answer = call(anna).get(f"claims/{proposed.reference}/events/")
    assert [event["action"] for event in answer.json()["results"]] == ["open", "submit", "take"]
    assert not any(word in answer.content.decode() for word in ("canary", "Rita", "Sara", "@example.org"))


def test_a_long_journal_is_read_by_cursor(call, anna, sara, rita, proposed):
    caller = call(sara)
    first = caller.get(f"claims/{proposed.reference}/events/", {"limit": 2}).json()
    second = caller.get(first["next"]).json()
    assert [event["sequence"] for event in first["results"] + second["results"]] == [1, 2, 3, 4]
    assert second["next"] is None
    assert caller.get(second["previous"]).json()["results"] == first["results"]


def test_the_journal_of_a_foreign_claim_is_not_found(call, bruno, proposed, refusal):
    assert refusal(call(bruno).get(f"claims/{proposed.reference}/events/")) == (404, "not_found")
