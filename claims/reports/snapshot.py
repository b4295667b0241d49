"""Reading much at one moment, beside whatever else this process does with the database."""

from contextlib import contextmanager

from django.db import connection


@contextmanager
def snapshot():
    """A psycopg connection of its own in a read-only transaction: every query in it sees the same moment.

    It may read for longer than a request may.
    """
    own = connection.copy()
    try:
        own.ensure_connection()
        own.connection.execute("SET statement_timeout = 0")
        own.connection.execute("SET idle_in_transaction_session_timeout = 0")
        own.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield own.connection
    finally:
        own.close()
