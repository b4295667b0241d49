"""How long a claim will take, from how long claims like it took lately. Days here are calendar days the clock ran.

They are what a person waits, whether the deadline itself counts calendar or working days.
"""

from datetime import timedelta

MEASURED_DAYS = 90  # decisions of so many days count
ENOUGH = 20  # decided claims, below which nothing is said
QUICK, SLOW = 0.2, 0.8  # the three fifths between them are "most"
STALE_DAYS = 7  # an older measurement says nothing about today


def standing(spans, last):
    """How many days after the start, up to and with `last`, the clock of `spans` stood still."""
    start, days = spans[0].first, 0
    for span in spans:
        if not span.running:
            until = last + timedelta(days=1) if span.until is None else min(span.until, last + timedelta(days=1))
            days += max(0, (until - max(span.first, start + timedelta(days=1))).days)
    return days


def running(spans, last):
    """How many days after the start, up to and with `last`, it ran."""
    return max(0, (last - spans[0].first).days - standing(spans, last))


def day_after(spans, days, today):
    """The day on which a clock that runs on from `today` has run `days` days."""
    return spans[0].first + timedelta(days=days + standing(spans, today))
