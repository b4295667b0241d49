"""The deadline ledger read on any day: what is due when, how many days were used and how many the clock stood still.

A ledger is the list of everything that happened to one clock, oldest first: it starts once, is paused and resumed in
turn and may be extended. Days are Europe/Rome dates. Nothing else is stored, so a job that did not run changes nothing.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from claims.rules.deadlines import due_date, is_paused, is_working_day


class Tick(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"


@dataclass(frozen=True)
class Event:
    """One line of the ledger. `days` and `mode` belong to a start, `days` to an extension."""

    kind: Tick
    on: date
    days: int = 0
    mode: str = "calendar"


@dataclass(frozen=True)
class Span:
    """A stretch of the clock's life, [first, until): `until` is None for the one that lasts."""

    running: bool
    first: date
    until: date | None


@dataclass(frozen=True)
class Clock:
    """A ledger as it reads on one day. `due` holds if the clock runs on from that day.

    `used` and `paused` are days after the start up to and with that day; `allowed` includes extensions.
    """

    started: date
    allowed: int
    due: date
    used: int
    paused: int
    running: bool
    spans: tuple

    def overdue(self, today):
        """Whether the day it was due is over. A clock that stands still is never overdue."""
        return self.running and today > self.due


def read(events, today):
    """The Clock of `events` on `today` (a Rome date). Raises ValueError for a ledger that contradicts itself."""
    events = list(events)
    if not events or events[0].kind != Tick.START:
        raise ValueError("a ledger begins with a start")
    start = events[0]
    spans = spans_of(events)
    pauses = [(span.first, span.until or max(today, span.first)) for span in spans if not span.running]
    extension = sum(event.days for event in events if event.kind == Tick.EXTEND)
    passed = [start.on + timedelta(days=number + 1) for number in range(max(0, (today - start.on).days))]
    counted = [day for day in passed if start.mode == "calendar" or is_working_day(day)]
    standing = sum(is_paused(day, pauses) for day in counted)
    # Today belongs to a pause that still lasts.
    if not spans[-1].running and today in counted and not is_paused(today, pauses):
        standing += 1
    return Clock(
        started=start.on,
        allowed=start.days + extension,
        due=due_date(start.on, start.days, mode=start.mode, pauses=pauses, extension=extension),
        used=len(counted) - standing,
        paused=standing,
        running=spans[-1].running,
        spans=tuple(spans),
    )


def due_of(events):
    """The due date that a ledger gives by itself: as if a clock that stands still ran on from the day it was paused."""
    return read(events, events[0].on if events else None).due


def spans_of(events):
    """The spans that `events` make, without gap or overlap, the last one open.

    An extension may come between the day on which a pause ended and the job that found out: it moves no span.
    """
    spans, running, first, latest = [], True, events[0].on, events[0].on
    for event in events[1:]:
        if event.on < latest or not fits(event, running):
            raise ValueError(f"{event.kind} on {event.on} does not fit the ledger")
        if event.kind != Tick.EXTEND:
            spans.append(Span(running, first, event.on))
            running, first, latest = event.kind == Tick.RESUME, event.on, event.on
    return [*spans, Span(running, first, None)]


def fits(event, running):
    """Only a running clock is paused, only a standing one resumed; it starts once."""
    return event.kind == Tick.EXTEND or event.kind == (Tick.PAUSE if running else Tick.RESUME)
