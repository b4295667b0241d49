"""When something is due, the slow way: day by day, with a calendar of its own. Shares nothing with the product."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
ONE = timedelta(days=1)
# New Year, Epiphany, Liberation, Labour, Republic, Assumption, All Saints, Immaculate Conception, two of Christmas.
FIXED = {(1, 1), (6, 1), (25, 4), (1, 5), (2, 6), (15, 8), (1, 11), (8, 12), (25, 12), (26, 12)}


def easter(year):
    """By Gauss, for the Gregorian calendar."""
    century = year // 100
    golden = year % 19
    moon = (15 + century - century // 4 - (13 + 8 * century) // 25) % 30
    full = (19 * golden + moon) % 30
    week = (2 * (year % 4) + 4 * (year % 7) + 6 * full + (4 + century - century // 4) % 7) % 7
    if (full == 29 and week == 6) or (full == 28 and week == 6 and (11 * moon + 11) % 30 < 19):
        week -= 7
    return date(year, 3, 22) + timedelta(days=full + week)


def works(day):
    """Whether offices work on that day in Italy."""
    if day.weekday() >= 5 or (day.day, day.month) in FIXED:
        return False
    if (day.day, day.month) == (4, 10) and day.year >= 2026:  # Saint Francis, a holiday again
        return False
    return day != easter(day.year) + ONE


def stands(day, lines):
    """Whether the clock stood still on that day: what the last line until then said.

    A pause that lasts stands for nothing yet: nobody knows how long it will be.
    """
    turns = [(kind, on) for kind, on, _number in lines if kind in ("pause", "resume")]
    if turns and turns[-1][0] == "pause":
        del turns[-1]
    standing = False
    for kind, on in turns:
        if on <= day:
            standing = kind == "pause"
    return standing


def due(lines, mode):
    """The day on which a ledger, [(kind, day, number)], makes something due."""
    left = sum(number for kind, _on, number in lines if kind in ("start", "extend"))
    day = lines[0][1]
    while left:
        day += ONE
        if not stands(day, lines) and (mode == "calendar" or works(day)):
            left -= 1
    while not works(day):
        day += ONE
    return day


def after(day, number):
    """The day that lies `number` calendar days ahead, moved on to a day on which offices work."""
    return due([("start", day, number)], "calendar")
