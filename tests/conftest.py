"""The cast: a small set of people everybody knows, one incident and its roster."""

from datetime import timedelta
from functools import cache
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation
from rest_framework.test import APIClient

from accounts.models import ApiToken
from tests import make
from tests.emptying import empty

KEPT = {"auth_group", "auth_permission", "auth_group_permissions", "django_content_type", "django_migrations"}

# Tables with rows that a migration wrote: a test that changes them finds them afresh.
MIGRATED = {"claims_lettertext": "0004_words_of_letters", "claims_reasontext": "0006_words_of_reasons"}
TEXTS = {"migrated": None}  # what is in them, once a test that commits was there


def pytest_make_parametrize_id(config, val, argname):
    """Name what is long by its argument: of a file made anew, each parallel process would make another name."""
    return argname if isinstance(val, bytes | str) and len(val) > 60 else None


@pytest.fixture(autouse=True, scope="session")
def swept_after_commits():
    """Tests that commit leave empty tables: Django's flush would run into the journal's triggers and take the roles."""
    TransactionTestCase._fixture_teardown = lambda case: sweep()


@transaction.atomic
def sweep():
    with connection.cursor() as cursor:
        empty(cursor, everything())
        if texts_now(cursor) != TEXTS["migrated"]:
            empty(cursor, list(MIGRATED))
            write_texts()
            TEXTS["migrated"] = texts_now(cursor)


@cache
def everything():
    """The tables of all models, but for what is kept."""
    return sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT - set(MIGRATED))


def texts_now(cursor):
    """Every row that migrations wrote, as it is now."""
    cursor.execute(" UNION ALL ".join(f"(SELECT each::text FROM {table} each ORDER BY id)" for table in MIGRATED))
    return cursor.fetchall()


def write_texts():
    for name in MIGRATED.values():
        import_module(f"claims.migrations.{name}").write_texts(apps, None)


@pytest.fixture(autouse=True)
def english():
    """Each test begins in English, whatever language the last one's pages left behind."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    """Each test has its own evidence, exports and mail folders."""
    settings.EVIDENCE_ROOT = tmp_path / "evidence"
    settings.EXPORTS_ROOT = tmp_path / "exports"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"


@pytest.fixture
def anna(db):
    """Claimant with a paid mailbox on the roster."""
    return make.person("anna", "claimant")


@pytest.fixture
def bruno(db):
    """Another claimant."""
    return make.person("bruno", "claimant")


@pytest.fixture
def olga(db):
    """Call-centre operator."""
    return make.person("olga", "operator")


@pytest.fixture
def rita(db):
    """Legal reviewer."""
    return make.person("rita", "reviewer")


@pytest.fixture
def remo(db):
    """Another legal reviewer."""
    return make.person("remo", "reviewer")


@pytest.fixture
def sara(db):
    """Supervisor."""
    return make.person("sara", "supervisor")


@pytest.fixture
def mara(db):
    """Manager."""
    return make.person("mara", "manager")


@pytest.fixture
def marco(db):
    """Another manager."""
    return make.person("marco", "manager")


@pytest.fixture
def ada(db):
    """Administrator."""
    return make.person("ada", "administrator")


@pytest.fixture
def incident(db):
    """The outage of January 2023, open for claims; anna's and bruno's accounts are on its roster."""
    made = make.incident()
    make.customer(
        made, "anna@libero.example", service="paid", fee="19.99", paid_from="2022-06-01", paid_to="2023-06-01"
    )
    make.customer(made, "bruno@virgilio.example", service="free")
    return made


@pytest.fixture
def api():
    """api(person) is an API client with that person's token; api(None) is anonymous."""

    def client_of(person):
        client = APIClient()
        if person is not None:
            plain, _row = ApiToken.objects.issue(person, timedelta(hours=1))
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
        return client

    return client_of


@pytest.fixture
def page(client):
    """page(person) is a browser-like client signed in as that person, reading English."""

    def client_of(person):
        client.force_login(person)
        client.cookies["language"] = "en"
        return client

    return client_of
