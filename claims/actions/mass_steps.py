"""What the steps of mass runs share: the row, its moves and its journal, the roster held still, the terms."""

from django.utils.translation import gettext_lazy as _

from claims.actions import journal, rights, roster
from claims.models import IncidentTerms, JournalEntry, MassRun
from claims.models.journal import chain_of
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.mass_runs import RUN_MOVES


def locked(run_id, *, by):
    """The run, locked. Raises Refused 404, and 403 unless `by` may work with mass runs, still after the wait."""
    permissions.require(permissions.may_propose_run(by))
    run = locked_row(run_id)
    if run is None:
        raise Refused("not_found", _("There is no such mass run."), status=404)
    rights.look_again(by)
    permissions.require(permissions.may_propose_run(by))
    return run


def locked_row(run_id, *, skip_locked=False):
    rows = MassRun.objects.select_related("incident", "terms")
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
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


def hold_roster(incident, *, alone=False):
    """To the end of the transaction nobody loads the roster. Raises Refused 409 `roster_busy` if somebody does."""
    if not roster.held_back(incident, alone=alone):
        raise Refused("roster_busy", _("The roster is being loaded. Try again when that is over."), status=409)


def roster_entry(incident):
    """Which of its loads, or corrections, the roster is from: a number in the incident's chain."""
    changes = ("load roster", "apply correction")
    loads = JournalEntry.objects.filter(chain=chain_of(incident), action__in=changes).order_by("-sequence")
    return loads.values_list("sequence", flat=True).first() or 0


def terms_of(incident):
    terms = IncidentTerms.objects.in_force(incident.code)
    if terms is None:
        raise Refused("no_terms", _("The terms of this incident are not frozen yet: open it first."), status=409)
    return terms
