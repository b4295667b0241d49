"""Why a decision waited is kept with it; a draft is kept while one types; a proposal is taken back to be changed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from claims.actions import decisions, drafting, review
from claims.models import DecisionDraft
from claims.reports.bands import bands_beside
from claims.rules.terms import Terms
from tests import make
from tests.referee import assert_laws_hold

TERMS = Terms()


def outage(terms):
    made = make.incident(terms=terms)
    make.customer(made)
    return made


def decide(claim, by, *, amount=None, outcome="approved", reasons=("accepted_in_full",), **more):
    items = make.findings(claim, awarded=amount, reasons=reasons)
    return decisions.decide(claim.reference, by=by, outcome=outcome, items=items, **more)


def test_a_remedy_that_is_always_signed(anna, rita):
    claim = make.taken(anna, outage(replace(TERMS, countersign_remedies=("damages",))), rita)
    assert decide(claim, rita).decisions.get().signature_reasons == ["remedy"]


def test_a_sample_of_all_and_of_none(anna, rita):
    everything = replace(TERMS, sample_rates={"damages": Decimal(1)})
    assert decide(
        make.taken(anna, outage(everything), rita), rita, ask_signature=True
    ).decisions.get().signature_reasons == ["sample", "asked"]


def test_an_award_out_of_the_band_of_twenty_others(anna, rita, sara):
    terms = replace(TERMS, band_tolerance=Decimal("0.25"), band_least=3)
    made = outage(terms)
    for amount in ("100.00", "110.00"):
        assert decide(make.taken(anna, made, rita, items=[make.item(amount)]), rita).status == "approved"
    third = make.taken(anna, made, rita, items=[make.item("400.00")])
    assert decide(third, rita).status == "approved"  # two others are too few
    fourth = make.taken(anna, made, rita, items=[make.item("400.00")])
    [band] = bands_beside(fourth, ["extra_expense"]).values()
    assert (band.median, band.items) == (Decimal("110.00"), 3)
    assert decide(fourth, rita).decisions.get().signature_reasons == ["band"]


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle(anna, rita):
    made = outage(replace(TERMS, band_tolerance=Decimal(1), band_least=20))
    for amount in ("1.01", "2.00", "4.01", "400.00"):
        decide(make.taken(anna, made, rita, items=[make.item(amount)]), rita)
    [band] = bands_beside(make.taken(anna, made, rita), ["extra_expense"]).values()
    assert band.median == Decimal("3.005")


@pytest.fixture
def proposed(anna, incident, rita):
    return decide(make.taken(anna, incident, rita), rita, ask_signature=True)


def test_only_the_decider_takes_a_proposal_back(proposed, anna, remo, sara, mara, refused):
    for person, code in ((anna, "own_claim"), (remo, "not_decider"), (sara, "not_decider"), (mara, "wrong_role")):
        with refused(403, code):
            decisions.recall(proposed.reference, by=person)


def test_changing_a_proposal_voids_it_and_what_is_void_is_not_signed(proposed, rita, sara, acts, refused):
    claim = decisions.recall(proposed.reference, by=rita, version=proposed.version)
    assert (claim.status, claim.assigned_to, claim.decisions.get().state) == ("in_review", rita, "void")
    assert claim.assignments.get(ended_at=None).reviewer == rita
    for again in (decisions.countersign, decisions.recall):
        with refused(409, "illegal_move"):
            again(claim.reference, by=sara if again is decisions.countersign else rita)
    with refused(409, "stale"):
        decisions.countersign(claim.reference, by=sara, version=proposed.version)
    made = decide(claim, rita, amount="50.00", outcome="partly_approved", reasons=["avoidable"])
    assert made.status == "partly_approved"
    assert acts(claim) == ["open", "submit", "take", "propose", "recall", "decide"]
    assert_laws_hold()


def test_a_signed_decision_is_not_taken_back(proposed, rita, sara, refused):
    decisions.countersign(proposed.reference, by=sara)
    with refused(409, "illegal_move"):
        decisions.recall(proposed.reference, by=rita)


def test_a_draft_is_kept_over_and_over_and_gone_when_it_is_decided(anna, incident, rita, acts):
    claim = make.taken(anna, incident, rita)
    drafting.save_draft(claim.reference, by=rita, values={"note": ["So"]})
    drafting.save_draft(claim.reference, by=rita, values={"note": ["So far"]})
    assert DecisionDraft.objects.get().values == {"note": ["So far"]}
    assert acts(claim) == ["open", "submit", "take"]
    claim.refresh_from_db()
    assert claim.version == 3
    decide(claim, rita)
    assert not DecisionDraft.objects.exists()


def test_only_the_assignee_keeps_a_draft_and_only_in_review(anna, incident, rita, remo, sara, refused):
    claim = make.taken(anna, incident, rita)
    for person, code in ((remo, "not_assignee"), (sara, "not_assignee"), (anna, "own_claim")):
        with refused(403, code):
            drafting.save_draft(claim.reference, by=person, values={})
    with refused(422, "invalid_characters"):
        drafting.save_draft(claim.reference, by=rita, values={"note": ["a\0b"]})
    decide(claim, rita)
    with refused(409, "illegal_move"):
        drafting.save_draft(claim.reference, by=rita, values={})
    assert not DecisionDraft.objects.exists()


def test_the_next_reviewer_writes_a_draft_of_their_own(anna, incident, rita, remo, sara):
    claim = make.taken(anna, incident, rita)
    drafting.save_draft(claim.reference, by=rita, values={"note": ["Hers"]})
    review.assign(claim.reference, by=sara, to=remo)
    drafting.save_draft(claim.reference, by=remo, values={"note": ["His"]})
    assert DecisionDraft.objects.get().by == remo
