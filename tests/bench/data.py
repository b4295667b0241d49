"""Full-size data, made by single statements. Triggers and foreign keys are switched off while it is written."""

from contextlib import contextmanager

from django.db import connection

from claims.models import Incident
from tests import make

# Distributed as in a real incident: most accounts are free ones, due dates over two months, one claimant for each.
PEOPLE = """
    INSERT INTO accounts_user (email, password, name, phone, second_email, language, is_superuser, is_staff, is_active, date_joined)
    SELECT 'c' || n || '@example.org', '!', 'Claimant ' || n, '', '', 'it', false, false, true, now()
    FROM generate_series(1, %s) n
"""
CLAIMS = """
    INSERT INTO claims_claim
        (reference, incident_id, terms_id, remedy, status, claimant_id, filed_by_id, channel, identity_check,
         login, login_explanation, narrative, late_reason, iban_index, iban_hint, flags, claimed, round, version,
         due, created_at, submitted_at, updated_at)
    SELECT lpad(n::text, 11, '0'), %s, %s, 'damages', %s, p.id, p.id, 'web', '',
           'c' || n || '@libero.example', '', 'I could not read the offer of a client and lost the job, number ' || n,
           '', '', '', CASE WHEN n %% 20 = 0 THEN ARRAY['late']::varchar[] ELSE ARRAY[]::varchar[] END,
           (n %% 90000 + 100) / 100.0, 1, 2,
           DATE '2023-03-01' + (n * 7919 %% 60)::int, t, t, t
    FROM generate_series(1, %s) n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS k, count(*) OVER () AS many FROM accounts_user
          WHERE email LIKE 'c%%@example.org') p ON p.k = n %% p.many + 1
    CROSS JOIN LATERAL (SELECT timestamptz '2023-02-01' + n * interval '7 seconds') AS times(t)
"""


@contextmanager
def without_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = origin")


def incident():
    return Incident.objects.filter(code="libero-2023").first() or make.incident()


def claims(number, *, people=2000, status="submitted"):
    """`number` claims of `people` claimants; returns their incident."""
    made = incident()
    with without_triggers() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0") if connection.in_atomic_block else cursor.execute(
            "SET statement_timeout = 0"
        )
        cursor.execute(PEOPLE, [people])
        cursor.execute(CLAIMS, [made.pk, made.terms.pk, status, number])
        cursor.execute("RESET statement_timeout")
        for table in ("accounts_user", "claims_claim"):
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
    return made
