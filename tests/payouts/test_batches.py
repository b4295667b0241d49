"""Opening, approving and cancelling batches of payments."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import bank_files, banking, batches, shared_accounts
from claims.models import Batch, Claim, JournalEntry, SharedAccount
from claims.models.journal import chain_of
from claims.reports import owed
from claims.rules.errors import Refused
from tests import make
from tests.payouts.conftest import iban_of
from tests.referee import assert_laws_hold


def opened(till, **limits):
    batches_, waiting = batches.open_batches(till.incident.code, by=till.mara, **limits)
    return [(batch.count, str(batch.total)) for batch in batches_], waiting


@pytest.mark.parametrize("who", ["anna", "olga", "rita", "sara", "ada"])
def test_only_managers_open_approve_and_cancel(request, till, who):
    person = request.getfixturevalue(who)
    till.due()
    with pytest.raises(Refused, match="wrong_role"):
        batches.open_batches(till.incident.code, by=person)
    number = till.batch().number
    for act in (batches.approve_batch, batches.cancel_batch, batches.keep_batch, bank_files.opened):
        with pytest.raises(Refused, match="wrong_role"):
            act(number, by=person)
    with pytest.raises(Refused, match="wrong_role"):
        bank_files.handed_over(number, by=person)


def test_with_nothing_to_pay_there_is_no_batch(till, mara):
    with pytest.raises(Refused, match="nothing_to_pay"):
        till.batch()
    with pytest.raises(Refused, match="not_found"):
        batches.open_batches("nowhere", by=mara)
    assert Batch.objects.count() == 0


def test_what_is_owed_goes_in_once_and_by_age(till):
    first, second = till.due(amount="10.00"), till.due(amount="20.00")
    assert opened(till) == ([(2, "30.00")], {})
    with pytest.raises(Refused, match="nothing_to_pay"):
        till.batch()
    for claim in (first, second):
        payout, transfer = claim.payouts.get(), till.transfer(claim)
        assert (transfer.end_to_end_id, transfer.iban_hint) == (f"R{payout.pk}-1", claim.iban_hint)
        assert {till.incident.code, claim.reference} <= set(transfer.remittance.replace(",", " ").split())
        assert payout.state == "batched"


def test_limits_split_what_is_owed_in_order_and_a_budget_ends_it(till):
    for amount in ("10.00", "20.00", "30.00", "40.00"):
        till.due(amount=amount)
    assert opened(till, most_count=1, budget=Decimal("35.00")) == ([(1, "10.00"), (1, "20.00")], {})
    assert opened(till, most_amount=Decimal("40.00")) == ([(1, "30.00"), (1, "40.00")], {})
    assert list(Batch.objects.order_by("pk").values_list("number", flat=True)) == [1, 2, 3, 4]


def test_a_limit_below_the_oldest_payment_says_so(till):
    till.due(amount="50.00")
    till.due(amount="1.00")
    with pytest.raises(Refused, match="limit_too_low"):
        till.batch(most_amount=Decimal("49.99"))
    for wrong in ({"most_count": 0}, {"budget": Decimal(0)}, {"most_amount": Decimal(-1)}):
        with pytest.raises(Refused, match="invalid_limit"):
            till.batch(**wrong)
    assert Batch.objects.count() == 0


def test_limits_hold_across_the_chunks_that_are_looked_at(till, monkeypatch):
    monkeypatch.setattr("claims.actions.filling.AT_ONCE", 2)
    for number in range(5):
        till.due(amount="10.00", iban="" if number == 3 else None)
    assert opened(till, most_count=3) == ([(3, "30.00"), (1, "10.00")], {})


def test_those_without_bank_details_are_left_out_and_counted(till, mara):
    _paid, without = till.due(), till.due(amount="5.00")
    make.put(without, "payment_due", bank_details=None, iban_hint="", iban_index="")
    assert opened(till) == ([(1, "120.00")], {"no_details": 1})
    assert JournalEntry.objects.of(Batch.objects.get()).get().facts["left out"] == {"no_details": 1}
    assert [(each.reference, each.why) for each in owed.owed(till.incident, by=mara)] == [
        (without.reference, "no_details")
    ]
    assert owed.sums(till.incident, by=mara) == {"no_details": (1, Decimal("5.00"))}


def test_three_claimants_with_one_iban_wait_for_a_managers_word(till, mara, marco):
    claims = [till.due(iban=iban_of(1)) for _ in range(2)]
    assert owed.shared(till.incident) == []
    claims.append(till.due(iban=iban_of(1)))
    with pytest.raises(Refused, match="nothing_to_pay"):
        till.batch()
    (shared,) = owed.shared(till.incident)
    assert (shared.claimants, len(shared.references)) == (3, 3)
    with pytest.raises(Refused, match="required"):
        shared_accounts.clear_account(shared.index, by=mara, reason=" ")
    shared_accounts.clear_account(shared.index, by=mara, reason="A family")
    assert owed.shared(till.incident) == []
    assert opened(till) == ([(3, "360.00")], {})
    claims.append(till.due(iban=iban_of(1)))  # one more claimant than the word was about
    assert owed.shared(till.incident)[0].claimants == 4
    with pytest.raises(Refused, match="nothing_to_pay"):
        till.batch()
    assert SharedAccount.objects.get().reason == "A family"


def test_nobody_clears_an_account_of_their_own(till, mara):
    till.due(mara, iban=iban_of(1), login="mara@libero.example")
    index = Claim.objects.get(claimant=mara).iban_index
    with pytest.raises(Refused, match="own_payment"):
        shared_accounts.clear_account(index, by=mara, reason="Mine")
    with pytest.raises(Refused, match="not_found"):
        shared_accounts.clear_account("0" * 64, by=mara, reason="?")


def test_who_opens_a_batch_leaves_their_own_payment_to_somebody_else(till, mara, marco):
    till.due(mara, login="mara@libero.example")
    with pytest.raises(Refused, match="nothing_to_pay"):
        till.batch()
    till.mara, till.marco = marco, mara
    batch = till.batch()
    with pytest.raises(Refused, match="own_payment"):
        batches.approve_batch(batch.number, by=mara)


def test_the_opener_does_not_approve_and_a_second_manager_does_once(till, mara, marco):
    till.due()
    batch = till.batch()
    with pytest.raises(Refused, match="four_eyes"):
        batches.approve_batch(batch.number, by=mara)
    approved = batches.approve_batch(batch.number, by=marco)
    assert (approved.state, approved.count, approved.payer["iban"]) == ("approved", 1, "IT74T0300203280000000000001")
    with pytest.raises(Refused, match="illegal_move"):
        batches.approve_batch(batch.number, by=marco)


@pytest.mark.parametrize("payer", ["", "Somebody", "Somebody;IT00X", ";IT74T0300203280000000000001"])
def test_without_an_account_to_pay_from_nothing_is_approved(till, marco, settings, payer):
    till.due()
    settings.PAYER = payer
    with pytest.raises(Refused, match="no_payer"):
        batches.approve_batch(till.batch().number, by=marco)


def test_a_role_that_was_taken_away_meanwhile_counts(till, marco):
    till.due()
    number = till.batch().number
    assert marco.has_role("manager")
    marco.groups.clear()
    with pytest.raises(Refused, match="wrong_role"):
        batches.approve_batch(number, by=marco)


def test_an_open_batch_is_cancelled_by_one_and_what_it_held_is_owed_again(till, mara):
    claim = till.due()
    batch = till.batch()
    with pytest.raises(Refused, match="required"):
        batches.cancel_batch(batch.number, by=mara, reason="")
    batches.cancel_batch(batch.number, by=mara, reason="Too early")
    assert (claim.payouts.get().state, till.transfer(claim).state) == ("owed", "withdrawn")
    with pytest.raises(Refused, match="illegal_move"):
        batches.cancel_batch(batch.number, by=mara, reason="Again")
    later = till.batch()
    assert till.transfer(claim).end_to_end_id.endswith("-2")
    assert (later.number, later.count) == (2, 1)
    assert_laws_hold()


def test_a_batch_whose_file_was_taken_out_is_cancelled_by_two(till, mara, marco):
    claim = till.due()
    batch = till.sent()
    assert batches.cancel_batch(batch.number, by=mara, reason="The bank lost it").state == "handed_over"
    with pytest.raises(Refused, match="four_eyes"):
        batches.cancel_batch(batch.number, by=mara)
    assert batches.cancel_batch(batch.number, by=marco).state == "cancelled"
    assert (claim.payouts.get().state, till.transfer(claim).state) == ("owed", "withdrawn")
    actions = [entry.action for entry in JournalEntry.objects.of(batch)]
    assert actions == ["open", "approve", "write", "take out", "hand over", "ask to cancel", "cancel"]
    assert JournalEntry.objects.of(claim).last().action == "payment cancelled"
    assert_laws_hold()


def test_what_was_asked_can_be_dropped(till, mara, marco):
    till.due()
    batch = till.sent()
    with pytest.raises(Refused, match="illegal_move"):
        batches.keep_batch(batch.number, by=mara)
    batches.cancel_batch(batch.number, by=mara, reason="Lost?")
    batches.keep_batch(batch.number, by=marco)
    assert batches.cancel_batch(batch.number, by=marco, reason="Lost").state == "handed_over"


def test_a_payment_whose_details_change_leaves_an_open_batch_and_an_empty_one_is_not_approved(till, marco):
    claim = till.due()
    batch = till.batch()
    banking.give_bank_details(claim.reference, by=claim.claimant, iban=iban_of(40))
    with pytest.raises(Refused, match="empty"):
        batches.approve_batch(batch.number, by=marco)
    assert chain_of(batch) == f"batch:{batch.pk}"


def test_a_batch_takes_as_many_queries_for_eight_as_for_two(till, mara, marco):
    def cost(payments):
        for _ in range(payments):
            till.due()
        with CaptureQueriesContext(connection) as caught:
            batch = till.batch()
            batches.approve_batch(batch.number, by=marco)
            assert batch.count == payments
        return len(caught)

    cost(1)  # roles are looked up once
    assert cost(2) == cost(8)
