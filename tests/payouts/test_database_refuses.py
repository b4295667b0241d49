"""What PostgreSQL refuses where money is concerned: tried by plain SQL behind the actions' back."""

from datetime import date, timedelta
from importlib import import_module
from itertools import product

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from claims.actions import decisions
from claims.models import Batch, Customer, MassRun, Payout, SharedAccount, Statement, StatementLine, Transfer
from claims.rules.payouts import BATCH_MOVES, PAYOUT_MOVES, TRANSFER_MOVES
from tests import make

IBAN = "IT60X0542811101000000123456"


@pytest.fixture
def decision(anna, incident, rita):
    """120.00 in full for anna's claim."""
    claim = make.taken(anna, incident, rita, iban=IBAN)
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    return claim.decisions.get()


@pytest.fixture
def payout(decision):
    return owed(decision)


@pytest.fixture
def batch(incident, mara):
    return Batch.objects.create(number=1, incident=incident, opened_by=mara)


@pytest.fixture
def transfer(payout, batch):
    return attempt(payout, batch, "R1-1")


def owed(decision, /, **more):
    claim = decision.claim
    return Payout.objects.create(
        **{
            "incident": claim.incident,
            "remedy": "damages",
            "amount": "120.00",
            "claim": claim,
            "decision": decision,
            **more,
        }
    )


def attempt(payout, batch, name, **more):
    return Transfer.objects.create(
        payout=payout,
        batch=batch,
        end_to_end_id=name,
        **{"amount": payout.amount, "bank_details": b"sealed", "iban_hint": "IT** 3456", "iban_index": "i", **more},
    )


