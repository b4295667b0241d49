"""The file of a batch: the same bytes for ever, whoever takes it out."""

from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import PersonKey, User
from claims.actions import bank_files, batches
from claims.models import Batch, JournalEntry
from claims.reports.batches import path_of
from claims.rules.errors import Refused
from claims.rules.payouts import next_banking_day
from tests.payouts.conftest import PAYER, iban_of
from tests.referee import assert_laws_hold
from tests.sepa import bank


def content(batch):
    return path_of(batch).read_bytes()


def test_nothing_is_written_or_handed_out_before_a_second_person_approved(till, mara):
    till.due()
    batch = till.batch()
    with pytest.raises(Refused, match="not_approved"):
        bank_files.write_file(batch.number)
    with pytest.raises(Refused, match="not_written"):
        bank_files.opened(batch.number, by=mara)
    with pytest.raises(Refused, match="illegal_move"):
        bank_files.handed_over(batch.number, by=mara)
    batches.cancel_batch(batch.number, by=mara, reason="No")
    with pytest.raises(Refused, match="not_approved"):
        bank_files.write_file(batch.number)


def test_the_file_says_who_is_paid_what_and_why(till, anna):
    anna.name = "Anna Bianchi"
    anna.save()
    first, second = till.due(anna, amount="89.90", iban=iban_of(3), login="anna@libero.example"), till.due()
    batch = till.approved()
    assert (batch.state, batch.sha256, batch.size) == (
        "written",
        sha256(content(batch)).hexdigest(),
        len(content(batch)),
    )
    orders = bank.orders(content(batch))
    assert [(order.name, order.iban, str(order.amount)) for order in orders] == [
        ("Anna Bianchi", iban_of(3), "89.90"),
        (second.claimant.name, iban_of(2), "120.00"),
    ]
    assert first.reference in orders[0].remittance
    assert orders[0].message_id == "RISTORO-1"
    assert PAYER in content(batch).decode()
    assert next_banking_day(timezone.localdate()).isoformat() in content(batch).decode()
    assert_laws_hold()


def test_written_again_it_is_the_same_whatever_changed_meanwhile(till):
    claim = till.due()
    batch = till.approved()
    before = content(batch)
    User.objects.filter(pk=claim.claimant_id).update(name="Another Name", language="en")
    path_of(batch).unlink()  # lost: it can be made again
    assert bank_files.write_file(batch.number).state == "written"
    assert content(batch) == before
    assert Batch.objects.get().sha256 == sha256(before).hexdigest()


def test_who_takes_it_out_is_in_the_journal_and_only_then_it_is_handed_over(till, mara, marco):
    till.due()
    batch = till.approved()
    with pytest.raises(Refused, match="not_taken_out"):
        bank_files.handed_over(batch.number, by=mara)
    for person in (mara, marco):
        _batch, file = bank_files.opened(batch.number, by=person)
        with file:
            assert sha256(file.read()).hexdigest() == batch.sha256
    entries = JournalEntry.objects.of(batch).filter(action="take out")
    assert [entry.actor for entry in entries] == [mara, marco]
    bank_files.handed_over(batch.number, by=mara)
    with pytest.raises(Refused, match="illegal_move"):
        bank_files.handed_over(batch.number, by=marco)


def test_handing_over_is_in_the_chain_of_every_claim(till):
    claims = [till.due(), till.due()]
    batch = till.sent()
    assert batch.state == "handed_over"
    for claim in claims:
        assert JournalEntry.objects.of(claim).last().action == "payment sent"
        assert (claim.payouts.get().state, till.transfer(claim).state) == ("sent", "sent")
    assert_laws_hold()


def test_a_payee_who_was_erased_stops_the_file_and_the_batch_can_be_cancelled(till, mara, marco):
    claim = till.due()
    batch = till.batch()
    batches.approve_batch(batch.number, by=marco)
    PersonKey.objects.filter(person=claim.claimant).delete()
    with pytest.raises(Refused, match="payee_erased"):
        bank_files.write_file(batch.number)
    assert bank_files.write_left_behind() == 0
    assert not path_of(batch).exists()
    assert batches.cancel_batch(batch.number, by=mara, reason="Erased").state == "cancelled"


def test_an_approval_that_was_interrupted_before_the_file_is_finished_by_the_crank(till, marco):
    till.due()
    batches.approve_batch(till.batch().number, by=marco)
    assert bank_files.write_left_behind() == 1
    assert Batch.objects.get().state == "written"
    assert bank_files.write_left_behind() == 0


def test_payments_are_read_some_at_a_time(till, monkeypatch):
    """A batch may have a million: they are never all in memory."""
    monkeypatch.setattr(bank_files, "AT_ONCE", 2)
    for _ in range(5):
        till.due()
    batch = till.batch()
    batches.approve_batch(batch.number, by=till.marco)
    with CaptureQueriesContext(connection) as queries:
        bank_files.write_file(batch.number)
    read = [each["sql"] for each in queries if 'FROM "claims_transfer"' in each["sql"]]
    assert len(read) == 4  # two, two, one, none
    assert all("LIMIT 2" in sql for sql in read)
    assert len(bank.orders(content(batch))) == 5
