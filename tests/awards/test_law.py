"""The referee finds every planted violation of what holds for what is given in kind."""

import pytest
from django.db import connection, transaction

from claims.reports import referee
from claims.reports.laws_of_gifts import gifts_are_given_once
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db
COLUMNS = "incident_id, kind, quantity, state, claim_id, decision_id, created_at"
# (what somebody with all rights did, what the referee says)
PLANTED = [
    ("UPDATE claims_entitlement SET state = 'cancelled' WHERE state = 'waiting'", "granted, entitled to 0"),
    ("UPDATE claims_entitlement SET quantity = quantity + 1", "granted, entitled to"),
    ("DELETE FROM claims_entitlement WHERE state = 'waiting'", "granted, entitled to 0"),
    (
        f"INSERT INTO claims_entitlement ({COLUMNS}) SELECT {COLUMNS} FROM claims_entitlement",
        "2 live entitlements",
    ),
    (
        "UPDATE claims_entitlement SET state = 'waiting' WHERE state = 'given'",
        "its lines: 0 in a file, 1 given",
    ),
    (
        "UPDATE claims_entitlement SET state = 'given' WHERE state = 'refused'",
        "its lines: 0 in a file, 0 given",
    ),
    ("UPDATE claims_fulfilment SET state = 'given' WHERE state = 'refused'", "it is “refused”, its lines"),
    ("UPDATE claims_fulfilmentfile SET count = count + 1", "lines counted"),
    ("UPDATE claims_fulfilmentfile SET state = 'open' WHERE state = 'closed'", "“open”, and G"),
    ("UPDATE claims_fulfilmentfile SET approved_by_id = opened_by_id", "who opened it approved it"),
    ("UPDATE claims_fulfilmentfile SET approved_by_id = NULL", "nobody approved it"),
    ("UPDATE claims_fulfilment SET login = 'x'", "other bytes"),
    ("UPDATE claims_fulfilmentfile SET size = size + 1 WHERE state = 'closed'", "other bytes"),
    ("UPDATE claims_voucher SET value = value + 1", "which gives something else"),
    ("UPDATE claims_voucher SET fulfilment_id = NULL", ": 0 codes"),
    (
        "UPDATE claims_voucher SET fulfilment_id = (SELECT max(fulfilment_id) FROM claims_voucher)",
        ": 2 codes",
    ),
    ("UPDATE claims_voucher SET index = 'same'", "is there 2 times"),
    ("DELETE FROM claims_notice WHERE kind = 'award_given'", "given, notices of it: 0"),
]
INDEXES = """
SELECT i.indexrelid::regclass::text, c.conname, i.indrelid::regclass::text FROM pg_index i
LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
WHERE i.indrelid IN ('claims_entitlement'::regclass, 'claims_voucher'::regclass) AND i.indisunique
    AND NOT i.indisprimary
"""


class Undone(Exception):
    pass


def found(sql):
    """What the referee says of a violation, which is undone after that."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            for index, constraint, table in cursor.execute(INDEXES).fetchall():
                drop = f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {index}"
                cursor.execute(drop)
            cursor.execute("ALTER TABLE claims_fulfilmentfile DROP CONSTRAINT fulfilment_file_second_person")
            cursor.execute("ALTER TABLE claims_fulfilmentfile DROP CONSTRAINT fulfilment_file_approved_by_somebody")
            cursor.execute(sql)
            assert cursor.rowcount > 0
            cursor.execute("SET LOCAL session_replication_role = origin")
            broken = list(gifts_are_given_once(cursor, False))
            raise Undone
    except Undone:
        return " ".join(broken)


def test_l19_every_planted_violation_is_found(counter):
    counter.due(storage_gb=5)
    claim = counter.due(storage_gb=6)
    file = counter.out()
    counter.due(voucher=20, subscription_month=1)
    counter.pool(2)
    counter.confirm(counter.out(kind="voucher"))
    line = file.lines.get(entitlement__claim=claim)
    other = file.lines.exclude(pk=line.pk).get()
    text = f"fulfilment_id,result,reason\n{line.name},refused,No such account\n{other.name},given,\n"
    counter.confirm(file, text.encode())
    assert_laws_hold()
    assert referee.LAWS["L19"][1] is gifts_are_given_once
    silent = {sql: said for sql, words in PLANTED if words not in (said := found(sql))}
    assert silent == {}
