"""Deciding, the limit above which a second person signs, and the second person."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from claims.actions import decisions, intake, journal, review
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    """On rita's desk, one loss of 120.00."""
    return make.taken(anna, incident, rita)


def approve(claim, by, **more):
    return decisions.decide(claim.reference, **{"by": by, "outcome": "approved", "items": make.findings(claim), **more})


def test_only_the_reviewer_who_took_it_decides(claim, anna, remo, sara, mara, olga, bruno, refused):
    for person, status, code in (
        (remo, 403, "not_assignee"),
        (sara, 403, "not_assignee"),
        (mara, 403, "wrong_role"),
        (anna, 403, "own_claim"),
        (olga, 404, "not_found"),
        (bruno, 404, "not_found"),
    ):
        with refused(status, code):
            approve(claim, person)


def test_a_claim_nobody_took_is_not_decided(anna, incident, rita, refused):
    claim = make.submitted(anna, incident)
    with refused(403, "not_assignee"):
        approve(claim, rita)


def test_a_claim_given_to_somebody_else_is_theirs_to_decide(claim, rita, remo, sara, refused):
    review.assign(claim.reference, by=sara, to=remo)
    with refused(403, "not_assignee"):
        approve(claim, rita)
    assert approve(claim, remo).status == "approved"


def test_a_reviewer_who_lost_the_role_does_not_decide(claim, rita, refused):
    rita.groups.clear()
    with refused(403, "wrong_role"):
        approve(claim, rita)


def test_a_claim_is_decided_once(claim, rita, acts, told, refused):
    approve(claim, rita)
    with refused(409, "illegal_move"):
        approve(claim, rita, outcome="rejected", items=make.findings(claim, awarded="0.00", reasons=["no_evidence"]))
    assert claim.decisions.count() == 1
    assert acts(claim) == ["open", "submit", "take", "decide"]
    assert told(claim) == ["claim_submitted", "claim_decided"]


def test_an_old_version_is_not_decided(claim, rita, remo, sara, refused):
    review.assign(claim.reference, by=sara, to=remo)
    review.assign(claim.reference, by=sara, to=rita)
    with refused(409, "stale"):
        approve(claim, rita, version=claim.version)
    assert approve(claim, rita, version=claim.version + 2).status == "approved"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"awarded": Decimal("120.01")}, "over_claimed", "items.0.awarded"),
        ({"awarded": Decimal("-1.00")}, "invalid_amount", "items.0.awarded"),
        ({"awarded": Decimal("NaN")}, "invalid_amount", "items.0.awarded"),
        ({"share": Decimal(101)}, "invalid_share", "items.0.share"),
        ({"reasons": ["because"]}, "unknown_reason", "items.0.reasons"),
        ({"awarded": Decimal("0.00"), "reasons": []}, "reason_required", "items.0.reasons"),
        ({"id": 10**12}, "unknown_item", "items.0.id"),
    ],
)
def test_i_25_a_wrong_finding_is_refused_at_its_field(claim, rita, refused, change, code, field):
    with refused(422, code, field):
        approve(claim, rita, items=[{**make.findings(claim)[0], **change}])
    assert not claim.decisions.exists()


def test_i_25_the_outcome_agrees_with_the_amounts(claim, rita, refused):
    for outcome in ("rejected", "partly_approved"):
        with refused(422, "outcome_mismatch", "outcome"):
            approve(claim, rita, outcome=outcome)
    with refused(422, "unknown_outcome", "outcome"):
        approve(claim, rita, outcome="paid")


def test_i_25_no_loss_is_left_out(anna, incident, rita, refused):
    claim = make.taken(anna, incident, rita, items=[make.item(), make.item()])
    with refused(422, "item_undecided", "items"):
        approve(claim, rita, items=make.findings(claim)[:1])


def test_a_hostile_note_is_refused_and_a_long_one_too(claim, rita, refused):
    with refused(422, "invalid_characters", "note"):
        approve(claim, rita, note="a\0b")
    with refused(422, "too_long", "note"):
        approve(claim, rita, note="x" * 5001)


