"""The deadline ledger, against the examples of the field and a slow reference that walks day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.clock import Event, Tick, read
from claims.rules.deadlines import is_working_day


def ledger(start, days, *more, mode="calendar"):
    return [Event(Tick.START, start, days, mode), *more]


def pause(first, resumed):
    return [Event(Tick.PAUSE, first), Event(Tick.RESUME, resumed)]


EXAMPLES = [
    (ledger(date(2023, 3, 20), 45), date(2023, 5, 4)),
    (ledger(date(2023, 3, 20), 45, *pause(date(2023, 4, 3), date(2023, 4, 18))), date(2023, 5, 19)),
    (ledger(date(2023, 3, 31), 10, mode="working"), date(2023, 4, 17)),
    (
        ledger(
            date(2023, 12, 11),
            15,
            *pause(date(2023, 12, 18), date(2023, 12, 21)),
            *pause(date(2023, 12, 29), date(2024, 1, 4)),
            mode="working",
        ),
        date(2024, 1, 12),
    ),
]


@pytest.mark.parametrize(("events", "due"), EXAMPLES)
def test_the_examples_of_the_field(events, due):
    assert read(events, date(2024, 1, 10)).due == due


def test_an_extension_adds_days():
    events = ledger(date(2023, 3, 20), 45, Event(Tick.EXTEND, date(2023, 4, 3), 15))
    assert read(events, date(2023, 4, 4)).due == date(2023, 5, 19)
    assert read(events, date(2023, 4, 4)).allowed == 60


def test_a_clock_that_stands_still_is_never_overdue_and_its_date_moves_on():
    events = ledger(date(2023, 3, 20), 45, Event(Tick.PAUSE, date(2023, 4, 3)))
    early, late = read(events, date(2023, 4, 4)), read(events, date(2023, 12, 1))
    assert not late.overdue(date(2023, 12, 1))
    assert late.due > early.due
    assert (late.used, late.running) == (13, False)


def test_the_last_day_still_counts():
    clock = read(ledger(date(2023, 3, 20), 45), date(2023, 5, 4))
    assert not clock.overdue(date(2023, 5, 4))
    assert clock.overdue(date(2023, 5, 5))


@pytest.mark.parametrize(
    "events",
    [
        [],
        [Event(Tick.PAUSE, date(2023, 4, 3))],
        ledger(date(2023, 3, 20), 45, Event(Tick.RESUME, date(2023, 4, 3))),
        ledger(date(2023, 3, 20), 45, Event(Tick.PAUSE, date(2023, 4, 3)), Event(Tick.PAUSE, date(2023, 4, 4))),
        ledger(date(2023, 3, 20), 45, Event(Tick.START, date(2023, 4, 3), 45)),
        ledger(date(2023, 3, 20), 45, Event(Tick.PAUSE, date(2023, 3, 19))),
    ],
)
def test_a_ledger_that_contradicts_itself_is_an_error(events):
    with pytest.raises(ValueError, match="ledger"):
        read(events, date(2023, 5, 1))


GAPS = st.lists(st.integers(0, 30), max_size=8)


@given(st.dates(date(2022, 6, 1), date(2023, 6, 1)), GAPS, st.integers(0, 60), st.sampled_from(["calendar", "working"]))
def test_every_day_is_either_used_or_paused(start, gaps, later, mode):
    events, day = ledger(start, 45, mode=mode), start
    for number, gap in enumerate(gaps):
        day += timedelta(days=gap)
        events.append(Event(Tick.RESUME if number % 2 else Tick.PAUSE, day))
    today = day + timedelta(days=later)
    clock = read(events, today)
    used, paused = slow(events, start, today, mode)
    assert (clock.used, clock.paused) == (used, paused)
    assert [span.until for span in clock.spans[:-1]] == [span.first for span in clock.spans[1:]]
    assert clock.spans[0].first == start
    assert clock.running is (len(gaps) % 2 == 0)


def slow(events, start, today, mode):
    """Walks the calendar with the ledger in hand."""
    used = paused = 0
    day = start
    while day < today:
        day += timedelta(days=1)
        happened = [event.kind for event in events if event.on <= day and event.kind in (Tick.PAUSE, Tick.RESUME)]
        standing = bool(happened) and happened[-1] is Tick.PAUSE
        if mode == "calendar" or is_working_day(day):
            used += not standing
            paused += standing
    return used, paused


@given(st.dates(date(2022, 6, 1), date(2023, 6, 1)), st.integers(0, 50), st.integers(0, 50))
def test_a_pause_moves_the_date_by_the_days_it_lasted(start, until_pause, length):
    first = start + timedelta(days=until_pause)
    paused = read(ledger(start, 45, *pause(first, first + timedelta(days=length))), first)
    straight = read(ledger(start, 45), first)
    if first > start and until_pause <= 45:
        moved = (paused.due - straight.due).days
        assert length - 4 <= moved <= length + 4  # either end may be moved on by days off
