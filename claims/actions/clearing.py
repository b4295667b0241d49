"""All of one reviewer's open cases at once: handed to colleagues or back to the queue, and taken back again."""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.actions import review, rights
from claims.models import Claim, Clearing
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.sharing import WAITS
from claims.rules.statuses import WAITING, WITH_REVIEWER, Status
from claims.rules.text import NOTE, clean_text


@dataclass
class Cleared:
    """What was done: (claim, User or None for the queue) each, and (claim, Refused) for what stayed where it was."""

    clearing: Clearing
    moved: list = field(default_factory=list)
    kept: list = field(default_factory=list)


@transaction.atomic
def clear_desk(person_id, *, by, moves, note):
    """Gives cases of one person away: `moves` is {reference: User, or None for the queue}; all in one transaction.

    What somebody decided or moved in the meantime, or may not have, stays and is reported. Raises Refused: 403
    `wrong_role`, 404 `not_found`, 409 `nothing_moved` if all of it stays, 422 without a note.
    """
    person = found(person_id, by=by)
    note = clean_text(note, field="note", limit=NOTE)
    claims = locked(by, reference__in=moves)
    permissions.require(permissions.may_clear_desk(by, person))  # again: somebody may have lost the role meanwhile
    cleared = Cleared(Clearing.objects.create(person=person, by=by))
    for claim in claims:
        try:
            move(claim, person, moves[claim.reference], by=by, note=note, clearing=cleared.clearing)
        except Refused as refused:  # nothing was written yet
            cleared.kept.append((claim, refused))
        else:
            cleared.moved.append((claim, moves[claim.reference]))
    if not cleared.moved:
        first = cleared.kept[0][1].message if cleared.kept else ""
        raise Refused("nothing_moved", _("Nothing was handed over. %(why)s") % {"why": first}, status=409)
    return cleared


def move(claim, person, to, *, by, note, clearing):
    if claim.assigned_to_id != person.pk or claim.state not in WITH_REVIEWER:
        raise Refused("not_on_this_desk", _("It is no longer on this desk."), status=409)
    if to is not None:
        permissions.require(permissions.may_hand_over(by, claim, to))
        review.pass_on(claim, to, by=by, action="hand over", words=note, clearing=clearing)
        return
    permissions.require(permissions.may_release(by, claim))
    if claim.state is not Status.IN_REVIEW:
        raise Refused("it_waits", WAITS, status=409)
    review.free(claim, by=by, words=note, clearing=clearing)


@transaction.atomic
def take_back(clearing_id, *, by):
    """Undoes a clearing where its cases are still as it left them; returns a Cleared.

    Raises Refused: 403 `wrong_role`, 404 `not_found`, 409 `already_undone` or `nothing_moved`.
    """
    rows = Clearing.objects.select_related("person").select_for_update(of=("self",), no_key=True)
    clearing = rows.filter(pk=clearing_id).first()
    if clearing is None:
        raise Refused("not_found", _("There is no such handing over."), status=404)
    rights.look_again(by)
    permissions.require(permissions.may_clear_desk(by, clearing.person))
    if clearing.undone_at:
        raise Refused("already_undone", _("This was undone before."), status=409)
    stays = {stay.claim_id: stay for stay in clearing.stays.all()}
    back = Cleared(clearing)
    for claim in locked(by, pk__in=stays):
        try:
            give_back(claim, stays[claim.pk], clearing.person, by=by)
        except Refused as refused:
            back.kept.append((claim, refused))
        else:
            back.moved.append((claim, clearing.person))
    if not back.moved:
        raise Refused("nothing_moved", _("All of these cases went on in the meantime: nothing was undone."), status=409)
    clearing.undone_at = timezone.now()
    clearing.save(update_fields=["undone_at"])
    return back


def give_back(claim, stay, person, *, by):
    """To the desk it came from, if nothing but its next stay began since; that may have ended nowhere."""
    since = list(claim.assignments.filter(pk__gt=stay.pk))
    untouched = claim.state in WAITING and not since
    still_there = claim.state in WITH_REVIEWER and len(since) == 1 and since[0].ended_at is None
    if not (untouched or still_there):
        raise Refused("went_on", _("It went on in the meantime."), status=409)
    permissions.require(permissions.may_take(person, claim))
    if untouched:
        review.put_on_desk(claim, person, by=by)
    else:
        review.pass_on(claim, person, by=by, action="hand over")


def found(person_id, *, by):
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise Refused("not_found", _("There is no such person."), status=404)
    permissions.require(permissions.may_clear_desk(by, person))
    return person


def locked(by, **which):
    """Those of the claims that `by` may know of and has no part in, locked one after the other in one order."""
    visible = Claim.objects.visible_to(by).exclude(claimant=by).filter(**which)
    rows = Claim.objects.select_related("incident", "terms", "claimant", "customer").filter(pk__in=visible)
    claims = list(rows.select_for_update(of=("self",)).order_by("pk"))
    rights.look_again(by)
    return claims
