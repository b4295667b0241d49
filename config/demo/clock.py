"""The time that the demo's actions see."""

from contextlib import ExitStack, contextmanager
from unittest import mock

from claims.models import Batch, Payout, Statement

# What the database freezes cannot be dated afterwards (past.py), so these take their moment when they are made.
FROZEN = ((Payout, "created_at"), (Batch, "opened_at"), (Statement, "at"))


@contextmanager
def at(moment):
    """Inside, `timezone.now()` is `moment`; real time goes on for everybody else."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch("django.utils.timezone.now", return_value=moment))
        for model, name in FROZEN:
            stack.enter_context(mock.patch.object(model._meta.get_field(name), "_get_default", return_value=moment))
        yield moment
