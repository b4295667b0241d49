"""One world for all of these tests: its rows live in a transaction that ends with them, each request is undone."""

import logging

import pytest

from tests import worlds
from tests.access.world import World


@pytest.fixture(autouse=True)
def own_storage():
    """The world has its own folders as long as it lasts."""


@pytest.fixture(scope="package")
def whole_world(django_db_setup, django_db_blocker, tmp_path_factory):
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # a traceback for each of thousands of refusals
    with worlds.lasting(django_db_blocker, tmp_path_factory.mktemp("access")):
        yield World()
    logging.getLogger("django.request").setLevel(logging.NOTSET)


@pytest.fixture(scope="module")
def world(whole_world):
    """What the tests of another module left in memory is forgotten; in the database they left nothing."""
    whole_world.written = None
    whole_world.browsers.clear()
    return whole_world
