"""The outbox: post() writes a notice with the change it tells of, deliver_batch() sends what is due."""

import logging
import time
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import journal
from claims.actions.bounces import bad_among, channels_of, known_among
from claims.actions.leasing import LEASE, Way, lease
from claims.actions.mail_domains import accepted, refused
from claims.actions.mass_mails import render
from claims.actions.post_office import PostOffice, is_permanent, is_too_much, reply_of
from claims.models import Notice, Service
from claims.models.notice import new_code
from claims.rules import permissions
from claims.rules.channels import domain_of, usable_address
from claims.rules.errors import Refused
from claims.rules.notices import CAN_BE_SPARED

log = logging.getLogger(__name__)

BATCH = 200
# So many are marked as sent by one statement: those a killed worker may send once more. A server that takes longer for
# each than AT_ONCE seconds has each marked before the next one.
TOGETHER, AT_ONCE = 10, 0.02
LOCKS = 0x4E4F5449  # our corner of PostgreSQL's advisory locks
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


def post(kind, *, claim, context=None, about=None):
    """Writes the notice `kind` about `claim` to its claimant, once for each review round, or for each thing `about`.

    Days in `context` are written as ISO text under a name that ends in `_on`.
    """
    person = claim.claimant
    addresses = (person.email, person.second_email)
    known = known_among(addresses)
    bad = {each for each, complained in known if not complained}
    address = usable_address(addresses, Service.objects.broken_domains(claim.incident_id), bad)
    if address is None:  # the service may be declared restored this very moment: look again once that is over
        hold_off(claim.incident_id)
        address = usable_address(addresses, Service.objects.broken_domains(claim.incident_id), bad)
    state = Notice.State.QUEUED if address else Notice.State.HELD
    if (bad and not usable_address(addresses, (), bad)) or is_spared(kind, address, known):
        state = Notice.State.BOUNCED  # it stands in the site's inbox; no mail is written to where none is wanted
    return Notice.objects.create(
        key=f"claim:{claim.pk}:{kind}:{about or claim.round}",
        kind=kind,
        claim=claim,
        recipient=person,
        address=address or (next(filter(None, addresses)) if state == Notice.State.BOUNCED else ""),
        language=person.language,
        context=context or {},
        state=state,
    )


def is_spared(kind, address, known):
    """Whether a person who called our mails unwanted at this address can do without one of this kind."""
    return kind in CAN_BE_SPARED and bool(address) and (address.lower(), True) in known


def tell(colleague, kind, *, key, claim=None, context=None):
    """Writes a notice to one of the staff, once for each `key`; 1 if it was written, 0 if it was there already."""
    _notice, written = Notice.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "claim": claim,
            "recipient": colleague,
            "address": colleague.email,
            "language": colleague.language,
            "context": context or {},
        },
    )
    return int(written)


def post_sign_in(key, *, recipient, address, language, subject, text, html, code=None):
    """Writes a mail of the sign-in process, already rendered (with `code` to verify it). It is forgotten once sent."""
    return Notice.objects.create(
        key=f"sign_in:{key}",
        kind="sign_in",
        recipient=recipient,
        address=address,
        language=language,
        code=code or new_code(),
        context={"subject": subject, "text": text, "html": html},
    )


def hold_off(incident_id, *, alone=False):
    """To the end of the transaction: many may write notices that wait for a service, one may declare it restored.

    Without it a notice written while a service is restored would wait for ever.
    """
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [LOCKS, incident_id % 2**31])


def release_held(incident_id):
    """Queues the notices that waited for a service of this incident, oldest first, and returns them."""
    broken = Service.objects.broken_domains(incident_id)
    released = []
    held = Notice.objects.filter(state=Notice.State.HELD, claim__incident_id=incident_id)
    for notice in held.select_related("recipient").select_for_update(of=("self",)).order_by("id"):
        addresses = (notice.recipient.email, notice.recipient.second_email)
        notice.address = usable_address(addresses, broken, bad_among(addresses)) or ""
        if notice.address:
            notice.state = Notice.State.QUEUED
            notice.next_try_at = timezone.now()
            notice.save(update_fields=["address", "state", "next_try_at"])
            released.append(notice)
    return released


@transaction.atomic
def retry(notice_id, *, by):
    """Puts a notice that failed or came back into the outbox, as if it were new; its code stays.

    One that came back goes to an address of its person that works by now, or once more to the one it had.

    Raises Refused 403 `wrong_role` or `own_notice`, 404 `not_found`, 409 `not_failed`.
    """
    permissions.require(permissions.may_send_again(by))
    notice = Notice.objects.select_for_update(of=("self",)).filter(pk=notice_id).exclude(kind="sign_in").first()
    if notice is None:
        raise Refused("not_found", _("There is no such notice."), status=404)
    permissions.require(permissions.may_send_again(by, notice.recipient_id))
    if notice.state not in (Notice.State.FAILED, Notice.State.BOUNCED):
        raise Refused("not_failed", _("Only a notice that failed can be sent again."), status=409)
    old = notice.state
    if old == Notice.State.BOUNCED:
        addresses = channels_of(notice)
        broken = Service.objects.broken_domains(notice.incident.pk) if notice.incident else ()
        notice.address = usable_address(addresses, broken, bad_among(addresses)) or notice.address
    notice.state, notice.tries, notice.next_try_at, notice.sent_at = Notice.State.QUEUED, 0, timezone.now(), None
    notice.save(update_fields=["state", "tries", "next_try_at", "sent_at", "address"])
    journal.record(f"notice:{notice.pk}", "retry", by=by, old=old, new=notice.state)
    return notice


def deliver_for(seconds):
    """Sends what is due over one connection, batch by batch, for so long at most; returns how many it took up."""
    until, taken, office, way = time.monotonic() + seconds, 0, PostOffice(), Way()
    try:
        while time.monotonic() < until and (batch := deliver_batch(office=office, way=way)):
            taken += batch
    finally:
        office.close()
    return taken


def deliver_batch(*, size=BATCH, office=None, way=None):
    """Sends up to `size` notices over one connection and returns how many it took up.

    1. Lease a batch and commit, so that no other worker takes it and a killed one is found out.
    2. Send each message, with no transaction open.
    3. Mark them soon: a crash between the server's 250 and the mark repeats at most TOGETHER messages.
    """
    deadline, way, line = time.monotonic() + LEASE.total_seconds() / 2, way or Way(), office or PostOffice()
    batch, marks = lease(size, way), Marks()
    try:
        for position, notice in enumerate(batch):
            if time.monotonic() > deadline:  # the lease is for sending, not for waiting in a queue of slow ones
                give_back(batch[position:])
                break
            if notice.state == Notice.State.SENDING:  # not given back meanwhile
                deliver(notice, line, way, batch[position + 1 :])
            if notice.state == Notice.State.SENT:
                marks.add(notice)
    finally:
        marks.write()
        count_sent(batch)
        if office is None:
            line.close()
    return len(batch)


def deliver(notice, office, way, rest):
    """Sends one leased notice and marks it sent, queued again or failed; `rest` are those that were leased with it."""
    domain = domain_of(notice.address)
    try:
        office.send(render(notice))
    except Exception as error:  # whatever went wrong, the notice must not stay in the middle
        office.recover(error)
        until = refused(domain, reply_of(error)[1]) if is_too_much(error) else None
        mark_not_sent(notice, error, until)
        if until:
            give_back([each for each in rest if domain_of(each.address) == domain and each.kind != "sign_in"])
        return
    notice.state, notice.sent_at = Notice.State.SENT, timezone.now()
    if domain in way.struggling:
        accepted(domain)
        way.struggling.discard(domain)


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
