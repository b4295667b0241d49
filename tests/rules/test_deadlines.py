"""Deadlines: the examples of the field, and a slow reference that lists the days one by one."""

from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.deadlines import due_date, is_working_day

EXAMPLES = [
    (date(2023, 3, 20), 45, "calendar", (), date(2023, 5, 4)),
    (date(2023, 3, 20), 45, "calendar", ((date(2023, 4, 3), date(2023, 4, 18)),), date(2023, 5, 19)),
    (date(2023, 3, 31), 10, "working", (), date(2023, 4, 17)),
    (
        date(2023, 12, 11),
        15,
        "working",
        ((date(2023, 12, 18), date(2023, 12, 21)), (date(2023, 12, 29), date(2024, 1, 4))),
        date(2024, 1, 12),
    ),
]


@pytest.mark.parametrize(("start", "days", "mode", "pauses", "due"), EXAMPLES)
def test_the_examples_of_the_field(start, days, mode, pauses, due):
    assert due_date(start, days, mode=mode, pauses=pauses) == due


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2023, 4, 10), False),  # Easter Monday
        (date(2023, 4, 25), False),
        (date(2023, 12, 7), True),  # Milan's patron saint
        (date(2023, 6, 29), True),  # Rome's
        (date(2023, 4, 8), False),  # a Saturday
        (date(2023, 4, 11), True),
    ],
)
def test_working_days_are_those_without_national_holidays(day, works):
    assert is_working_day(day) is works


def test_no_days_at_all_end_on_the_next_working_day():
    assert due_date(date(2023, 4, 8), 0) == date(2023, 4, 11)


def slow(start, days, mode, pauses, extension):
    """Every day for ten years is written down with what it is; then the Nth that counts is looked up."""
    off = holidays.country_holidays("IT", years=range(2022, 2036))
    calendar = [start + timedelta(days=number) for number in range(1, 3650)]
    working = [day for day in calendar if day.weekday() not in (5, 6) and day not in off]
    paused = {
        first + timedelta(days=number) for first, resumed in pauses for number in range(max(0, (resumed - first).days))
    }
    counted = [day for day in (calendar if mode == "calendar" else working) if day not in paused]
    last = counted[days + extension - 1]
    return next(day for day in [last, *calendar] if day >= last and day in set(working))


DAYS = st.dates(date(2022, 6, 1), date(2024, 6, 1))
PAUSES = st.lists(
    st.builds(lambda first, length: (first, first + timedelta(days=length)), DAYS, st.integers(0, 60)), max_size=3
)


@given(DAYS, st.integers(1, 60), st.sampled_from(["calendar", "working"]), PAUSES, st.integers(0, 30))
def test_a_deadline_is_the_nth_day_that_counts(start, days, mode, pauses, extension):
    due = due_date(start, days, mode=mode, pauses=pauses, extension=extension)
    assert due == slow(start, days, mode, pauses, extension)


@given(DAYS, st.integers(1, 60), PAUSES)
def test_a_pause_never_brings_a_deadline_forward(start, days, pauses):
    assert due_date(start, days, pauses=pauses) >= due_date(start, days)
