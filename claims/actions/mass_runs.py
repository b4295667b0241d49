"""Mass runs: one remedy to the whole roster of an incident, without claims.

    propose() counts -> approve() by another manager -> grant_chunk() until the roster is walked over

A chunk is one transaction: whoever is killed leaves whole chunks, and the next one goes on behind them. While a run is
on its roster stays as it is. Who disputes an amount, or was left out, files a claim.
"""

from time import monotonic

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import incidents, journal, mass_granting, notices, rights, roster
from claims.models import Claim, Customer, IncidentTerms, JournalEntry, MassRun
from claims.models.journal import chain_of
from claims.models.patience import be_patient
from claims.reports import mass_runs as reports
from claims.reports.entitlements import AUTOMATIC
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.mass_runs import RUN_MOVES

CHUNK = 20_000
State = MassRun.State


@transaction.atomic
def propose(incident_code, remedy, *, by):
    """Counts what `remedy` gives to the roster and writes it down as a MassRun for another manager to approve.

    `by` is None for somebody at the server's command line. Raises Refused 403, 404 `unknown_incident`, 422
    `unknown_remedy`, 409 `no_terms`, `claimed_only`, `run_exists`, `roster_busy` or `nothing_to_grant`.
    """
    if by is not None:
        permissions.require(permissions.may_propose_run(by))
    incident = incidents.found(incident_code)
    if remedy not in AUTOMATIC:
        raise Refused("unknown_remedy", _("Choose indemnity or refund."), field="remedy")
    terms = terms_of(incident)
    if remedy in terms.rules.remedies_to_claim:
        raise Refused("claimed_only", _("By the terms this remedy is claimed, not granted to everybody."), status=409)
    hold_roster(incident)
    be_patient()
    if MassRun.objects.filter(incident=incident, remedy=remedy, finished_at=None).exists():
        raise exists_already()
    count = reports.count(incident, remedy, terms)
    if not count.people:
        raise Refused("nothing_to_grant", _("Nobody on the roster would get anything by this."), status=409)
    try:
        with transaction.atomic():
            run = MassRun.objects.create(
                incident=incident,
                terms=terms,
                remedy=remedy,
                proposed_by=by,
                roster=count.roster,
                roster_entry=roster_entry(incident),
                people=count.people,
                total=count.total,
                excluded=count.excluded,
                examples=count.examples,
            )
    except IntegrityError as error:
        raise exists_already() from error
    facts = {"incident": incident.code, "remedy": remedy, "terms": terms.version, "people": run.people}
    facts |= {"total": str(run.total), "roster": run.roster, "excluded": run.excluded}
    journal.record(chain_of(run), "propose", by=by, new=run.state, facts=facts, first=True)
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


# --- the steps


def locked(run_id, *, by):
    """The run, locked. Raises Refused 404, and 403 unless `by` may work with mass runs, still after the wait."""
    permissions.require(permissions.may_propose_run(by))
    run = locked_row(run_id)
    if run is None:
        raise Refused("not_found", _("There is no such mass run."), status=404)
    rights.look_again(by)
    permissions.require(permissions.may_propose_run(by))
    return run


def locked_row(run_id):
    rows = MassRun.objects.select_related("incident", "terms").select_for_update(of=("self",), no_key=True)
    return rows.filter(pk=run_id).first()


def check_move(run, target, *sources):
    """Raises Refused 409 unless the table of moves leads there, from one of `sources` where given."""
    if (run.state, target) not in RUN_MOVES or (sources and run.state not in sources):
        raise Refused(
            "illegal_move",
            _("This is not possible now: the run is “%(state)s”.") % {"state": run.get_state_display()},
            status=409,
        )


def move(run, state, action, *, by, fields=(), facts=None):
    old, run.state = run.state, state
    run.save(update_fields=["state", *fields])
    write(run, action, by=by, old=old, facts=facts)
    return run


def write(run, action, *, by, old=None, facts=None):
    journal.record(
        chain_of(run),
        action,
        by=by,
        old=run.state if old is None else old,
        new=run.state,
        facts=facts,
        chain_locked=True,
    )


def hold_roster(incident):
    """To the end of the transaction nobody loads the roster. Raises Refused 409 `roster_busy` if somebody does."""
    if not roster.held_back(incident):
        raise Refused("roster_busy", _("The roster is being loaded. Try again when that is over."), status=409)


def roster_entry(incident):
    """Which of its loads the roster is from: a number in the incident's chain."""
    loads = JournalEntry.objects.filter(chain=chain_of(incident), action="load roster").order_by("-sequence")
    return loads.values_list("sequence", flat=True).first() or 0


def terms_of(incident):
    terms = IncidentTerms.objects.in_force(incident.code)
    if terms is None:
        raise Refused("no_terms", _("The terms of this incident are not frozen yet: open it first."), status=409)
    return terms


def is_paid(person, run):
    """Whether a run would pay `person`: by an account of theirs, by an address, or by one that they claim for."""
    theirs = permissions.addresses_of(person)
    accounts = Customer.objects.filter(incident=run.incident_id)
    if accounts.filter(login__in=theirs).exists():
        return True
    if Claim.objects.filter(claimant=person, incident=run.incident_id, customer__isnull=False).exists():
        return True
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"incident": run.incident_id, "theirs": sorted(theirs)})
        return cursor.fetchone()[0]


NAMED = """
    SELECT EXISTS (SELECT FROM claims_customer WHERE incident_id = %(incident)s
                   AND (lower(contact) = ANY(%(theirs)s) OR lower(second_contact) = ANY(%(theirs)s)))
"""


def exists_already():
    return Refused("run_exists", _("A mass run of this remedy is not finished yet."), status=409)
