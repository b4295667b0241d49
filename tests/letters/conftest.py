"""Letters that tests look at, printed the way the worker prints them."""

import pytest

from claims.actions import letters
from claims.models import Letter
from evidence import blobs
from tests import make


@pytest.fixture
def anna(db):
    """Claimant who reads English."""
    return make.person("anna", "claimant", language="en")


@pytest.fixture
def rita(db):
    """Reviewer who reads English."""
    return make.person("rita", "reviewer", language="en")


@pytest.fixture
def mara(db):
    """Manager who reads English."""
    return make.person("mara", "manager", language="en")


@pytest.fixture
def claim(anna, incident, rita):
    """Anna's claim, approved in full."""
    return make.decided(anna, incident, rita)


@pytest.fixture
def letter(claim):
    """Its letter, printed."""
    letters.print_batch()
    return Letter.objects.select_related("document", "decision").get(decision__claim=claim)


@pytest.fixture
def bytes_of():
    return lambda letter: blobs.path(letter.document.sha256).read_bytes()
