"""The outbox in figures: what waits, how fast it leaves, what came back, which servers are left alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from claims.models import BadAddress, Bounce, MailDomain, MailMinute, MailPause

KEEP = 5  # seconds for which millions are not counted again
MINUTES = 5  # over which the rate is taken
SHOWN = 20
FOUND = "claims.outbox.figures"
COUNTS = """
    SELECT state, count(*), min(created_at) FROM claims_notice
    WHERE state IN ('held', 'queued', 'sending', 'failed', 'bounced') GROUP BY state
"""


@dataclass(frozen=True)
class Figures:
    """Numbers of notices by state; `oldest` is when the oldest one queued was written, `rate` mails in a minute."""

    held: int = 0
    queued: int = 0
    sending: int = 0
    failed: int = 0
    bounced: int = 0
    oldest: datetime | None = None
    rate: int = 0

    @property
    def done_at(self):
        """When what is queued will have left at this rate; None if nobody can tell."""
        return timezone.now() + timedelta(minutes=self.queued / self.rate) if self.queued and self.rate else None


def figures():
    """Counted anew every KEEP seconds at most, however many look."""
    return cache.get_or_set(FOUND, counted, KEEP)


def counted():
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        states = {state: (number, since) for state, number, since in cursor.fetchall()}
    this_minute = now.replace(second=0, microsecond=0)
    minutes = MailMinute.objects.filter(minute__lt=this_minute, minute__gte=this_minute - timedelta(minutes=MINUTES))
    sent = list(minutes.values_list("sent", flat=True))
    numbers = {state: number for state, (number, _since) in states.items()}
    rate = round(sum(sent) / len(sent)) if sent else 0
    return Figures(**numbers, oldest=states.get("queued", (0, None))[1], rate=rate)


def pauses():
    return list(MailPause.objects.filter(ended_at=None).select_related("run__incident", "by"))


def left_alone():
    """The domains whose servers wanted less and have not taken anything since."""
    return list(MailDomain.objects.filter(blocked_until__isnull=False).order_by("-blocked_until")[:SHOWN])


def came_back():
    return list(Bounce.objects.select_related("notice")[:SHOWN])


def bad_addresses():
    return BadAddress.objects.count()


def undeliverable(run):
    """How many notices of a mass run came back or could not be sent, and wait for a person."""
    with connection.cursor() as cursor:
        cursor.execute(UNDELIVERABLE, [run.pk])
        return cursor.fetchone()[0]


UNDELIVERABLE = """
    SELECT count(*) FROM claims_notice n JOIN claims_payout p ON p.id = n.payout_id
    WHERE n.state IN ('failed', 'bounced') AND p.run_id = %s
"""
