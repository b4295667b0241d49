"""Dates and times as people type them, on the clocks of Rome."""

from datetime import UTC, date, datetime, time

import pytest

from claims.rules.errors import Refused
from claims.rules.moments import in_rome, typed_clock, typed_day


@pytest.mark.parametrize("text", ["2023-01-24", "24/1/2023", "24.01.2023", " 24-1-2023 "])
def test_a_day_may_be_picked_or_typed(text):
    assert typed_day(text, field="day") == date(2023, 1, 24)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31/02/2023",
        "2023-02-31",
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "2023-13-01",
        "24/1/23",
        "٢٤/١/٢٠٢٣",
        "x",
    ],
)
def test_i_05_what_is_no_day_of_the_calendar_is_refused(text):
    with pytest.raises(Refused) as refused:
        typed_day(text, field="day")
    assert (refused.value.code, refused.value.field, refused.value.status) == ("invalid_time", "day", 422)


@pytest.mark.parametrize(
    ("text", "clock"), [("9:05", time(9, 5)), ("09.05", time(9, 5)), ("23:59:59", time(23, 59)), ("0:00", time(0, 0))]
)
def test_a_time_has_hours_and_minutes(text, clock):
    assert typed_clock(text, field="clock") == clock


@pytest.mark.parametrize("text", ["", "24:00", "9", "9:5", "12:60", "-1:00", "noon"])
def test_i_05_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(Refused) as refused:
        typed_clock(text, field="clock")
    assert refused.value.code == "invalid_time"


def test_winter_and_summer_time_are_those_of_rome():
    assert in_rome(date(2023, 1, 24), time(10, 30), field="clock") == datetime(2023, 1, 24, 9, 30, tzinfo=UTC)
    assert in_rome(date(2023, 7, 24), time(10, 30), field="clock") == datetime(2023, 7, 24, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("clock", [time(2, 0), time(2, 30), time(2, 59)])
def test_i_05_the_hour_left_out_in_march_is_explained(clock):
    with pytest.raises(Refused) as refused:
        in_rome(date(2023, 3, 26), clock, field="clock")
    assert refused.value.code == "invalid_time"
    assert f"Write 3:{clock.minute:02}" in str(refused.value.message).replace("03:", "3:")


def test_the_hours_around_the_gap_exist():
    assert in_rome(date(2023, 3, 26), time(1, 59), field="clock") == datetime(2023, 3, 26, 0, 59, tzinfo=UTC)
    assert in_rome(date(2023, 3, 26), time(3, 0), field="clock") == datetime(2023, 3, 26, 1, 0, tzinfo=UTC)


def test_an_hour_shown_twice_in_october_is_the_first_one():
    assert in_rome(date(2023, 10, 29), time(2, 30), field="clock") == datetime(2023, 10, 29, 0, 30, tzinfo=UTC)
