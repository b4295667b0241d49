"""What the bank answers: paid, sent back, refused; and all that a file may have wrong."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.actions import bank_files, banking, batches, endings, mails, settling
from claims.models import Batch, Claim, JournalEntry, Notice, Payout, Statement, StatementLine, Transfer
from claims.reports.batches import path_of
from claims.rules.errors import Refused
from tests import make
from tests.payouts.conftest import PAYER, iban_of
from tests.referee import assert_laws_hold
from tests.sepa import bank

DAY = timezone.localdate()


def orders_of(batch):
    return bank.orders(path_of(batch).read_bytes())


def camt(batch, **facts):
    return bank.statement(orders_of(batch), **{"iban": PAYER, "today": DAY, **facts})


def pain(batch, **facts):
    return bank.report(orders_of(batch), **{"today": DAY, **facts})


def state(claim):
    return Claim.objects.get(pk=claim.pk).status


def counts(statement):
    return (statement.lines, statement.settled, statement.returned, statement.unmatched)


def unmatched(statement):
    return list(statement.found.exclude(note="").order_by("pk").values_list("end_to_end_id", "note"))


@pytest.fixture
def sent(till):
    """Two claims of 10.00 and 20.00 whose payments are at the bank."""
    till.claims = [till.due(amount="10.00"), till.due(amount="20.00")]
    return till.sent()


def test_only_managers_read_what_the_bank_answers(till, sent, sara):
    with pytest.raises(Refused, match="wrong_role"):
        till.read(camt(sent), by=sara)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"iban": "IT60X0542811101000000123456"}, "wrong_account"),
        ({"currency": "CHF"}, "foreign_currency"),
        ({"today": DAY - timedelta(days=730)}, "too_old"),
    ],
)
def test_a_statement_that_is_not_ours_is_refused_whole(till, sent, facts, code):
    with pytest.raises(Refused, match=code):
        till.read(camt(sent, **facts))
    assert Statement.objects.count() == StatementLine.objects.count() == 0
    assert {state(claim) for claim in till.claims} == {"payment_due"}


@pytest.mark.parametrize(
    "broken", [b"", b"no XML", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>', "truncated", "repeated"]
)
def test_a_file_that_is_none_changes_nothing(till, sent, broken):
    if broken == "truncated":
        broken = camt(sent)[:-60]
    elif broken == "repeated":
        line = bank.line("camt.053.001.08", orders_of(sent)[:1], "DBIT", today=DAY)
        broken = camt(sent, more=line)
    with pytest.raises(Refused):
        till.read(broken)
    assert Statement.objects.count() == StatementLine.objects.count() == 0
    assert set(Payout.objects.values_list("state", flat=True)) == {"sent"}


def test_an_unknown_id_and_an_amount_that_differs_are_listed_and_do_nothing(till, sent):
    first, second = orders_of(sent)
    wrong = [
        bank.Order(**{**vars(first), "amount": Decimal("10.01")}),
        bank.Order(**{**vars(second), "end_to_end_id": "SOMEBODY-1"}),
    ]
    statement = till.read(bank.statement(wrong, iban=PAYER, today=DAY))
    assert counts(statement) == (2, 0, 0, 2)
    assert unmatched(statement) == [(first.end_to_end_id, "amount"), ("SOMEBODY-1", "unknown")]
    assert set(Payout.objects.values_list("state", flat=True)) == {"sent"}
    assert_laws_hold()


def test_a_payment_dated_before_its_batch_was_approved_is_listed(till, sent):
    statement = till.read(camt(sent, today=DAY - timedelta(days=5)))
    assert [note for _id, note in unmatched(statement)] == ["too_early", "too_early"]


def test_a_batch_that_was_not_handed_over_must_be_first_and_then_the_same_file_counts(till):
    till.claims = [till.due()]
    batch = till.approved()
    answer = camt(batch)
    with pytest.raises(Refused, match="not_handed_over"):
        till.read(answer)
    bank_files.opened(batch.number, by=till.mara)[1].close()
    bank_files.handed_over(batch.number, by=till.mara)
    assert counts(till.read(answer)) == (1, 1, 0, 0)


def test_paid_payments_settle_their_payouts_and_claims_and_close_the_batch(till, sent):
    statement = till.read(camt(sent))
    assert counts(statement) == (2, 2, 0, 0)
    for claim in till.claims:
        transfer = till.transfer(claim)
        assert (state(claim), claim.payouts.get().state) == ("paid", "settled")
        assert (transfer.state, transfer.settled_on) == ("settled", DAY)
        entry = JournalEntry.objects.of(claim).last()
        assert (entry.action, entry.new, entry.actor) == ("settle", "paid", till.mara)
        notice = Notice.objects.get(claim=claim, kind="claim_paid")
        assert notice.context["amount"] == str(transfer.amount)
        text = mails.render(notice).body
        assert claim.iban_hint in text
    assert Batch.objects.get().state == "closed"
    assert_laws_hold()


def test_the_same_file_again_changes_nothing(till, sent):
    content = camt(sent)
    first = till.read(content)
    before = JournalEntry.objects.count(), Notice.objects.count()
    again, known = settling.settle(io.BytesIO(content), by=till.marco)
    assert (again, known, again.at) == (first, True, first.at)
    assert (JournalEntry.objects.count(), Notice.objects.count()) == before


def test_the_same_payments_in_another_file_are_known(till, sent):
    till.read(pain(sent))
    assert {state(claim) for claim in till.claims} == {"paid"}
    statement = till.read(camt(sent))
    assert counts(statement) == (2, 0, 0, 2)
    assert {note for _id, note in unmatched(statement)} == {"known"}
    assert Notice.objects.filter(kind="claim_paid").count() == 2


def test_what_came_back_reopens_only_that_payout_and_is_paid_once_more(till, sent):
    back, paid = till.claims
    first = till.transfer(back)
    statement = till.read(camt(sent, returned={first.end_to_end_id: "AC04"}))
    assert counts(statement) == (3, 2, 1, 0)
    assert (state(back), state(paid)) == ("payment_returned", "paid")
    first.refresh_from_db()
    assert (first.state, first.reason, first.returned_on) == ("returned", "AC04", DAY)
    body = mails.render(Notice.objects.get(claim=back, kind="payment_returned")).body
    assert "10,00" in body
    with pytest.raises(Refused, match="nothing_to_pay"):
        till.batch()
    banking.give_bank_details(back.reference, by=back.claimant, iban=iban_of(50))
    assert (state(back), back.payouts.get().state) == ("payment_due", "owed")
    with pytest.raises(Refused, match="nothing_to_pay"):  # 48 hours
        till.batch()
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        again = till.sent()
        assert [order.iban for order in orders_of(again)] == [iban_of(50)]
        till.read(camt(again, number="2", today=timezone.localdate()))
    assert (state(back), back.payouts.get().state) == ("paid", "settled")
    states = Transfer.objects.filter(payout__claim=back).order_by("pk").values_list("state", "end_to_end_id")
    payout = back.payouts.get().pk
    assert list(states) == [("returned", f"R{payout}-1"), ("settled", f"R{payout}-2")]
    assert_laws_hold()


def test_money_that_comes_back_after_it_was_paid_is_returned_too(till, sent):
    till.read(camt(sent))
    order = orders_of(sent)[0]
    line = bank.line("camt.053.001.08", [order], "CRDT", today=DAY, reason="MD07")
    statement = till.read(bank.statement([], iban=PAYER, today=DAY, number="2", more=line))
    assert counts(statement) == (1, 0, 1, 0)
    assert state(till.claims[0]) == "payment_returned"
    assert Batch.objects.get().state == "closed"
    assert_laws_hold()


def test_a_closed_claim_keeps_its_state_and_the_payout_is_back(till, sent):
    till.read(camt(sent))
    claim = till.claims[0]
    with time_machine.travel(timezone.now() + timedelta(days=90)):
        assert endings.pass_windows() == 2
        line = bank.line("camt.053.001.08", orders_of(sent)[:1], "CRDT", today=timezone.localdate(), reason="AC04")
        till.read(bank.statement([], iban=PAYER, today=timezone.localdate(), number="2", more=line))
    assert (state(claim), claim.payouts.get().state) == ("closed", "returned")
    assert_laws_hold()


def test_a_payment_that_the_bank_refuses_comes_back(till, sent):
    refused = till.transfer(till.claims[1]).end_to_end_id
    statement = till.read(pain(sent, rejected={refused: "AC01"}))
    assert counts(statement) == (2, 1, 1, 0)
    assert [state(claim) for claim in till.claims] == ["paid", "payment_returned"]
    assert_laws_hold()


def test_a_file_that_the_bank_refuses_whole_gives_every_payment_back(till, sent):
    statement = till.read(pain(sent, group="RJCT", status="RJCT", named=False))
    assert counts(statement) == (2, 0, 2, 0)
    assert {state(claim) for claim in till.claims} == {"payment_returned"}
    assert_laws_hold()


def test_a_report_that_a_file_is_being_worked_on_says_nothing_yet(till, sent):
    assert counts(till.read(pain(sent, status="ACSP"))) == (0, 0, 0, 0)
    assert {state(claim) for claim in till.claims} == {"payment_due"}


def test_one_line_for_the_whole_batch_pays_all_of_it(till, sent):
    first = orders_of(sent)[0]
    lump = bank.line("camt.053.001.08", orders_of(sent), "DBIT", today=DAY)
    start, end = lump.index("<TxDtls>"), lump.rindex("</TxDtls>") + len("</TxDtls>")
    statement = till.read(bank.statement([], iban=PAYER, today=DAY, more=lump[:start] + lump[end:]))
    assert (counts(statement), first.block_id) == ((2, 2, 0, 0), "RISTORO-1")


def test_what_two_people_called_off_and_the_bank_paid_all_the_same_is_paid(till, sent, mara, marco):
    answer = camt(sent)
    batches.cancel_batch(sent.number, by=mara, reason="Lost")
    batches.cancel_batch(sent.number, by=marco)
    claim, again = till.claims
    banking.give_bank_details(again.reference, by=again.claimant, iban=iban_of(60))
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        other = till.batch(most_count=2)
    assert other.count == 2
    batches.cancel_batch(other.number, by=mara, reason="Wait")
    assert counts(till.read(answer)) == (2, 2, 0, 0)
    assert state(claim) == state(again) == "paid"
    assert_laws_hold()


def test_what_was_called_off_and_is_on_its_way_again_is_listed_when_the_bank_paid_it(till, sent, mara, marco):
    answer = camt(sent)
    batches.cancel_batch(sent.number, by=mara, reason="Lost")
    batches.cancel_batch(sent.number, by=marco)
    till.sent()
    statement = till.read(answer)
    assert [note for _id, note in unmatched(statement)] == ["withdrawn", "withdrawn"]
    assert_laws_hold()


def test_further_payments_cost_further_queries_only_for_their_claims(till):
    """Those of a mass run have no claims: a file of a million of them is a few statements."""
    costs = []
    for number, payments in enumerate((2, 6)):
        claims = [till.due() for _ in range(payments)]
        content = camt(till.sent(), number=str(number))
        for claim in claims:
            make.put(claim, "in_review")  # nothing moves: what is left is looking the claim up
        with CaptureQueriesContext(connection) as caught:
            till.read(content)
        costs.append(len(caught))
    assert costs[1] - costs[0] <= 4 * 4
