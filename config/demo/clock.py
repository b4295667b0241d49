"""The time that the demo's actions see."""

from contextlib import contextmanager
from unittest import mock


@contextmanager
def at(moment):
    """Inside, `timezone.now()` is `moment`; real time goes on for everybody else."""
    with mock.patch("django.utils.timezone.now", return_value=moment):
        yield moment
