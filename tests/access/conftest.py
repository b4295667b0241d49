"""One world for a module: its rows live in a transaction that ends with the module, each request is undone."""

import logging

import pytest
from django.db import transaction
from django.test.utils import override_settings

from tests.access.world import World


@pytest.fixture(autouse=True)
def own_storage():
    """The world has its own folders for the whole module."""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    root = tmp_path_factory.mktemp("access")
    folders = {"EVIDENCE_ROOT": root / "evidence", "EXPORTS_ROOT": root / "exports", "EMAIL_FILE_PATH": root / "mail"}
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # a traceback for each of thousands of refusals
    outer = transaction.atomic()
    outer._from_testcase = True  # durable blocks of the product may stand in it, as in every test
    with django_db_blocker.unblock(), override_settings(**folders), outer:
        yield World()
        transaction.set_rollback(True)
    logging.getLogger("django.request").setLevel(logging.NOTSET)
