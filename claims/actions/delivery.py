"""Sending one batch of notices: each is given to the mail server, and marked by what it says."""

import logging
import time
from datetime import timedelta

from django.db import connection
from django.db.models import F
from django.utils import timezone

from claims.actions.mail_domains import accepted, refused
from claims.actions.mass_mails import render
from claims.actions.post_office import is_permanent, is_too_much, reply_of
from claims.models import Notice
from claims.rules.channels import domain_of

log = logging.getLogger(__name__)

# So many are marked as sent by one statement: those a killed worker may send once more. A server that takes longer for
# each than AT_ONCE seconds has each marked before the next one.
TOGETHER, AT_ONCE = 10, 0.02
# Seconds until the next try; after the last one a notice has failed and waits for a person.
BACK_OFF = (10, 30, 60, 300, 900, 1800, 3600, 3600, 7200, 14400, 28800, 86400)
# Nobody waits until the disk has this: if PostgreSQL itself breaks down, what was marked in its last moments (0.6 s)
# is sent once more, under the same Message-ID.
MARK_SENT = """
    UPDATE claims_notice SET state = 'sent', sent_at = marks.at, leased_until = NULL, last_error = '',
        context = CASE WHEN kind = 'sign_in' THEN '{}' ELSE context END
    FROM unnest(%s::timestamptz[], %s::bigint[]) AS marks (at, notice)
    WHERE id = marks.notice AND set_config('synchronous_commit', 'off', true) = 'off'
"""
COUNT_SENT = """
    INSERT INTO claims_mailminute AS counted (minute, sent) VALUES (date_trunc('minute', now()), %s)
    ON CONFLICT (minute) DO UPDATE SET sent = counted.sent + EXCLUDED.sent
"""


class Delivery:
    """Sends leased notices one by one and marks each sent, queued again or failed.

    While the server takes one in, the next one is written.
    """

    def __init__(self, office, way, marks):
        self.office, self.way, self.marks = office, way, marks
        self.under_way = None  # (notice, those leased with it that come after it)

    def go_on(self, notice, rest):
        """Writes a notice, hears of the one before, and gives it to the server."""
        try:
            message = render(notice)
        except Exception as error:  # whatever went wrong, the notice must not stay in the middle
            self.finish()
            mark_not_sent(notice, error)
            return
        self.finish()
        if notice.state != Notice.State.SENDING:  # the server had enough of its domain
            return
        self.under_way = notice, rest
        try:
            self.office.begin(message)
        except Exception as error:
            self.fail(error)

    def finish(self):
        """Waits for the server's word on the notice that is under way."""
        if self.under_way is None:
            return
        try:
            self.office.finish()
        except Exception as error:
            self.fail(error)
            return
        (notice, _rest), self.under_way = self.under_way, None
        notice.state, notice.sent_at = Notice.State.SENT, timezone.now()
        self.marks.add(notice)
        if (domain := domain_of(notice.address)) in self.way.struggling:
            accepted(domain)
            self.way.struggling.discard(domain)

    def fail(self, error):
        (notice, rest), self.under_way = self.under_way, None
        self.office.recover(error)
        domain = domain_of(notice.address)
        until = refused(domain, reply_of(error)[1]) if is_too_much(error) else None
        mark_not_sent(notice, error, until)
        if until:
            give_back([each for each in rest if domain_of(each.address) == domain and each.kind != "sign_in"])


class Marks:
    """What was sent and is not marked yet: at most TOGETHER, and none while a slow server is waited for."""

    def __init__(self):
        self.sent, self.since = [], time.monotonic()

    def add(self, notice):
        self.sent.append(notice)
        if len(self.sent) >= TOGETHER or time.monotonic() - self.since > AT_ONCE:
            self.write()

    def write(self):
        if self.sent:
            with connection.cursor() as cursor:
                cursor.execute(MARK_SENT, [[each.sent_at for each in self.sent], [each.pk for each in self.sent]])
        self.sent, self.since = [], time.monotonic()


def mark_not_sent(notice, error, until=None):
    """Back to the queue with growing pauses, failed at once for a permanent refusal.

    With `until` its domain takes nothing before: that was no try of this notice.
    """
    permanent = is_permanent(error) or notice.tries > len(BACK_OFF)
    pause = timedelta(seconds=BACK_OFF[min(notice.tries, len(BACK_OFF)) - 1])
    log.warning("notice %s was not sent (%s), try %d", notice.pk, type(error).__name__, notice.tries)
    ours(notice).update(
        state=Notice.State.FAILED if permanent and not until else Notice.State.QUEUED,
        next_try_at=until or timezone.now() + pause,
        tries=F("tries") - (1 if until else 0),
        leased_until=None,
        last_error=type(error).__name__ + (f" {error.smtp_code}" if hasattr(error, "smtp_code") else ""),
    )


def give_back(batch):
    """Puts leased notices back as they were: they were not tried."""
    for notice in batch:
        ours(notice).update(state=Notice.State.QUEUED, leased_until=None, tries=F("tries") - 1)
        notice.state = Notice.State.QUEUED


def ours(notice):
    """The notice's row, unless its lease ran out and another worker took it up, or even sent it."""
    return Notice.objects.filter(pk=notice.pk, state=Notice.State.SENDING, leased_until=notice.leased_until)


def count_sent(batch):
    """Adds to the minute what was sent in it, for who watches."""
    sent = sum(notice.state == Notice.State.SENT for notice in batch)
    if sent:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_SENT, [sent])
