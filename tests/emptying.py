"""Tables are emptied between tests that commit: what holds rows, and no more.

TRUNCATE makes each table and index new on disk, filled or not, and there are hundreds: that is a hundred times as dear
as deleting the few rows that a test leaves.
"""

from functools import cache

from django.db import connection

HANGS_ON = """
    WITH RECURSIVE concerned (id) AS (
        SELECT unnest(%s::regclass[])::oid
        UNION SELECT conrelid FROM pg_constraint JOIN concerned ON confrelid = id WHERE contype = 'f'
    )
    SELECT id::regclass::text FROM concerned ORDER BY 1
"""
BEGIN_ANEW = """
    SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL AND sequencename = ANY(%s)
"""


def empty(cursor, tables):
    """Deletes the rows of `tables`, whatever guards them; their numbers begin anew. Call it in a transaction."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    for table in filled(cursor, tables):
        cursor.execute(f"DELETE FROM {table}")
    cursor.execute(BEGIN_ANEW, [[f"{table}_id_seq" for table in tables]])


def filled(cursor, tables):
    cursor.execute(" UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables))
    return [table for (table,) in cursor.fetchall()]


@cache
def with_what_hangs_on(*tables):
    """`tables` and all that point to them, to what points to those and so on, as TRUNCATE … CASCADE takes them."""
    with connection.cursor() as cursor:
        cursor.execute(HANGS_ON, [list(tables)])
        return [table for (table,) in cursor.fetchall()]
