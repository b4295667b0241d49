"""One run serves all tests that look at one: starting it costs as much as a hundred other tests."""

import os
import pwd

import pytest

from tests.platform.dev import Dev


@pytest.fixture(scope="package")
def ristoro(tmp_path_factory):
    """A run that started from nothing, in a path with blanks, as an ordinary user."""
    user = os.geteuid() or pwd.getpwnam("nobody").pw_uid
    home = tmp_path_factory.mktemp("dev") / "a home"
    home.mkdir()
    os.chown(home, user, -1)
    run = Dev(home, HOME=str(home), user=user)
    try:
        yield run.start()
    finally:
        run.stop()