def sql(text, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.rowcount


def forced(text, *values):
    """With the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(text, values)
        cursor.execute("SET session_replication_role = origin")


def refused(text, *values):
    try:
        sql(text, *values)
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_nothing_is_owed_that_is_not_above_zero(decision, amount):
    with pytest.raises(IntegrityError, match="payout_amount_above_zero"):
        owed(decision, amount=amount)


def test_a_payout_belongs_to_a_claim_or_to_a_run_never_to_both_or_neither(decision, incident, mara):
    customer = Customer.objects.first()
    run = MassRun.objects.create(incident=incident, terms=incident.terms, remedy="indemnity", proposed_by=mara)
    for wrong in ({"claim": None, "decision": None}, {"customer": customer, "run": run}, {"run": run}):
        with pytest.raises(IntegrityError), transaction.atomic():
            owed(decision, **wrong)


def test_a_decision_is_not_owed_twice(decision, payout):
    with pytest.raises(IntegrityError, match="one_live_payout_per_decision"):
        owed(decision)


def test_a_customer_is_not_owed_one_remedy_twice_by_whatever_run(incident, mara):
    customer = Customer.objects.first()
    run = {"incident": incident, "terms": incident.terms, "remedy": "indemnity", "proposed_by": mara}
    first = MassRun.objects.create(**run)
    columns = "(incident_id, remedy, amount, state, customer_id, run_id, created_at)"
    again = f"INSERT INTO claims_payout {columns} VALUES (%s, 'indemnity', 6, 'owed', %s, %s, now())"
    forced(again, incident.pk, customer.pk, first.pk)
    with pytest.raises(IntegrityError, match="one_live_payout_per_customer"), transaction.atomic():
        forced(again, incident.pk, customer.pk, first.pk)


@pytest.mark.parametrize("wrong", [{"amount": "120.01"}, {"remedy": "refund"}, {"state": "settled"}])
def test_a_payout_is_what_its_decision_gives(decision, wrong):
    with pytest.raises(IntegrityError):
        owed(decision, **wrong)


def test_nothing_is_owed_by_a_decision_that_is_not_in_force(decision):
    forced("UPDATE claims_decision SET state = 'void' WHERE id = %s", decision.pk)
    with pytest.raises(IntegrityError, match="in force"):
        owed(decision)


@pytest.mark.parametrize(
    ("table", "moves"),
    [("payout", PAYOUT_MOVES), ("transfer", TRANSFER_MOVES), ("batch", BATCH_MOVES)],
)
def test_states_change_along_their_moves_only(transfer, marco, table, moves):
    """Every pair is tried; the other columns are such that nothing else would refuse it."""
    now = timezone.now()
    forced(
        "UPDATE claims_batch SET approved_by_id = %s, approved_at = %s, execution_date = %s, sha256 = 'x',"
        " handed_over_by_id = %s, handed_over_at = %s, count = 1, total = 120, cancel_asked_by_id = %s,"
        " cancelled_by_id = opened_by_id",
        *(marco.pk, now, now.date(), marco.pk, now, marco.pk),
    )
    states = sorted({state for pair in moves for state in pair})
    wrong = []
    for source, target in product(states, states):
        forced(f"UPDATE claims_{table} SET state = %s", source)
        if source != target and refused(f"UPDATE claims_{table} SET state = %s", target) is ((source, target) in moves):
            wrong.append((source, target))
    assert wrong == []


def test_a_transfer_pays_the_whole_payout_in_an_open_batch_of_its_incident(payout, batch, mara, incident):
    other = make.incident("other")
    abroad = Batch.objects.create(number=2, incident=other, opened_by=mara)
    for wrong in ({"amount": "119.00"}, {"batch": abroad}):
        with pytest.raises(IntegrityError, match="whole payout"), transaction.atomic():
            attempt(payout, wrong.pop("batch", batch), "R1-1", **wrong)
    sql("UPDATE claims_batch SET state = 'cancelled' WHERE id = %s", batch.pk)
    with pytest.raises(IntegrityError, match="still open"):
        attempt(payout, batch, "R1-1")


def test_a_payout_has_one_live_transfer_and_an_id_is_used_once(payout, batch, transfer):
    with pytest.raises(IntegrityError, match="one_live_transfer_per_payout"), transaction.atomic():
        attempt(payout, batch, "R1-2")
    sql("UPDATE claims_transfer SET state = 'withdrawn' WHERE id = %s", transfer.pk)
    with pytest.raises(IntegrityError, match="end_to_end_id"), transaction.atomic():
        attempt(payout, batch, "R1-1")
    assert attempt(payout, batch, "R1-2")


APPROVE = (
    "UPDATE claims_batch SET state = 'approved', approved_by_id = %s, approved_at = now(), execution_date = %s,"
    " count = %s, total = %s WHERE id = %s"
)
SOME_DAY = date(2026, 12, 1)


def test_whoever_opened_a_batch_does_not_approve_it(transfer, batch, mara):
    with pytest.raises(IntegrityError, match="batch_second_person"):
        sql(APPROVE, mara.pk, SOME_DAY, 1, "120.00", batch.pk)


def test_no_claimant_in_a_batch_approves_it(transfer, batch, anna):
    with pytest.raises(IntegrityError, match="to themselves"):
        sql(APPROVE, anna.pk, SOME_DAY, 1, "120.00", batch.pk)


def test_whoever_named_an_account_does_not_approve_the_payment_into_it(payout, batch, marco):
    attempt(payout, batch, "R1-1", details_by=marco)
    with pytest.raises(IntegrityError, match="that they named"):
        sql(APPROVE, marco.pk, SOME_DAY, 1, "120.00", batch.pk)


def test_nobody_approves_a_payment_into_an_account_of_their_own(payout, batch, marco, incident):
    own = make.draft(marco, incident, login="bruno@virgilio.example", iban=IBAN)
    attempt(payout, batch, "R1-1", iban_index=own.iban_index)
    with pytest.raises(IntegrityError, match="to themselves"):
        sql(APPROVE, marco.pk, SOME_DAY, 1, "120.00", batch.pk)


@pytest.mark.parametrize(("count", "total"), [(2, "120.00"), (1, "120.01")])
def test_a_batch_adds_up_when_it_is_approved(transfer, batch, marco, count, total):
    with pytest.raises(IntegrityError, match="count and total"):
        sql(APPROVE, marco.pk, SOME_DAY, count, total, batch.pk)
    assert sql(APPROVE, marco.pk, SOME_DAY, 1, "120.00", batch.pk) == 1


def test_what_was_approved_is_frozen_and_so_is_its_file(transfer, batch, marco, mara):
    sql(APPROVE, marco.pk, SOME_DAY, 1, "120.00", batch.pk)
    for change in (
        "count = 2",
        "total = 1",
        "execution_date = '2027-01-01'",
        f"approved_by_id = {mara.pk}",
        "approved_at = now() + interval '1 day'",
        'payer = \'{"iban": "X"}\'',
    ):
        assert refused(f"UPDATE claims_batch SET {change}"), change
    assert sql("UPDATE claims_batch SET state = 'written', sha256 = 'a', size = 1") == 1
    assert refused("UPDATE claims_batch SET sha256 = 'b'")
    assert refused("UPDATE claims_batch SET size = 2")


def test_amounts_and_where_they_go_never_change(transfer):
    for change in (
        "claims_payout SET amount = 1",
        "claims_payout SET remedy = 'refund'",
        "claims_payout SET created_at = now() - interval '1 day'",
        "claims_transfer SET amount = 1",
        "claims_transfer SET bank_details = 'other'",
        "claims_transfer SET iban_hint = 'FR** 0001'",
        "claims_transfer SET end_to_end_id = 'R2-1'",
        "claims_transfer SET remittance = 'other'",
        "claims_batch SET number = 9",
    ):
        assert refused(f"UPDATE {change}"), change


def test_nothing_is_deleted_or_emptied(transfer, batch, mara):
    statement = Statement.objects.create(sha256="0" * 64, kind="camt053", imported_by=mara)
    StatementLine.objects.create(statement=statement, kind="settled", note="unknown")
    SharedAccount.objects.create(iban_index="i", claimants=3, by=mara, reason="A family")
    for table in ("transfer", "payout", "batch", "statementline", "statement", "sharedaccount"):
        assert refused(f"DELETE FROM claims_{table}"), table
        assert refused(f"TRUNCATE claims_{table} CASCADE"), table
    assert refused("UPDATE claims_sharedaccount SET reason = 'other'")
    assert refused("UPDATE claims_statementline SET amount = 1")
    assert refused("UPDATE claims_statement SET sha256 = '1'")


def test_a_line_does_something_or_says_why_not_and_a_transfer_is_settled_by_one_line(transfer, mara):
    statement = Statement.objects.create(sha256="0" * 64, kind="camt053", imported_by=mara)
    line = {"statement": statement, "kind": "settled", "end_to_end_id": "R1-1"}
    with pytest.raises(IntegrityError, match="says_why_not"), transaction.atomic():
        StatementLine.objects.create(**line)
    StatementLine.objects.create(transfer=transfer, **line)
    with pytest.raises(IntegrityError, match="settled_once"):
        StatementLine.objects.create(transfer=transfer, **line)


def test_a_batch_whose_file_was_taken_out_is_cancelled_by_two(transfer, batch, mara, marco):
    sql(APPROVE, marco.pk, SOME_DAY, 1, "120.00", batch.pk)
    sql("UPDATE claims_batch SET state = 'written', sha256 = 'a', size = 1, taken_out_at = now()")
    cancel = "UPDATE claims_batch SET state = 'cancelled', cancel_asked_by_id = %s, cancelled_by_id = %s"
    for asked, by in ((None, mara.pk), (mara.pk, None), (mara.pk, mara.pk)):
        assert refused(cancel, asked, by)
    assert sql(cancel, mara.pk, marco.pk) == 1


def test_what_was_due_before_there_were_payouts_is_owed(anna, bruno, incident, rita):
    """The migration's statement, on claims whose payouts nobody wrote yet."""
    due, undecided = make.decided(anna, incident, rita), make.submitted(bruno, incident)
    make.put(due, "payment_due", updated_at=timezone.now() - timedelta(days=3))
    make.put(undecided, "rejected")
    assert sql(import_module("claims.migrations.0018_payouts_of_claims_already_due").OWE) == 1
    assert (Payout.objects.get().claim, Payout.objects.get().amount) == (due, due.decisions.get().net)
