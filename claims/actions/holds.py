"""Putting a claim on hold until a day; it comes back by itself, or earlier by hand."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import clock, lifecycle
from claims.models import Claim, Hold
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.holding import check_until, hold_reason
from claims.rules.statuses import LABELS, Status
from claims.rules.text import NOTE, clean_text


@transaction.atomic
def hold(reference, *, by, until, reason, note="", version=None):
    """Puts a claim in review on hold until `until` (a Rome date). The clock stands still only if the terms let
    this reason stop it.

    `reason`: a code of the list, or one's own words. Raises Refused 403 `not_assignee` or `own_claim`, 409
    `illegal_move`, 422 `required`, `until_too_early` or `until_too_late`.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_hold(by, claim))
    if claim.state is not Status.IN_REVIEW:
        raise Refused(
            "illegal_move",
            _("Only a claim in review can be put on hold: this one is “%(status)s”.") % {"status": LABELS[claim.state]},
            status=409,
        )
    code, words = hold_reason(clean_text(reason, field="reason", limit=NOTE, required=False))
    note = clean_text(note, field="note", limit=NOTE, required=False)
    rules = claim.terms.rules
    check_until(until, today=clock.today(), most=rules.hold_days)
    pauses = code in rules.holds_that_pause
    Hold.objects.create(claim=claim, reason=code, until=until, pauses=pauses, by=by, started_at=timezone.now())
    return lifecycle.advance(
        claim,
        Status.ON_HOLD,
        by=by,
        move="hold",
        words="\n".join(filter(None, (words, note))),
        facts={"reason": code, "until": until.isoformat(), "pauses": pauses},
        **({"due": clock.pause(claim, basis=f"hold:{code}", by=by)} if pauses else {}),
    )


@transaction.atomic
def resume(reference, *, by, note="", version=None):
    """Ends a hold by hand. Raises Refused 409 `illegal_move` if the claim is not on hold (any more)."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_hold(by, claim))
    if claim.state is not Status.ON_HOLD:
        raise Refused("illegal_move", _("This claim is not on hold."), status=409)
    return come_back(claim, by=by, words=clean_text(note, field="note", limit=NOTE, required=False))


def end_holds(*, size=200):
    """Ends at most `size` holds whose day has come; returns how many. How late it is called changes no deadline."""
    over = Hold.objects.filter(ended_at=None, until__lte=clock.today(), claim__status=Status.ON_HOLD)
    return sum(end_hold(pk) for pk in over.order_by("until", "pk").values_list("claim_id", flat=True)[:size])


@transaction.atomic(durable=True)
def end_hold(pk):
    """Ends one hold unless somebody is just doing so, or did; 1 if it was ended."""
    rows = Claim.objects.select_related("claimant").filter(pk=pk, status=Status.ON_HOLD)
    claim = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if claim is None or not claim.holds.filter(ended_at=None, until__lte=clock.today()).exists():
        return 0
    come_back(claim, by=None)
    return 1


def come_back(claim, *, by, words=""):
    """Back to the reviewer. A hold that was over before anybody noticed ended on its day, for the clock too."""
    ended = end_of_hold(claim)
    due = {"due": clock.resume(claim, basis="end_of_hold", by=by, on=ended.until)} if ended and ended.pauses else {}
    return lifecycle.advance(claim, Status.IN_REVIEW, by=by, move="resume", words=words, **due)


def end_of_hold(claim):
    """Ends the open hold of a locked claim; returns it, None if there is none."""
    ended = claim.holds.filter(ended_at=None).first()
    if ended is not None:
        ended.ended_at = timezone.now()
        ended.save(update_fields=["ended_at"])
    return ended
