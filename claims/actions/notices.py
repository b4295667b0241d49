"""The outbox: post() writes a notice with the change it tells of, deliver_batch() sends what is due."""

import logging
import time

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import journal
from claims.actions.bounces import bad_among, channels_of, known_among
from claims.actions.delivery import Delivery, Marks, count_sent, give_back
from claims.actions.leasing import LEASE, Way, lease
from claims.actions.post_office import PostOffice
from claims.models import Notice, Service
from claims.models.notice import new_code
from claims.rules import permissions
from claims.rules.channels import usable_address
from claims.rules.errors import Refused
from claims.rules.notices import CAN_BE_SPARED

log = logging.getLogger(__name__)

BATCH = 200
LOCKS = 0x4E4F5449  # our corner of PostgreSQL's advisory locks


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
    delivery = Delivery(line, way, marks)
    try:
        for position, notice in enumerate(batch):
            if time.monotonic() > deadline:  # the lease is for sending, not for waiting in a queue of slow ones
                delivery.finish()
                give_back(batch[position:])
                break
            if notice.state == Notice.State.SENDING:  # not given back meanwhile
                delivery.go_on(notice, batch[position + 1 :])
        delivery.finish()
    finally:
        marks.write()
        count_sent(batch)
        if office is None:
            line.close()
    return len(batch)
