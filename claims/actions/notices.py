"""The outbox: post() writes a notice with the change it tells of, deliver_batch() sends what is due."""

import logging
import smtplib
import time
from datetime import date, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from claims.actions import explained, journal
from claims.models import Notice, Service
from claims.models.notice import new_code
from claims.rules import permissions
from claims.rules.channels import usable_address
from claims.rules.errors import Refused
from claims.rules.payouts import REASONS

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
LOCKS = 0x4E4F5449  # our corner of PostgreSQL's advisory locks
# Seconds until the next try; after the last one a notice has failed and waits for a person.
BACK_OFF = (10, 30, 60, 300, 900, 1800, 3600, 3600, 7200, 14400, 28800, 86400)


def post(kind, *, claim, context=None, about=None):
    """Writes the notice `kind` about `claim` to its claimant, once for each review round, or for each thing `about`.

    Days in `context` are written as ISO text under a name that ends in `_on`.
    """
    person = claim.claimant
    addresses = (person.email, person.second_email)
    address = usable_address(addresses, Service.objects.broken_domains(claim.incident_id))
    if address is None:  # the service may be declared restored this very moment: look again once that is over
        hold_off(claim.incident_id)
        address = usable_address(addresses, Service.objects.broken_domains(claim.incident_id))
    return Notice.objects.create(
        key=f"claim:{claim.pk}:{kind}:{about or claim.round}",
        kind=kind,
        claim=claim,
        recipient=person,
        address=address or "",
        language=person.language,
        context=context or {},
        state=Notice.State.QUEUED if address else Notice.State.HELD,
    )


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
        notice.address = usable_address((notice.recipient.email, notice.recipient.second_email), broken) or ""
        if notice.address:
            notice.state = Notice.State.QUEUED
            notice.next_try_at = timezone.now()
            notice.save(update_fields=["address", "state", "next_try_at"])
            released.append(notice)
    return released


@transaction.atomic
def retry(notice_id, *, by):
    """Puts a notice that failed back into the outbox, as if it were new; its address and code stay.

    Raises Refused 403 `wrong_role` or `own_notice`, 404 `not_found`, 409 `not_failed`.
    """
    permissions.require(permissions.may_send_again(by))
    notice = Notice.objects.select_for_update(of=("self",)).filter(pk=notice_id).exclude(kind="sign_in").first()
    if notice is None:
        raise Refused("not_found", _("There is no such notice."), status=404)
    permissions.require(permissions.may_send_again(by, notice.recipient_id))
    if notice.state != Notice.State.FAILED:
        raise Refused("not_failed", _("Only a notice that failed can be sent again."), status=409)
    notice.state, notice.tries, notice.next_try_at = Notice.State.QUEUED, 0, timezone.now()
    notice.save(update_fields=["state", "tries", "next_try_at"])
    journal.record(f"notice:{notice.pk}", "retry", by=by, old=Notice.State.FAILED, new=notice.state)
    return notice


def deliver_batch(*, size=100):
    """Sends up to `size` notices over one connection and returns how many it took up.

    1. Lease a batch and commit, so that no other worker takes it and a killed one is found out.
    2. Send each message, with no transaction open.
    3. Mark each at once: a crash between the server's 250 and the mark repeats that message only.
    """
    deadline = time.monotonic() + LEASE.total_seconds() / 2
    batch = lease(size)
    if not batch:
        return 0
    connection = get_connection()
    try:
        for position, notice in enumerate(batch):
            if time.monotonic() > deadline:  # the lease is for sending, not for waiting in a queue of slow ones
                give_back(batch[position:])
                break
            deliver(notice, connection)
    finally:
        close_quietly(connection)
    return len(batch)