@pytest.mark.parametrize(
    ("awarded", "outcome"), [("120.00", "approved"), ("60.00", "partly_approved"), ("0.00", "rejected")]
)
def test_a_decision_moves_the_claim_writes_one_entry_and_one_notice(
    claim, rita, acts, last_act, told, awarded, outcome
):
    made = approve(
        claim,
        rita,
        outcome=outcome,
        items=make.findings(claim, awarded=awarded, reasons=["no_evidence"]),
        note="Because.",
    )
    made.refresh_from_db()
    decision = made.decisions.get()
    assert (made.status, decision.state, decision.outcome) == (outcome, "effective", outcome)
    assert (decision.total, decision.net) == (Decimal(awarded), Decimal(awarded))
    assert made.decided_at == decision.effective_at
    assert decision.assessment["total"] == awarded
    award = decision.awards.get()
    assert (award.awarded, award.reduced, award.reasons) == (Decimal(awarded), Decimal(awarded), ["no_evidence"])
    assert acts(claim) == ["open", "submit", "take", "decide"]
    assert journal.words_of(last_act(claim)) == "Because."
    assert last_act(claim).facts == {"outcome": outcome, "total": awarded, "net": awarded, "decision": decision.pk}
    assert told(claim) == ["claim_submitted", "claim_decided"]
    assert list(claim.assignments.values_list("ended_as", flat=True)) == ["decided"]


def test_shares_and_caps_are_in_the_stored_arithmetic(anna, incident, rita, sara):
    claim = make.taken(
        anna,
        incident,
        rita,
        items=[
            make.item("1200.00", head="missed_opportunity"),
            make.item("89.90"),
            make.item("500.00", head="non_material"),
        ],
    )
    first, second, third = make.findings(claim)
    first |= {"awarded": Decimal("900.00"), "share": Decimal(25), "reasons": ["own_contribution"]}
    third |= {"awarded": Decimal(0), "reasons": ["not_serious"]}
    claim = approve(claim, rita, outcome="partly_approved", items=[first, second, third])
    decision = claim.decisions.get()
    assert (claim.status, decision.total) == ("awaiting_countersignature", Decimal("689.90"))
    assert [award.reduced for award in decision.awards.all()] == [Decimal("675.00"), Decimal("89.90"), Decimal(0)]
    assert decision.assessment["reasons"] == ["above_cap"]
    assert decisions.countersign(claim.reference, by=sara).status == "partly_approved"


def of_amount(anna, incident, rita, amount):
    return make.taken(anna, incident, rita, items=[make.item(amount)])


def test_exactly_the_limit_needs_no_second_signature(anna, incident, rita, told):
    claim = approve(of_amount(anna, incident, rita, "500.00"), rita)
    assert claim.status == "approved"
    assert told(claim) == ["claim_submitted", "claim_decided"]


@pytest.fixture
def proposed(anna, incident, rita):
    """One cent over the limit: waits for a second person."""
    return approve(of_amount(anna, incident, rita, "500.01"), rita)


def test_a_cent_over_the_limit_waits_for_a_second_person(proposed, rita, acts, told):
    decision = proposed.decisions.get()
    assert (proposed.status, decision.state, decision.effective_at) == ("awaiting_countersignature", "proposed", None)
    assert proposed.decided_at is None
    assert acts(proposed) == ["open", "submit", "take", "propose"]
    assert told(proposed) == ["claim_submitted"]


def test_a_reviewer_may_ask_for_a_second_person(claim, rita):
    assert approve(claim, rita, ask_signature=True).status == "awaiting_countersignature"


def test_i_26_the_second_person_is_a_supervisor_and_not_the_decider(proposed, anna, rita, remo, mara, ada, refused):
    for person in (rita, remo, mara):
        with refused(403, "wrong_role"):
            decisions.countersign(proposed.reference, by=person)
    with refused(404, "not_found"):
        decisions.countersign(proposed.reference, by=ada)
    with refused(403, "wrong_role"):
        decisions.countersign(proposed.reference, by=anna)


def test_i_26_a_supervisor_who_decided_does_not_countersign(anna, incident, sara, refused):
    claim = approve(of_amount(anna, incident, sara, "500.01"), sara)
    with refused(403, "four_eyes"):
        decisions.countersign(claim.reference, by=sara)
    with refused(403, "four_eyes"):
        decisions.return_to_reviewer(claim.reference, by=sara, note="x")


