"""The referee finds every planted violation where money is concerned."""

import pytest
from django.db import connection, transaction

from claims.actions import batches
from claims.models import Payout
from claims.reports import referee
from claims.reports.batches import path_of
from tests.payouts.conftest import PAYER
from tests.payouts.test_settling import camt
from tests.referee import assert_laws_hold

FIRST = "(SELECT min(id) FROM claims_transfer)"
# (law, what somebody with all rights did, what the referee says)
PLANTED = [
    ("L4", "UPDATE claims_batch SET approved_by_id = opened_by_id WHERE approved_by_id IS NOT NULL", "who opened it"),
    ("L4", "UPDATE claims_batch SET approved_by_id = NULL WHERE state = 'closed'", "nobody approved it"),
    (
        "L4",
        "UPDATE claims_batch SET state = 'cancelled', taken_out_at = now(), cancelled_by_id = opened_by_id"
        " WHERE number = 3",
        "one person alone cancelled it",
    ),
    ("L4", f"UPDATE claims_transfer SET details_by_id = MARCO WHERE id = {FIRST}", "to who approved it"),
    ("L5", "UPDATE claims_payout SET amount = amount + 0.01", "euro were granted"),
    ("L5", "UPDATE claims_payout SET state = 'cancelled'", "0 are owed or paid"),
    ("L5", "UPDATE claims_payout SET state = 'owed' WHERE state = 'settled'", "it counts as paid, and a payout is not"),
    ("L5", "UPDATE claims_payout SET state = 'settled'", "all is paid, and it is still due"),
    ("L5", "UPDATE claims_payout SET state = 'owed' WHERE state = 'returned'", "no payout came back"),
    (
        "L5",
        "INSERT INTO claims_payout (incident_id, remedy, amount, state, claim_id, decision_id, created_at)"
        " SELECT incident_id, remedy, amount, state, claim_id, decision_id, created_at FROM claims_payout",
        "2 live payouts",
    ),
    ("L6", "UPDATE claims_payout SET state = 'sent' WHERE state = 'settled'", "it is “sent”, its transfers: 0 planned"),
    (
        "L6",
        "INSERT INTO claims_transfer (payout_id, batch_id, end_to_end_id, amount, bank_details, iban_index, iban_hint,"
        " remittance, state, reason) SELECT payout_id, batch_id, 'twice', amount, bank_details, iban_index, iban_hint,"
        " remittance, state, reason FROM claims_transfer WHERE state = 'settled'",
        "2 paid",
    ),
    ("L6", "UPDATE claims_transfer SET end_to_end_id = 'same'", "is used"),
    ("L6", f"UPDATE claims_transfer SET amount = amount + 1 WHERE id = {FIRST}", "euro for a payout of"),
    ("L6", "UPDATE claims_batch SET state = 'open' WHERE state = 'closed'", "in a batch that is “open”"),
    ("L6", "UPDATE claims_batch SET count = count + 1 WHERE state = 'closed'", "its transfers"),
    ("L6", "UPDATE claims_batch SET total = total - 1 WHERE state = 'closed'", "its transfers"),
    ("L6", "UPDATE claims_batch SET sha256 = repeat('0', 64) WHERE state = 'closed'", "not the one that was written"),
    ("L6", "UPDATE claims_transfer SET end_to_end_id = 'x' || id WHERE state = 'settled'", "its file pays"),
    ("L6", "UPDATE claims_statement SET unmatched = 7", "its lines are not as counted"),
]


@pytest.fixture
def world(till):
    """A closed batch with a payment that was made and one that came back, one file ready, one batch open."""
    claims = [till.due(amount="10.00"), till.due(amount="20.00")]
    closed = till.sent()
    till.read(camt(closed, returned={till.transfer(claims[1]).end_to_end_id: "AC04"}))
    till.due(amount="30.00")
    written = till.approved()
    till.due(amount="40.00")
    till.batch()
    return closed, written


def broken():
    return {verdict.law: verdict.examples for verdict in referee.judge() if verdict.state == referee.BROKEN}


def planted(sql):
    """What the referee says of a violation, which is undone after that."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, name in cursor.execute(RULES).fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            for (name,) in cursor.execute(INDEXES).fetchall():
                cursor.execute(f"DROP INDEX {name}")
            cursor.execute(sql)
            assert cursor.rowcount > 0
            cursor.execute("SET LOCAL session_replication_role = origin")
            found = broken()
            raise Undone
    except Undone:
        return found


class Undone(Exception):
    pass


TABLES = "('claims_batch', 'claims_payout', 'claims_transfer')"
RULES = (
    "SELECT conrelid::regclass::text, conname FROM pg_constraint"
    f" WHERE conrelid::regclass::text IN {TABLES} AND contype IN ('c', 'u')"
)
INDEXES = (
    "SELECT i.indexrelid::regclass::text FROM pg_index i"
    f" WHERE i.indrelid::regclass::text IN {TABLES} AND i.indisunique AND NOT i.indisprimary"
    " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
)


def test_l4_l5_l6_every_planted_violation_is_found(world, marco):
    assert_laws_hold()
    silent = []
    for law, sql, says in PLANTED:
        found = planted(sql.replace("MARCO", str(marco.pk)))
        if says not in " ".join(found.get(law, [])):
            silent.append((law, sql, found))
    assert silent == []
    assert_laws_hold()


def test_l6_a_file_that_is_lost_or_was_changed_is_found(world):
    closed, written = world
    path_of(closed).unlink()
    path_of(written).write_bytes(path_of(written).read_bytes().replace(PAYER.encode(), b"IT60X0542811101000000123456"))
    assert broken()["L6"] == [
        f"batch {written.number}: its file is not the one that was written",
        f"batch {closed.number}: its file is not there",
    ]


def test_a_batch_that_was_cancelled_keeps_its_file(world, mara):
    _closed, written = world
    batches.cancel_batch(written.number, by=mara, reason="No")
    assert path_of(written).exists()
    assert Payout.objects.filter(state="owed").count() == 1
    assert_laws_hold()
