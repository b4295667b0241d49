"""The stair: the only place that writes a claim's status."""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import clock, journal, notices, rights
from claims.models import Claim, JournalEntry
from claims.models.writing import update
from claims.rules import statuses
from claims.rules.errors import Refused
from claims.rules.statuses import LABELS, UNDECIDED, Status

NOT_FOUND = _("There is no claim with this reference.")


def chain_of(claim):
    return f"claim:{claim.pk}"


def locked(reference, *, by, version=None):
    """The claim, locked until the transaction ends, if `by` may know of it.

    Rights are read again after the lock: somebody may have lost a role while waiting. Raises Refused `not_found`
    (404), `signed_out` (403), or `stale` (409) if `version` is given and no longer the current one.
    """
    visible = Claim.objects.visible_to(by).with_reference(reference)
    rows = Claim.objects.select_related("incident", "terms", "claimant", "customer")
    claim = rows.select_for_update(of=("self",)).filter(pk__in=visible).first()
    if claim is None:
        raise Refused("not_found", NOT_FOUND, status=404)
    rights.look_again(by)
    if version is not None and version != claim.version:
        raise Refused(
            "stale", _("Somebody changed this claim in the meantime. Look at it again before you go on."), status=409
        )
    return claim


def advance(claim, target, *, by, move, words="", facts=None, told=None, **fields):
    """Moves a locked claim to `target`: status, journal entry and notice, all or nothing.

    `move` names the row of the table of moves; `fields` are further columns of the claim that
    change with it, `told` what notices.post() takes besides the claim. Raises Refused
    `illegal_move` (409) for what the table does not allow.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("advance() belongs inside an action's transaction")
    source, row = claim.state, check(claim, target, move=move)
    if source in UNDECIDED and target not in UNDECIDED:
        note_breach(claim)
    store(claim, **fields, status=Status(target).value)
    write(claim, move, by=by, old=source, facts=facts, words=words)
    if row.notice:
        notices.post(row.notice, claim=claim, **(told or {}))
    return claim


def check(claim, target, *, move):
    """The row of the table that leads a locked claim to `target`. Raises Refused `illegal_move` (409) if none does."""
    row = statuses.move(move, claim.state, target)
    if row is None:
        raise Refused(
            "illegal_move",
            _("This is not possible now: the claim is “%(status)s”.") % {"status": LABELS[claim.state]},
            status=409,
        )
    return row


def note_breach(claim):
    """Writes into the journal of a locked claim, once for each round, that it was not decided in time; 1 if it did.

    Whatever lets an undecided claim or its deadline go asks first, so that nothing hangs on when the nightly job runs.
    """
    due = clock.missed(claim)
    known = JournalEntry.objects.of(claim).filter(action="overdue", facts__round=claim.round)
    if due is None or known.exists():
        return 0
    touch(claim, by=None, action="overdue", facts={"round": claim.round, "due": due.isoformat()})
    return 1


def touch(claim, *, by, action, facts=None, words="", **fields):
    """Changes columns of a locked claim without moving it; the journal says so too."""
    store(claim, **fields)
    write(claim, action, by=by, old=claim.status, facts=facts, words=words)
    return claim


def store(claim, **fields):
    """Writes columns of a locked claim, with its next version."""
    update(claim, **fields, version=claim.version + 1, updated_at=timezone.now())


def write(claim, action, *, by, old, facts=None, words=""):
    """One entry in the chain of a locked claim."""
    journal.record(
        chain_of(claim),
        action,
        by=by,
        old=old,
        new=claim.status,
        facts=facts,
        words=words,
        about=claim.claimant_id,
        chain_locked=True,
    )
