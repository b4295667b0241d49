"""Counting what a mass run would give: by chunks, in the background, before anybody can approve it.

    begin() -> count_chunk() until the roster is counted -> proposed, or cancelled if nobody would get anything

A chunk is one transaction: whoever is killed leaves what was counted until then. A roster that was loaded meanwhile is
counted from its beginning.
"""

from contextlib import suppress

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import incidents, journal
from claims.actions.mass_steps import hold_roster, locked_row, move, roster_entry, terms_of
from claims.models import Customer, MassRun
from claims.models.journal import chain_of
from claims.models.patience import be_patient
from claims.reports import mass_runs as reports
from claims.reports.entitlements import AUTOMATIC
from claims.rules import permissions
from claims.rules.errors import Refused

CHUNK = 200_000
State = MassRun.State
COUNTED = ("roster", "roster_entry", "people", "total", "excluded", "examples", "counted_to", "to_count", "tally")


@transaction.atomic
def begin(incident_code, remedy, *, by):
    """Writes down that `remedy` shall go to the whole roster; the crank counts to whom how much, then it is proposed.

    `by` is None for somebody at the server's command line. Raises Refused 403, 404 `unknown_incident`, 422
    `unknown_remedy`, 409 `no_terms`, `claimed_only`, `run_exists` or `nothing_to_grant` (an empty roster).
    """
    if by is not None:
        permissions.require(permissions.may_propose_run(by))
    incident = incidents.found(incident_code)
    if remedy not in AUTOMATIC:
        raise Refused("unknown_remedy", _("Choose indemnity or refund."), field="remedy")
    terms = terms_of(incident)
    if remedy in terms.rules.remedies_to_claim:
        raise Refused("claimed_only", _("By the terms this remedy is claimed, not granted to everybody."), status=409)
    if MassRun.objects.filter(incident=incident, remedy=remedy, finished_at=None).exists():
        raise exists_already()
    if not Customer.objects.filter(incident=incident).exists():
        raise nothing_to_grant()
    try:
        with transaction.atomic():
            run = MassRun.objects.create(incident=incident, terms=terms, remedy=remedy, proposed_by=by)
    except IntegrityError as error:
        raise exists_already() from error
    facts = {"incident": incident.code, "remedy": remedy, "terms": terms.version}
    journal.record(chain_of(run), "propose", by=by, new=run.state, facts=facts, first=True)
    return run


def count_chunk(run_id, *, size=CHUNK, wait=True):
    """Counts the next `size` accounts; the MassRun as it is then, None if there is nothing to count (any more).

    Two at once take turns, or without `wait` the second leaves it to the first. Raises Refused 409 `roster_busy`:
    somebody loads the roster, count on when that is over.
    """
    with transaction.atomic(durable=True):
        be_patient()
        run = locked_row(run_id, skip_locked=not wait)
        if run is None or run.state != State.COUNTING:
            return None
        hold_roster(run.incident)
        if not run.to_count or run.roster_entry != roster_entry(run.incident):
            start_over(run)
        lines, walked, last = reports.count_chunk(run, size=size)
        run.tally = reports.added(run.tally, lines)
        run.roster += walked
        run.counted_to = last
        if walked < size:
            propose(run)
        else:
            run.save(update_fields=COUNTED)
        return run


def start_over(run):
    run.tally, run.roster, run.counted_to = [], 0, 0
    run.roster_entry = roster_entry(run.incident)
    run.to_count = Customer.objects.filter(incident=run.incident_id).count()


def propose(run):
    """All is counted: the run waits for another manager, or ends here."""
    count = reports.summed(run.tally)
    run.people, run.total, run.excluded, run.examples = count.people, count.total, count.excluded, count.examples
    run.tally = []
    facts = {"people": run.people, "total": str(run.total), "roster": run.roster, "excluded": run.excluded}
    if run.people:
        move(run, State.PROPOSED, "count", by=None, fields=COUNTED, facts=facts)
    else:
        run.finished_at = timezone.now()
        move(run, State.CANCELLED, "nothing to grant", by=None, fields=[*COUNTED, "finished_at"], facts=facts)


def count_next():
    """Counts a chunk of the run that was begun first; whether there was one.

    Those that another worker counts, or whose roster is being loaded, are left alone.
    """
    for run_id in MassRun.objects.filter(state=State.COUNTING).order_by("id").values_list("id", flat=True):
        with suppress(Refused):  # the roster is being loaded
            if count_chunk(run_id, wait=False) is not None:
                return True
    return False


def exists_already():
    return Refused("run_exists", _("A mass run of this remedy is not finished yet."), status=409)


def nothing_to_grant():
    return Refused("nothing_to_grant", _("Nobody on the roster would get anything by this."), status=409)
