"""A date and a time as people type them, meant in Europe/Rome."""

import re
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused
from claims.rules.outage import ROME

# 2023-01-24 from a date picker; 24/1/2023, 24.01.2023 or 24-1-2023 by hand.
DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})", re.ASCII)
DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})", re.ASCII)
YEARS = range(1900, 2200)  # others are slips of the finger, and the first and last of the calendar have no UTC
CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.][0-9]{2}(?:\.[0-9]{1,6})?)?", re.ASCII)


def typed_day(text, *, field):
    """The date that was typed. Raises Refused `invalid_time`."""
    match = DAY.fullmatch(text.strip()) or DAY_FIRST.fullmatch(text.strip())
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        if day.year not in YEARS:
            raise ValueError(day)
        return day
    except (TypeError, ValueError) as error:
        raise Refused("invalid_time", _("Write a day of the calendar, such as 24/01/2023."), field=field) from error


def typed_clock(text, *, field):
    """The time of day that was typed. Raises Refused `invalid_time`."""
    match = CLOCK.fullmatch(text.strip())
    try:
        return datetime(2000, 1, 1, int(match["hour"]), int(match["minute"]), tzinfo=ROME).time()
    except (TypeError, ValueError) as error:
        raise Refused("invalid_time", _("Write the time as hours and minutes, such as 9:30."), field=field) from error


def in_rome(day, clock, *, field):
    """The moment (UTC) that the clocks of Rome showed `clock` on `day`; the first one when they showed it twice.

    Raises Refused `invalid_time` for the hour that is left out when summer time begins.
    """
    local = datetime.combine(day, clock, ROME)
    moment = local.astimezone(UTC)
    if moment.astimezone(ROME).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Refused(
            "invalid_time",
            _("There was no %(time)s on this day: at 2:00 the clocks went forward to 3:00. Write %(later)s instead.")
            % {"time": f"{clock:%H:%M}", "later": f"{local + timedelta(hours=1):%H:%M}"},
            field=field,
        )
    return moment
