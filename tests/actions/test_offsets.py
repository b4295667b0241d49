"""Damages are net of what the same account was granted; the examples of the field, to the cent, by the actions."""

from decimal import Decimal

import pytest

from claims.actions import decisions
from claims.reports.granted import claimed_elsewhere
from claims.rules.terms import Terms
from tests import make

EVERYTHING = Terms(remedies_to_claim=("indemnity", "refund", "damages"))


@pytest.fixture
def outage(db):
    made = make.incident(terms=EVERYTHING)
    make.customer(made, "anna@libero.example")
    make.customer(made, "bruno@virgilio.example", service="free")
    return made


def granted(claimant, outage, rita, remedy, amount, login="anna@libero.example"):
    claim = make.taken(
        claimant, outage, rita, login=login, remedy=remedy, items=[make.item(amount, head="service_value")]
    )
    return decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))


def decided(claim, rita, outcome, *changes):
    items = make.findings(claim)
    for item, change in zip(items, changes, strict=True):
        item.update(change)
    return decisions.decide(claim.reference, by=rita, outcome=outcome, items=items)


def test_the_first_example_nets_665_90_and_is_signed(anna, outage, rita, sara):
    granted(anna, outage, rita, "indemnity", "24.00")
    granted(anna, outage, rita, "refund", "0.22")
    losses = [
        make.item("1200.00", head="missed_opportunity"),
        make.item("89.90"),
        make.item("500.00", head="non_material"),
    ]
    claim = make.taken(anna, outage, rita, items=losses)
    part = {"awarded": Decimal("900.00"), "share": Decimal(25), "reasons": ["own_contribution"]}
    nothing = {"awarded": Decimal("0.00"), "reasons": ["not_serious"]}
    claim = decided(claim, rita, "partly_approved", part, {}, nothing)
    decision = claim.decisions.get()
    assert (decision.total, decision.offsets, decision.net) == (
        Decimal("689.90"),
        Decimal("24.00"),
        Decimal("665.90"),
    )
    assert decision.signature_reasons == ["amount"]
    assert decision.assessment["deductions"] == [
        {"remedy": "indemnity", "granted": "24.00", "counted": "24.00"},
        {"remedy": "refund", "granted": "0.22", "counted": "0.00"},
    ]
    assert decisions.countersign(claim.reference, by=sara).status == "partly_approved"


def test_the_second_example_nets_15_80(anna, outage, rita):
    granted(anna, outage, rita, "indemnity", "24.00")
    granted(anna, outage, rita, "refund", "0.22")
    claim = make.taken(anna, outage, rita, items=[make.item("19.99", head="service_value"), make.item("33.35")])
    half = {"awarded": Decimal("10.00"), "reasons": ["loss_not_proven"]}
    decision = decided(
        claim, rita, "partly_approved", half, {"share": Decimal(10), "reasons": ["own_contribution"]}
    ).decisions.get()
    assert (decision.total, decision.net, decision.signature_reasons) == (Decimal("40.02"), Decimal("15.80"), [])


def test_only_the_same_account_and_what_is_in_force_counts(anna, bruno, outage, rita):
    granted(bruno, outage, rita, "indemnity", "6.00", login="bruno@virgilio.example")
    make.taken(anna, outage, rita, remedy="indemnity", items=[make.item("24.00", head="service_value")])
    claim = make.taken(anna, outage, rita)
    assert decided(claim, rita, "approved", {}).decisions.get().offsets == 0


def test_an_indemnity_is_not_net_of_itself(anna, outage, rita):
    granted(anna, outage, rita, "refund", "1.00")
    assert granted(anna, outage, rita, "indemnity", "24.00").decisions.get().net == Decimal("24.00")


def test_nobody_signs_an_amount_that_something_granted_meanwhile_would_lower(anna, outage, rita, sara, refused):
    claim = make.taken(anna, outage, rita, items=[make.item("600.00")])
    decided(claim, rita, "approved", {})
    granted(anna, outage, rita, "indemnity", "24.00")
    with refused(409, "offsets_changed"):
        decisions.countersign(claim.reference, by=sara)
    decisions.return_to_reviewer(claim.reference, by=sara, note="Take the indemnity off.")
    decided(claim, rita, "approved", {})
    decisions.countersign(claim.reference, by=sara)
    assert claim.decisions.get(state="effective").net == Decimal("576.00")


def test_a_loss_claimed_twice_for_one_account_is_pointed_out(anna, outage, rita):
    first = make.taken(anna, outage, rita)
    second = make.taken(anna, outage, rita, items=[make.item(), make.item("7.00")])
    alike, other = second.items.all()
    assert claimed_elsewhere(second, [alike, other]) == {alike.pk: [first.reference]}
