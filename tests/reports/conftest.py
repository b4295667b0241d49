"""Taking a constraint away, so that a test can plant what it forbids."""

import pytest
from django.db import connection, transaction


@pytest.fixture
def whole_tables(request):
    """Constraints that a test drops are back for the next one."""
    dropped = []

    def drop(table, constraint):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint])
            row = cursor.fetchone()
            definition = f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {row[0]}" if row else None
            if definition is None:
                cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [constraint])
                definition = cursor.fetchone()[0]
                cursor.execute(f"DROP INDEX {constraint}")
            else:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        dropped.append(definition)

    yield drop
    tables = "claims_claim, claims_decision, claims_notice, claims_export, claims_countersignature, claims_clockevent"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        for definition in dropped:
            cursor.execute(definition)
