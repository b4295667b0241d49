"""One world for a module, where making it anew costs more than the tests: it ends with the module, untouched.

Its rows live in a transaction that is never committed; what a test does to them is undone with the test.
"""

from contextlib import contextmanager

from django.db import connection, transaction
from django.test.utils import override_settings

FOLDERS = {"EVIDENCE_ROOT": "evidence", "EXPORTS_ROOT": "exports", "EMAIL_FILE_PATH": "mail"}


def in_folder(folder):
    """The settings that put files below `folder`."""
    return {name: folder / part for name, part in FOLDERS.items()}


@contextmanager
def lasting(blocker, folder):
    """`with lasting(django_db_blocker, folder):` in a fixture of a module; end_of_making() when all of it is there."""
    outer = transaction.atomic()
    outer._from_testcase = True  # durable blocks of the product may stand in it, as in every test
    with blocker.unblock(), override_settings(**in_folder(folder)), outer:
        yield
        transaction.set_rollback(True)


def end_of_making():
    """As if all until now had been committed: what constraints put off is checked."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
