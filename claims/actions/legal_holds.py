"""A legal hold: nothing of a claim is deleted, however long ago it ended, until somebody lifts it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle
from claims.models import LegalHold
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.text import NOTE, clean_text


@transaction.atomic
def place(reference, *, by, reason, version=None):
    """Sets a legal hold on a claim in whatever state. Raises Refused 403, 409 `already_held`, 422 without a reason."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_hold_for_law(by, claim))
    reason = clean_text(reason, field="reason", limit=NOTE)
    if claim.legal_holds.filter(lifted_at=None).exists():
        raise Refused("already_held", _("This claim is under a legal hold already."), status=409)
    LegalHold.objects.create(claim=claim, reason=reason, by=by)
    return lifecycle.touch(claim, by=by, action="legal hold", words=reason)


@transaction.atomic
def lift(reference, *, by, reason, version=None):
    """Lifts the legal hold: what is past its time is deleted by the next turn. Raises Refused 409 `not_held`."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_hold_for_law(by, claim))
    reason = clean_text(reason, field="reason", limit=NOTE)
    held = claim.legal_holds.filter(lifted_at=None).first()
    if held is None:
        raise Refused("not_held", _("This claim is under no legal hold."), status=409)
    held.lifted_by, held.lifted_at = by, timezone.now()
    held.save(update_fields=["lifted_by", "lifted_at"])
    return lifecycle.touch(claim, by=by, action="lift legal hold", words=reason)
