"""What a claim is owed, and what new bank details do to it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from claims.actions import bank_files, banking, batches, decisions, endings
from claims.models import Claim, Notice, Payout, Transfer
from claims.rules.errors import Refused
from tests import make
from tests.payouts.conftest import iban_of


def current(claim):
    return Claim.objects.get(pk=claim.pk)


def give(claim, number=77):
    return banking.give_bank_details(claim.reference, by=claim.claimant, iban=iban_of(number))


def again(claim, rita, sara, amount):
    """Closed, opened again and decided anew; its claimant accepts."""
    make.put(claim, "closed")
    decider = make.person(f"judge{amount}", "reviewer")
    endings.reopen(claim.reference, by=sara, to=decider, reason="A mistake")
    make.checked(claim)
    outcome = "approved" if amount is None else "partly_approved"
    given = make.findings(claim, awarded=amount, reasons=["loss_not_proven"])
    decisions.decide(claim.reference, by=decider, outcome=outcome, items=given)
    return endings.accept(claim.reference, by=claim.claimant)


def test_an_accepted_decision_is_owed_in_the_act_that_makes_it_due(till):
    claim = till.due(amount="89.90")
    payout = claim.payouts.get()
    assert (claim.status, payout.state, str(payout.amount)) == ("payment_due", "owed", "89.90")
    assert payout.decision == claim.decisions.get()


def test_a_second_round_owes_only_what_the_first_did_not_pay(till, rita, sara):
    claim = till.due(amount="120.00")
    Payout.objects.filter(claim=claim).update(state="batched")
    Payout.objects.filter(claim=claim).update(state="sent")
    Payout.objects.filter(claim=claim).update(state="settled")
    first = claim.decisions.get()
    claim = again(claim, rita, sara, "100.00")
    assert (claim.status, claim.payouts.count()) == ("closed", 1)  # it was paid 120.00 already
    claim = again(claim, rita, sara, "119.99")
    assert claim.payouts.get().decision == first


def test_what_an_earlier_round_owed_and_never_paid_is_cancelled(till, rita, sara):
    claim = again(till.due(amount="120.00"), rita, sara, "100.00")
    assert claim.status == "payment_due"
    assert list(claim.payouts.order_by("pk").values_list("state", "amount")) == [
        ("cancelled", make.Decimal("120.00")),
        ("owed", make.Decimal("100.00")),
    ]


def test_a_changed_iban_waits_48_hours_and_is_told_to_the_address_that_was_there(till, mara):
    claim = till.due()
    give(claim)
    told = Notice.objects.get(claim=claim, kind="bank_details_changed")
    assert (told.address, told.context["after"]) == (claim.claimant.email, current(claim).iban_hint)
    with pytest.raises(Refused, match="nothing_to_pay"):
        till.batch()
    with time_machine.travel(timezone.now() + timedelta(hours=47, minutes=59)), pytest.raises(Refused):
        till.batch()
    with time_machine.travel(timezone.now() + timedelta(hours=48, minutes=1)):
        assert till.batch().count == 1
        assert till.transfer(claim).iban_hint == current(claim).iban_hint


def test_the_same_iban_again_is_no_change(till):
    claim = till.due(iban=iban_of(5))
    give(claim, 5)
    assert current(claim).iban_changed_at is None
    assert till.batch().count == 1


def test_new_details_take_a_payment_out_of_a_batch_that_nobody_approved(till, marco):
    kept, leaves = till.due(amount="10.00"), till.due(amount="20.00")
    batch = till.batch()
    give(leaves)
    assert (till.transfer(leaves).state, leaves.payouts.get().state) == ("withdrawn", "owed")
    with pytest.raises(Refused, match="stale"):
        batches.approve_batch(batch.number, by=marco, total=make.Decimal("30.00"))
    approved = batches.approve_batch(batch.number, by=marco, total=make.Decimal("10.00"))
    assert (approved.count, str(approved.total)) == (1, "10.00")
    assert kept.payouts.get().state == "batched"


@pytest.mark.parametrize("step", ["approved", "written", "sent"])
def test_once_a_batch_is_approved_its_payments_go_where_they_were_approved(till, marco, step):
    claim = till.due()
    batch = till.batch()
    if step == "approved":
        batches.approve_batch(batch.number, by=marco)
    else:
        till.approved(batch) if step == "written" else till.sent(batch)
    before = current(claim)
    with pytest.raises(Refused, match="payment_under_way"):
        give(claim)
    assert bytes(current(claim).bank_details) == bytes(before.bank_details)
    assert Notice.objects.filter(kind="bank_details_changed").count() == 0


def test_nobody_gives_details_for_somebody_else_or_when_all_is_paid(till, anna, mara):
    claim = till.due()
    with pytest.raises(Refused, match="not_yours"):
        banking.give_bank_details(claim.reference, by=mara, iban=iban_of(9))
    make.put(claim, "paid")
    with pytest.raises(Refused, match="wrong_state"):
        give(claim)


def test_a_decision_that_gives_nothing_owes_nothing(anna, incident, rita):
    claim = make.taken(anna, incident, rita, iban=iban_of(1))
    found = make.findings(claim, awarded="0.00", reasons=["no_evidence"])
    decisions.decide(claim.reference, by=rita, outcome="rejected", items=found)
    assert Payout.objects.count() == Transfer.objects.count() == 0
    assert bank_files.write_left_behind() == 0