def test_i_26_a_supervisor_does_not_countersign_an_own_claim(sara, incident, rita, refused):
    claim = approve(of_amount(sara, incident, rita, "500.01"), rita)
    with refused(403, "own_claim"):
        decisions.countersign(claim.reference, by=sara)


def test_the_second_signature_makes_the_decision_effective_once(proposed, rita, sara, acts, last_act, told, refused):
    claim = decisions.countersign(proposed.reference, by=sara, version=proposed.version)
    decision = claim.decisions.get()
    assert (claim.status, decision.state, decision.decider) == ("approved", "effective", rita)
    assert decision.countersignature.signer == sara
    assert claim.decided_at == decision.effective_at == decision.countersignature.signed_at
    assert acts(claim) == ["open", "submit", "take", "propose", "countersign"]
    assert last_act(claim).facts == {"decision": decision.pk}
    assert told(claim) == ["claim_submitted", "claim_decided"]
    with refused(409, "illegal_move"):
        decisions.countersign(claim.reference, by=sara)
    with refused(409, "illegal_move"):
        decisions.return_to_reviewer(claim.reference, by=sara, note="x")


def test_what_does_not_wait_cannot_be_signed(claim, sara, refused):
    with refused(409, "illegal_move"):
        decisions.countersign(claim.reference, by=sara)


def test_a_decision_that_changed_meanwhile_is_not_signed(proposed, rita, sara, refused):
    seen = proposed.version
    decisions.return_to_reviewer(proposed.reference, by=sara, note="Why so much?")
    approve(proposed, rita)
    with refused(409, "stale"):
        decisions.countersign(proposed.reference, by=sara, version=seen)


def test_a_proposed_decision_cannot_be_decided_over(proposed, rita, refused):
    with refused(409, "illegal_move"):
        approve(proposed, rita)


def test_a_returned_decision_is_given_with_a_reason(proposed, sara, refused):
    with refused(422, "required", "note"):
        decisions.return_to_reviewer(proposed.reference, by=sara, note="  ")


def test_a_returned_decision_goes_back_to_its_reviewer_who_decides_again(proposed, rita, sara, acts, last_act, told):
    claim = decisions.return_to_reviewer(proposed.reference, by=sara, note="The receipt is of another day.")
    assert (claim.status, claim.assigned_to) == ("in_review", rita)
    assert claim.decisions.get().state == "returned"
    assert claim.assignments.filter(ended_at=None).get().reviewer == rita
    assert journal.words_of(last_act(claim)) == "The receipt is of another day."
    claim = approve(
        claim,
        rita,
        outcome="partly_approved",
        items=make.findings(claim, awarded="100.00", reasons=["loss_not_proven"]),
    )
    assert claim.status == "partly_approved"
    assert sorted(claim.decisions.values_list("state", flat=True)) == ["effective", "returned"]
    assert acts(claim) == ["open", "submit", "take", "propose", "return", "decide"]
    assert told(claim) == ["claim_submitted", "claim_decided"]


def test_a_decision_at_the_end_of_the_window_still_counts(claim, rita, incident):
    incident.closes_at = timezone.now() - timedelta(days=1)
    incident.state = "closed"
    incident.save()
    assert approve(claim, rita).status == "approved"


def test_nobody_decides_what_they_filed_for_another(anna, olga, incident, refused):
    """An operator who is also a reviewer and whom the desk was given behind the actions' back."""
    person = make.person("paola", "operator", "reviewer")
    claim = intake.open_claim(
        incident.code,
        by=person,
        login="anna@libero.example",
        narrative="x",
        items=[make.item(head="service_value")],
        on_behalf_of={"email": anna.email, "name": "Anna", "identity_check": "x"},
    )
    intake.submit_claim(claim.reference, by=person, declaration=True)
    with refused(403, "own_claim"):
        review.take(claim.reference, by=person)
    make.put(claim, "in_review", assigned_to=person)
    with refused(403, "own_claim"):
        approve(claim, person)
