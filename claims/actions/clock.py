"""The clock of a claim: what starts, stops, resumes and prolongs it, as inner steps of other actions.

Each writes one line of the ledger of the claim's round and returns the date on which the decision is now due, for the
caller to hand to advance() or touch() as `due`. The caller holds the claim's row lock, so the lines come in order.
While the clock stands still `due` stays as it was: nobody knows yet by how many days it will move.
"""

from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.models import ClockEvent
from claims.models.questions import unheard
from claims.rules.clock import Event, Tick, due_of, read, spans_of
from claims.rules.errors import Refused
from claims.rules.outage import ROME
from claims.rules.statuses import Status


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


def missed(claim):
    """The day on which the decision on a locked claim was due, if it went by while the clock ran; else None.

    A question or a hold whose day has passed ended on that day, although no job has found out yet.
    """
    now = today()
    if claim.due is None or claim.due >= now:  # standing still can only move it on
        return None
    lines, over = events(ledger_of(claim)), end_of_pause(claim)
    if over and over <= now and not spans_of(lines)[-1].running:
        lines.append(Event(Tick.RESUME, over))
    due = read(lines, now).due
    return due if due < now else None


def end_of_pause(claim):
    """The day on which what the claim waits for lets the clock run on by itself; None if it waits for nothing."""
    if claim.state is Status.INFORMATION_REQUESTED:
        asked = claim.information_requests.filter(~unheard()).last()
        return asked and asked.due + timedelta(days=1)
    held = claim.holds.last() if claim.state is Status.ON_HOLD else None
    return held and held.until


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
