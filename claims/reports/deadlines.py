"""A claim's deadline as both sides read it: days used, days the clock stood still, what is due, and why."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from claims.models import ClockEvent, Hold
from claims.rules.clock import Clock, Event, Tick, read
from claims.rules.holding import basis_label
from claims.rules.outage import ROME
from claims.rules.statuses import UNDECIDED, Status


@dataclass(frozen=True)
class Line:
    """One line of the ledger in words."""

    on: date
    what: str
    days: int
    why: str


@dataclass(frozen=True)
class Deadline:
    """The clock of the claim's round on one day; `hold` is the open Hold, if any; `over`: decided, or left.

    `stage` is what the clock measures: "decision", "appeal" or "reopen".
    """

    clock: Clock
    stage: str
    overdue: bool
    over: bool
    hold: Hold | None
    lines: tuple


def deadline_of(claim, today=None):
    """The claim's Deadline `today` (Rome), None before it was submitted. Two queries, however long the ledger is.

    A hold whose day has come counts as over even before the job that ends it has run.
    """
    today = today or timezone.now().astimezone(ROME).date()
    ledger = list(ClockEvent.objects.filter(claim=claim, round=claim.round).order_by("id"))
    if not ledger:
        return None
    hold = Hold.objects.filter(claim=claim, ended_at=None).first()
    events = [line.event for line in ledger]
    if claim.status == Status.ON_HOLD and hold and hold.pauses and hold.until <= today:
        events.append(Event(Tick.RESUME, max(hold.until, events[-1].on)))
    over = claim.status not in UNDECIDED
    last = min(today, claim.decided_at.astimezone(ROME).date()) if over and claim.decided_at else today
    clock = read(events, max(last, events[0].on))
    return Deadline(
        clock=clock,
        stage=ledger[0].basis,
        overdue=not over and clock.overdue(today),
        over=over,
        hold=hold,
        lines=tuple(
            Line(line.on, ClockEvent.Kind(line.kind).label, line.days, basis_label(line.basis)) for line in ledger
        ),
    )
