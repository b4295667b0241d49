"""How often somebody may try: one counter per scope and identity, kept in PostgreSQL and counted atomically."""

from datetime import timedelta
from math import ceil

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Throttle

# One statement: two requests at the same moment can never both be the last one allowed.
COUNT = """
INSERT INTO accounts_throttle AS throttle (scope, identity, tries, ends_at)
VALUES (%(scope)s, %(identity)s, 1, %(ends_at)s)
ON CONFLICT (scope, identity) DO UPDATE SET
    tries = CASE WHEN throttle.ends_at <= %(now)s THEN 1 ELSE LEAST(throttle.tries, %(limit)s) + 1 END,
    ends_at = CASE WHEN throttle.ends_at <= %(now)s THEN EXCLUDED.ends_at ELSE throttle.ends_at END
RETURNING tries, ends_at
"""


def wait(scope, identity, *, limit, seconds):
    """0 if `identity` may do this now (it is counted), else the seconds to wait: at most `limit` times in `seconds`.

    Call it outside of a transaction: a rollback would forget the try, and others would wait for the lock.
    """
    now = timezone.now()
    values = {
        "scope": scope,
        "identity": fingerprint(scope, identity),
        "limit": limit,
        "now": now,
        "ends_at": now + timedelta(seconds=seconds),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        tries, ends_at = cursor.fetchone()
    return 0 if tries <= limit else max(1, ceil((ends_at - now).total_seconds()))


def fingerprint(scope, identity):
    """What is stored in place of an address: nobody reads from the table who tried."""
    return salted_hmac(f"throttle:{scope}", identity, algorithm="sha256").hexdigest()


def forget_old():
    """Removes the counters whose time is over; returns how many."""
    return Throttle.objects.filter(ends_at__lte=timezone.now()).delete()[0]
