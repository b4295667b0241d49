"""Full-size data, made by single statements. Triggers and foreign keys are switched off while it is written."""

from contextlib import contextmanager

from django.db import connection

from accounts.models import User
from claims.models import Claim, Incident
from tests import make

# Columns of a claim that differ from the pattern; `n` counts from 1, `p` is its claimant.
DIFFERENT = {
    "reference": "lpad(n::text, 11, '0')",
    "claimant_id": "p.id",
    "filed_by_id": "p.id",
    "login": "'c' || n || '@libero.example'",
    "narrative": "pattern.narrative || ' This was number ' || n",
    "claimed": "(n % 90000 + 100) / 100.0",
    "due": "DATE '2023-03-01' + (n::bigint * 7919 % 60)::int",
    "created_at": "t",
    "submitted_at": "t",
    "updated_at": "t",
}
CLAIMS = """
    INSERT INTO claims_claim ({columns})
    SELECT {values}
    FROM generate_series(1, {number}) AS n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS k FROM accounts_user
          WHERE email LIKE 'c%@example.net') AS p ON p.k = n % {claimants} + 1
    JOIN claims_claim AS pattern ON pattern.id = {pattern}
    CROSS JOIN LATERAL (SELECT timestamptz '2023-02-01' + n * interval '7 seconds') AS times(t)
"""
CLOCKS = """
    INSERT INTO claims_clockevent (claim_id, round, kind, "on", days, mode, basis)
    SELECT id, round, 'start', due - 45, 45, 'calendar', 'decision' FROM claims_claim AS claim
    WHERE NOT EXISTS (SELECT FROM claims_clockevent WHERE claim_id = claim.id)
"""


@contextmanager
def unguarded():
    """A cursor whose statements fire no trigger, check no foreign key and may take long."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        yield cursor
        cursor.execute("RESET session_replication_role; RESET statement_timeout")


def incident():
    return Incident.objects.filter(code="libero-2023").first() or make.incident()


def people(number):
    User.objects.bulk_create(User(email=f"c{n}@example.net", name=f"Claimant {n}") for n in range(number))


def drop_indexes(cursor):
    """Those of claims_claim that hold no constraint: for who reads the whole table they only cost time to fill."""
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'claims_claim'::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")


def claims(number, *, claimants=2000, indexed=True):
    """`number` submitted claims of `claimants` people; returns their incident."""
    made = incident()
    people(claimants)
    make.customer(made, "pattern@libero.example")
    pattern = make.submitted(make.person("pattern", "claimant"), made, login="pattern@libero.example")
    columns = [field.column for field in Claim._meta.concrete_fields if not field.primary_key]
    values = [DIFFERENT.get(column, f"pattern.{column}") for column in columns]
    statement = CLAIMS.format(
        columns=", ".join(columns),
        values=", ".join(values),
        number=int(number),
        pattern=int(pattern.pk),
        claimants=int(claimants),
    )
    with unguarded() as cursor:
        if not indexed:
            drop_indexes(cursor)
        cursor.execute(statement)
        cursor.execute(CLOCKS)
        cursor.execute("VACUUM ANALYZE accounts_user")
        cursor.execute("VACUUM ANALYZE claims_claim")
        cursor.execute("CHECKPOINT")
    return made
