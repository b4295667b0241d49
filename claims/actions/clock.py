"""The clock of a claim: what starts, stops, resumes and prolongs it, as inner steps of other actions.

Each writes one line of the ledger of the claim's round and returns the date on which the decision is now due, for the
caller to hand to advance() or touch() as `due`. The caller holds the claim's row lock, so the lines come in order.
While the clock stands still `due` stays as it was: nobody knows yet by how many days it will move.
"""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.models import ClockEvent
from claims.rules.clock import Event, Tick, due_of, spans_of
from claims.rules.errors import Refused
from claims.rules.outage import ROME


def today():
    """The day it is in Rome."""
    return timezone.now().astimezone(ROME).date()


def start(claim, days, *, basis, by, mode="calendar", number=None):
    """Starts the clock of a round: the claim's own, or that of the round `number` it is just about to enter."""
    line = ClockEvent(kind=Tick.START, on=today(), days=days, mode=mode, basis=basis, by=by)
    return write(claim, line, [], number)


def pause(claim, *, basis, by):
    """The clock stands still from today. Raises Refused 409 `clock_not_running` if it does already."""
    ledger = ledger_of(claim)
    if not running(ledger):
        raise Refused("clock_not_running", _("The clock of this claim stands still already."), status=409)
    return write(claim, ClockEvent(kind=Tick.PAUSE, on=today(), basis=basis, by=by), ledger)


def resume(claim, *, basis, by, on=None):
    """The clock runs again from today, or from `on` when it should have by then: who is late loses nobody a day.

    A clock that runs already goes on running.
    """
    ledger = ledger_of(claim)
    if running(ledger):
        return due_of(events(ledger))
    day = min(on or today(), today())
    return write(claim, ClockEvent(kind=Tick.RESUME, on=day, basis=basis, by=by), ledger)


def extend(claim, days, *, basis, by):
    """Adds days to those allowed, whether the clock runs or stands still."""
    return write(claim, ClockEvent(kind=Tick.EXTEND, on=today(), days=days, basis=basis, by=by), ledger_of(claim))


def ledger_of(claim):
    """The lines of the round the claim is in, oldest first."""
    return list(ClockEvent.objects.filter(claim=claim, round=claim.round).order_by("id"))


def events(ledger):
    """As the rules take them."""
    return [Event(Tick(line.kind), line.on, line.days, line.mode) for line in ledger]


def running(ledger):
    return bool(ledger) and spans_of(events(ledger))[-1].running


def write(claim, line, ledger, number=None):
    """Appends `line`; a server's clock that went back over midnight does not turn the ledger round.

    A pause may end before an extension that was written while nobody had noticed yet: an extension moves no span.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the clock is moved inside an action's transaction")
    line.claim, line.round = claim, number or claim.round
    if ledger:
        line.on = max(line.on, *(each.on for each in ledger if each.kind != Tick.EXTEND))
    due = due_of(events([*ledger, line]))
    line.save(force_insert=True)
    return due
