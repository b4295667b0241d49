"""One world for a module: its rows live in a transaction that ends with the module, each request is undone."""

import logging

import pytest

from tests import worlds
from tests.access.world import World


@pytest.fixture(autouse=True)
def own_storage():
    """The world has its own folders for the whole module."""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # a traceback for each of thousands of refusals
    with worlds.lasting(django_db_blocker, tmp_path_factory.mktemp("access")):
        yield World()
    logging.getLogger("django.request").setLevel(logging.NOTSET)