@transaction.atomic(durable=True)
def lease(size):
    now = timezone.now()
    due = Notice.objects.deliverable(now).select_for_update(skip_locked=True).order_by("next_try_at", "id")[:size]
    ids = [notice.pk for notice in due]
    Notice.objects.filter(pk__in=ids).update(state=Notice.State.SENDING, leased_until=now + LEASE, tries=F("tries") + 1)
    return list(
        Notice.objects.filter(pk__in=ids)
        .select_related("recipient", "claim__incident", "claim__terms", "payout__incident", "payout__customer")
        .order_by("next_try_at", "id")
    )


def give_back(batch):
    """Puts leased notices back as they were: they were not tried."""
    for notice in batch:
        ours(notice).update(state=Notice.State.QUEUED, leased_until=None, tries=F("tries") - 1)


def ours(notice):
    """The notice's row, unless its lease ran out and another worker took it up, or even sent it."""
    return Notice.objects.filter(pk=notice.pk, state=Notice.State.SENDING, leased_until=notice.leased_until)


def deliver(notice, connection):
    """Sends one leased notice and marks it sent, queued again or failed."""
    try:
        message = render(notice)
        message.connection = connection
        connection.open()
        message.send()
    except Exception as error:  # whatever went wrong, the notice must not stay in the middle
        close_quietly(connection)
        mark_not_sent(notice, error)
        return
    Notice.objects.filter(pk=notice.pk).update(
        state=Notice.State.SENT,
        sent_at=timezone.now(),
        leased_until=None,
        last_error="",
        **({"context": {}} if notice.kind == "sign_in" else {}),
    )


def mark_not_sent(notice, error):
    """Back to the queue with growing pauses; failed at once for a permanent refusal."""
    permanent = is_permanent(error) or notice.tries > len(BACK_OFF)
    pause = timedelta(seconds=BACK_OFF[min(notice.tries, len(BACK_OFF)) - 1])
    log.warning("notice %s was not sent (%s), try %d", notice.pk, type(error).__name__, notice.tries)
    ours(notice).update(
        state=Notice.State.FAILED if permanent else Notice.State.QUEUED,
        next_try_at=timezone.now() + pause,
        leased_until=None,
        last_error=type(error).__name__ + (f" {error.smtp_code}" if hasattr(error, "smtp_code") else ""),
    )


def is_permanent(error):
    """Whether the server said 5xx to this message or its only recipient."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= 500


def close_quietly(connection):
    try:
        connection.close()
    except OSError as error:  # the server has gone: there is nothing left to close
        log.info("closing the mail connection: %s", type(error).__name__)


def render(notice):
    """The message of a notice in the recipient's language: subject, text and HTML."""
    with translation.override(notice.language):
        subject, text, html = contents(notice)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=text,
        to=[notice.address],
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
    )
    if html:
        message.attach_alternative(html, "text/html")
    return message


def contents(notice):
    """(subject, text, html) of a notice, in the language that is active."""
    if notice.kind == "sign_in":
        return notice.context.get("subject", ""), notice.context.get("text", ""), notice.context.get("html", "")
    decision = effective_decision(notice.claim)
    context = {
        **with_days(notice.context),
        "notice": notice,
        "claim": notice.claim,
        "payout": notice.payout,
        "person": notice.recipient,
        "decision": decision,
        "awards": explained.awards(decision),
        "caps": explained.caps(decision),
        "benefits": explained.benefits(decision),
        "deductions": explained.deductions(decision),
        "appeal_until": explained.appeal_until(decision) if notice.kind == "claim_decided" else None,
        "why_returned": REASONS.get(notice.context.get("reason"), ""),
        "site_url": settings.SITE_URL,
    }
    return tuple(render_to_string(f"notices/{notice.kind}.{part}", context) for part in ("subject", "txt", "html"))


def with_days(context):
    """A notice's context with its days as dates again, which every language writes in its own way."""
    return {name: date.fromisoformat(each) if name.endswith("_on") else each for name, each in context.items()}


def effective_decision(claim):
    """The decision in force, for the notice that tells of it."""
    if claim is None:
        return None
    return claim.decisions.filter(state="effective").select_related("letter").order_by("-round").first()
