"""Notices that came back after their server had taken them: to the second channel once, or to a person who looks."""

import hashlib

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from claims.models import BadAddress, Bounce, MassRun, Notice, Service
from claims.rules import bounces as rules
from claims.rules.channels import usable_address

UNREAD, UNKNOWN, AGAIN = "unread", "unknown", "again"  # beside the kinds of Bounce


@transaction.atomic(durable=True)
def take(raw):
    """Reads a mail that came back and acts on it; returns what it was: a kind of Bounce, or why nothing was done."""
    told = rules.read(raw)
    if told is None:
        return UNREAD
    notices = Notice.objects.select_related("recipient", "claim", "payout__customer").select_for_update(of=("self",))
    notice = notices.filter(pk=told.notice, code=told.code).first()
    if notice is None:
        return UNKNOWN
    earlier = set(notice.bounces.exclude(kind=Bounce.Kind.DELAYED).values_list("address", flat=True))
    current = notice.address.lower()
    is_old = told.address in earlier and told.address != current
    address = told.address if is_old else current
    values = {"notice": notice, "kind": told.kind, "address": address, "status": told.status, "answer": told.answer}
    bounce, is_new = Bounce.objects.get_or_create(report=hashlib.sha256(raw).hexdigest(), defaults=values)
    if not is_new:
        return AGAIN
    if told.kind in (Bounce.Kind.HARD, Bounce.Kind.COMPLAINT) and address:
        avoid(address, bounce)
    if told.kind in (Bounce.Kind.HARD, Bounce.Kind.SOFT) and notice.state == Notice.State.SENT and not is_old:
        reroute(notice, earlier | {current})
    return told.kind


def avoid(address, bounce):
    """Nothing more goes to an address that does not exist; to one that complained only what matters."""
    is_complaint = bounce.kind == Bounce.Kind.COMPLAINT
    row, is_new = BadAddress.objects.get_or_create(
        address=address, defaults={"complaint": is_complaint, "bounce": bounce}
    )
    if not is_new and row.complaint and not is_complaint:
        row.complaint, row.bounce = False, bounce
        row.save(update_fields=["complaint", "bounce"])


def reroute(notice, tried):
    """The same notice to an address it was not sent to yet; without one it waits for a service, or for a person."""
    if notice.kind == "sign_in":  # its code is old by now, and it was for that address alone
        notice.state = Notice.State.BOUNCED
        notice.save(update_fields=["state"])
        return
    left = [address for address in channels_of(notice) if address.lower() not in tried]
    bad = bad_among(left)
    broken = Service.objects.broken_domains(notice.incident.pk) if notice.incident else set()
    address = usable_address(left, broken, bad)
    if address:
        notice.state, notice.address = Notice.State.QUEUED, address
    elif usable_address(left, (), bad):
        notice.state, notice.address = Notice.State.HELD, ""
        if notice.payout_id and notice.payout.run_id:
            MassRun.objects.filter(pk=notice.payout.run_id).update(held=F("held") + 1)
    else:
        notice.state = Notice.State.BOUNCED
    if notice.state != Notice.State.BOUNCED:
        notice.tries, notice.sent_at, notice.next_try_at = 0, None, timezone.now()
    notice.save(update_fields=["state", "address", "tries", "sent_at", "next_try_at"])


def channels_of(notice):
    """Every address that its person has, the first choice first."""
    if notice.payout_id:
        customer = notice.payout.customer
        second = customer.second_contact if "@" in customer.second_contact else ""
        return [address for address in (customer.contact, second, customer.login) if address]
    person = notice.recipient
    return [address for address in (person.email, person.second_email) if address] if person else []


def bad_among(addresses):
    """Those that do not exist, in small letters."""
    return {address for address, complained in known_among(addresses) if not complained}


def known_among(addresses):
    """[(address in small letters, whether it only complained)] of those that something is known of."""
    small = [address.lower() for address in addresses if address]
    return list(BadAddress.objects.filter(address__in=small).values_list("address", "complaint"))
