"""When something is due: Rome dates counted forward, pauses left out, never ending on a day off."""

from datetime import timedelta
from functools import cache

import holidays

SATURDAY = 5


@cache
def days_off(year):
    """Italy's national holidays; Easter and National Unity Day are listed too but always fall on Sundays."""
    return frozenset(holidays.country_holidays("IT", years=year))


def is_working_day(day):
    """Monday to Friday and no Italian national holiday; patron saints do not count."""
    return day.weekday() < SATURDAY and day not in days_off(day.year)


def due_date(start, days, *, mode="calendar", pauses=(), extension=0):
    """The Rome date on which something due `days` after `start` (day 0) is due; it ends at midnight.

    `mode` is "calendar" or "working"; a pause is (first day, day of resuming), the latter not
    included; the last day moves on to the next working day.
    """
    day, counted = start, 0
    while counted < days + extension:
        day += timedelta(days=1)
        if not is_paused(day, pauses) and (mode == "calendar" or is_working_day(day)):
            counted += 1
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def is_paused(day, pauses):
    return any(first <= day < resumed for first, resumed in pauses)
