"""Mass runs: one remedy to the whole roster of an incident, without claims.

    propose() counts (mass_counting) -> approve() by another manager -> grant_chunk() until the roster is walked over

A chunk is one transaction: whoever is killed leaves whole chunks, and the next one goes on behind them. While a run is
on its roster stays as it is. Who disputes an amount, or was left out, files a claim.
"""

from time import monotonic

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import mass_counting, mass_granting, notices
from claims.actions.mass_steps import (
    check_move,
    hold_roster,
    locked,
    locked_row,
    move,
    roster_entry,
    terms_of,
    write,
)
from claims.models import Claim, MassRun
from claims.models.patience import be_patient
from claims.reports.addresses import NAMED_BY
from claims.rules import permissions
from claims.rules.errors import Refused

CHUNK = 20_000
State = MassRun.State


def propose(incident_code, remedy, *, by):
    """Counts what `remedy` gives to the roster before it returns: a MassRun for another manager to approve.

    For who has the time; pages begin() and let the crank count. Raises Refused like begin(), and 409 `roster_busy`, or
    `nothing_to_grant` with the run left behind that says why.
    """
    run = mass_counting.begin(incident_code, remedy, by=by)
    while (counted := mass_counting.count_chunk(run.pk)) is not None:
        run = counted
    if run.is_empty:
        raise mass_counting.nothing_to_grant()
    return run


@transaction.atomic
def approve(run_id, *, by):
    """The second manager's word; from now on the crank grants.

    Raises Refused 403 `four_eyes` or `own_payment`, 409 `illegal_move`, `roster_busy`, or `stale_run` if the roster or
    the terms have changed since it was proposed.
    """
    run = locked(run_id, by=by)
    be_patient()
    permissions.require(permissions.may_approve_run(by, run.proposed_by_id, is_paid=is_paid(by, run)))
    check_move(run, State.APPROVED, State.PROPOSED)
    hold_roster(run.incident)
    if (roster_entry(run.incident), terms_of(run.incident).pk) != (run.roster_entry, run.terms_id):
        raise Refused(
            "stale_run", _("The roster or the terms changed since this was proposed. Propose it anew."), status=409
        )
    run.approved_by, run.approved_at = by, timezone.now()
    return move(run, State.APPROVED, "approve", by=by, fields=["approved_by", "approved_at"])


@transaction.atomic
def pause(run_id, *, by):
    """Stops granting behind the chunk that is on its way."""
    run = locked(run_id, by=by)
    check_move(run, State.PAUSED)
    return move(run, State.PAUSED, "pause", by=by)


@transaction.atomic
def resume(run_id, *, by):
    run = locked(run_id, by=by)
    check_move(run, State.APPROVED, State.PAUSED)
    return move(run, State.APPROVED, "resume", by=by)


@transaction.atomic
def cancel(run_id, *, by):
    """Grants no more; what was granted stays owed."""
    run = locked(run_id, by=by)
    check_move(run, State.CANCELLED)
    run.finished_at = timezone.now()
    facts = {"granted": run.granted, "total": str(run.granted_total), "walked": run.walked}
    return move(run, State.CANCELLED, "cancel", by=by, fields=["finished_at"], facts=facts)


def grant_chunk(run_id, *, size=CHUNK):
    """Grants to the next `size` accounts of an approved run; the Chunk, or None if there is nothing to do (any more).

    Two at once take turns: the second waits for the run's row and goes on behind the first.
    """
    started = monotonic()
    incident_id = MassRun.objects.values_list("incident_id", flat=True).get(pk=run_id)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        be_patient()
        notices.hold_off(incident_id)  # before the row: who declares a service restored takes them in this order
        run = locked_row(run_id)
        if run is None or run.state != State.APPROVED:
            return None
        chunk = mass_granting.grant(cursor, run, size=size)
        facts = {"walked": chunk.walked, "granted": chunk.granted, "amount": str(chunk.amount), "again": chunk.again}
        write(run, "grant", by=None, facts=facts | {"held": chunk.held, "last": chunk.last})
        run.refresh_from_db()
        run.seconds += monotonic() - started
        run.save(update_fields=["seconds"])
        if chunk.walked < size:
            finish(run)
    return chunk


def finish(run):
    """The whole roster was walked over; the database compares what was granted with the payouts there are."""
    run.finished_at = timezone.now()
    facts = {"granted": run.granted, "total": str(run.granted_total), "walked": run.walked, "chunks": run.chunks}
    move(run, State.DONE, "finish", by=None, fields=["finished_at"], facts=facts)


def grant_next():
    """A chunk of the run approved first; None if none is on. Runs of several incidents take turns by chunks."""
    first = MassRun.objects.filter(state=State.APPROVED).order_by("chunks", "id").values_list("id", flat=True).first()
    return None if first is None else grant_chunk(first)


def is_paid(person, run):
    """Whether a run would pay `person`: by an account of theirs, by an address, or by one that they claim for."""
    if Claim.objects.filter(claimant=person, incident=run.incident_id, customer__isnull=False).exists():
        return True
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"incident": run.incident_id, "addresses": sorted(permissions.addresses_of(person))})
        return cursor.fetchone()[0]


NAMED = f"SELECT EXISTS (SELECT FROM claims_customer WHERE incident_id = %(incident)s AND id IN ({NAMED_BY}))"  # noqa: S608
