"""Pools of voucher codes: imported or generated, sealed, and shown to nobody but the person who gets one."""

import io
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import keys
from claims.actions import clock, fulfilling, journal, lifecycle
from claims.models import Voucher
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.fulfilment import LEAST_TO_USE
from claims.rules.vouchers import hint_of, new_code, read_codes, sameness, wrong

SEALED = "voucher.code"
AT_ONCE = 2_000
MOST_GENERATED, MOST_BYTES, MOST_VALUE = 100_000, 20 * 1024 * 1024, 10_000


@transaction.atomic
def add_codes(code, content, *, by, value, expires_on):
    """Puts the codes of a text or CSV file (binary) into the pool of `value` euro: all of them or none; how many.

    Raises Refused: 403, 404, 422 `invalid_value`, `expires_too_soon`, or what is wrong with which lines.
    """
    incident = checked(code, by, value, expires_on)
    raw = content.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise Refused("too_large", _("This file is too large."), field="file", status=413)
    try:
        codes = read_codes(io.StringIO(raw.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise Refused("not_text", _("This is no text file in UTF-8."), field="file") from error
    check_new(codes)
    keep(incident, codes, by=by, value=value, expires_on=expires_on, generated=False)
    return len(codes)


@transaction.atomic
def generate(code, *, by, value, expires_on, count):
    """Puts `count` fresh codes into the pool of `value` euro. Raises Refused: 403, 404, 422 for what is not right."""
    incident = checked(code, by, value, expires_on)
    if not 0 < count <= MOST_GENERATED:
        raise Refused("invalid_count", _("Give a number from 1 to %(most)d.") % {"most": MOST_GENERATED}, field="count")
    codes = [new_code() for _number in range(count)]
    keep(incident, codes, by=by, value=value, expires_on=expires_on, generated=True)
    return count


def checked(code, by, value, expires_on):
    permissions.require(permissions.may_fulfil(by))
    incident = fulfilling.found_incident(code)
    if not 0 < value <= MOST_VALUE:
        raise Refused("invalid_value", _("Give whole euro, one or more."), field="value")
    if expires_on < clock.today() + LEAST_TO_USE:
        raise Refused(
            "expires_too_soon",
            _("A voucher must be valid for at least %(days)d days.") % {"days": LEAST_TO_USE.days},
            field="expires_on",
        )
    return incident


def check_new(codes):
    """Raises Refused `known` with the lines of codes that are in a pool already."""
    places = {index_of(code): number for number, code in enumerate(codes, 1)}
    indexes, known = list(places), set()
    for start in range(0, len(indexes), AT_ONCE):
        some = indexes[start : start + AT_ONCE]
        known.update(Voucher.objects.filter(index__in=some).values_list("index", flat=True))
    if known:
        why = _("this code is in a pool already")
        raise wrong([(places[index], "known", why) for index in sorted(known, key=places.get)[:20]])


def index_of(code):
    return keys.blind_index(sameness(code), where=SEALED)


def keep(incident, codes, *, by, value, expires_on, generated):
    now = timezone.now()
    rows = (
        Voucher(
            incident=incident,
            value=value,
            code=keys.seal_for_all(code, where=SEALED),
            index=index_of(code),
            digest=sha256(code.encode()).hexdigest() if generated else "",
            hint=hint_of(code),
            expires_on=expires_on,
            generated=generated,
            added_by=by,
            added_at=now,
        )
        for code in codes
    )
    try:
        with transaction.atomic():
            Voucher.objects.bulk_create(rows, batch_size=AT_ONCE)
    except IntegrityError as error:  # somebody added the same ones at this moment
        raise Refused("known", _("Some of these codes were added meanwhile."), field="file", status=409) from error
    facts = {"count": len(codes), "value": value, "expires": expires_on.isoformat()}
    action = "generate" if generated else "import"
    journal.record(f"vouchers:{incident.pk}", action, by=by, facts=facts)


@transaction.atomic
def reveal(reference, entitlement_id, *, by):
    """(Voucher, its code), for the claimant alone; that it was shown first is in the journal of the claim.

    Raises Refused: 403 `not_yours`, 404 `not_found`, 409 `not_given`.
    """
    claim = lifecycle.locked(reference, by=by)
    permissions.require(permissions.may_settle(by, claim))
    if not claim.entitlements.filter(pk=entitlement_id, kind="voucher").exists():
        raise Refused("not_found", _("There is no such voucher."), status=404)
    rows = Voucher.objects.select_for_update(of=("self",))
    voucher = rows.filter(fulfilment__entitlement=entitlement_id, fulfilment__state="given").first()
    if voucher is None:
        raise Refused("not_given", _("This voucher is not ready yet. We tell you when it is."), status=409)
    if voucher.first_shown_at is None:
        Voucher.objects.filter(pk=voucher.pk).update(first_shown_at=timezone.now())
        lifecycle.touch(claim, by=by, action="voucher shown", facts={"entitlement": entitlement_id})
    return voucher, keys.unseal_for_all(voucher.code, where=SEALED)
