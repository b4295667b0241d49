"""Outage days: Rome dates with enough minutes of outage, counted in UTC."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.outage import merged, minutes_per_day, outage_days, overlaps, total_minutes

DEMO = ((datetime(2023, 1, 22, 23, tzinfo=UTC), datetime(2023, 1, 26, 17, tzinfo=UTC)),)
# 05:00 to 05:59 on the 23rd; 22:30 on the 24th to 01:00 on the 25th, all UTC.
SHORT = (
    (datetime(2023, 1, 23, 5, tzinfo=UTC), datetime(2023, 1, 23, 5, 59, tzinfo=UTC)),
    (datetime(2023, 1, 24, 22, 30, tzinfo=UTC), datetime(2023, 1, 25, 1, tzinfo=UTC)),
)
MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2023, 12, 31), timezones=st.just(UTC))
INTERVALS = st.lists(
    st.builds(lambda start, minutes: (start, start + timedelta(minutes=minutes)), MOMENTS, st.integers(0, 5000)),
    max_size=6,
)


def test_the_demo_outage_has_four_days():
    assert outage_days(DEMO, min_minutes_per_day=60) == [date(2023, 1, day) for day in (23, 24, 25, 26)]


def test_59_and_30_minutes_make_no_day():
    assert minutes_per_day(SHORT) == {date(2023, 1, 23): 59, date(2023, 1, 24): 30, date(2023, 1, 25): 120}
    assert outage_days(SHORT, min_minutes_per_day=60) == [date(2023, 1, 25)]


def test_exactly_the_minimum_is_a_day():
    start = datetime(2023, 1, 23, 5, tzinfo=UTC)
    assert outage_days([(start, start + timedelta(minutes=60))], min_minutes_per_day=60) == [date(2023, 1, 23)]


def test_overlapping_and_touching_intervals_are_one():
    nine, ten, eleven, noon = (datetime(2023, 1, 23, hour, tzinfo=UTC) for hour in (9, 10, 11, 12))
    assert merged([(ten, noon), (nine, ten), (nine, eleven)]) == [(nine, noon)]
    assert total_minutes([(nine, eleven), (ten, noon)]) == 180


def test_an_empty_interval_vanishes():
    nine = datetime(2023, 1, 23, 9, tzinfo=UTC)
    assert merged([(nine, nine)]) == []
    assert outage_days([(nine, nine)], min_minutes_per_day=0) == []


def test_the_end_of_an_outage_is_no_part_of_it():
    start, end = DEMO[0]
    assert overlaps(start, DEMO)
    assert not overlaps(end, DEMO)


def test_the_day_of_the_clock_change_has_23_hours():
    whole = (datetime(2023, 3, 25, 23, tzinfo=UTC), datetime(2023, 3, 26, 22, tzinfo=UTC))
    assert minutes_per_day([whole]) == {date(2023, 3, 26): 23 * 60}
    autumn = (datetime(2023, 10, 28, 22, tzinfo=UTC), datetime(2023, 10, 29, 23, tzinfo=UTC))
    assert minutes_per_day([autumn]) == {date(2023, 10, 29): 25 * 60}


@given(INTERVALS)
def test_the_minutes_of_the_days_are_the_minutes_of_the_outage(intervals):
    assert sum(minutes_per_day(intervals).values()) == pytest.approx(total_minutes(intervals))


def test_sixty_minutes_in_parts_are_sixty_minutes():
    start = datetime(2023, 1, 23, 5, tzinfo=UTC)
    parts = [(start + timedelta(minutes=n), start + timedelta(minutes=n, seconds=9)) for n in range(400)]
    assert outage_days(parts, min_minutes_per_day=60) == [date(2023, 1, 23)]


@given(INTERVALS)
def test_merging_keeps_every_moment_and_leaves_gaps_between(intervals):
    result = merged(intervals)
    assert merged(result) == result
    assert all(first[1] < second[0] for first, second in pairwise(result))
    for start, end in intervals:
        if start < end:
            assert overlaps(start, result)
            assert overlaps(end - timedelta(microseconds=1), result)
