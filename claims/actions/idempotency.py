"""A repeated request has no second effect: its key, its effect and its answer are written in one transaction.

A door calls begin() first in its transaction, does what was asked, and calls finish() last. Two requests
with one key meet at the unique index: the later one waits until the earlier one commits, and is given its
answer, or rolls back, and goes on. What was refused had no effect, so its key is forgotten with it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.errors import LockNotAvailable

from accounts import throttling
from accounts.models import ApiToken
from claims.models import IdempotencyKey
from claims.rules.errors import Refused

KEPT = timedelta(days=30)
PATIENCE = "5s"
# The time-out holds for the rest of the transaction too: nobody waits longer for a row of a claim.
BEGIN = """
WITH patience AS (SELECT set_config('lock_timeout', %s, true))
INSERT INTO claims_idempotencykey (person_id, route, key, body_sha256, answer, created_at)
SELECT %s, %s, %s, %s, '', %s FROM patience
ON CONFLICT (person_id, route, key) DO NOTHING RETURNING id
"""
FINISH = "UPDATE claims_idempotencykey SET status = %s, answer = %s WHERE id = %s"


@dataclass(frozen=True)
class Earlier:
    """The answer that this request already got."""

    status: int
    answer: str


def begin(person, route, key, body_sha256):
    """The id to give to finish(), or the Earlier answer to the same request.

    Raises Refused 409: `idempotency_key_reused` for another request under the same key, `in_progress`
    when the first one is still running after five seconds.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("begin() belongs inside the transaction of the effect")
    started = insert(person, route, key, body_sha256)
    if started is not None:
        return started
    row = IdempotencyKey.objects.get(person=person, route=route, key=key)
    if row.body_sha256 != body_sha256:
        raise Refused(
            "idempotency_key_reused",
            _("This Idempotency-Key was already used for another request. Use a new key for each request."),
            status=409,
        )
    return Earlier(row.status, row.answer)


def insert(person, route, key, body_sha256):
    """The id of the new row, or None if there is one already."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(BEGIN, [PATIENCE, person.pk, route, key, body_sha256, timezone.now()])
            row = cursor.fetchone()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Refused(
                "in_progress", _("The first request with this key is still running. Ask again in a moment."), status=409
            ) from error
        raise
    return row and row[0]


def finish(started, status, answer):
    """Keeps the answer beside the key."""
    with connection.cursor() as cursor:
        cursor.execute(FINISH, [status, answer, started])


@transaction.atomic
def forget_old():
    """Removes keys after 30 days, and with them tokens and throttles whose time is over; returns how many rows."""
    keys, _by_model = IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEPT).delete()
    return keys + ApiToken.objects.forget_old() + throttling.forget_old()
