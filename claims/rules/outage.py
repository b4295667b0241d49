"""Outage intervals and the days they make. Intervals are half-open [start, end) in UTC; a day is a Rome date."""

from collections import defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")


def merged(intervals):
    """The same time as sorted, disjoint intervals; empty ones vanish."""
    result = []
    for start, end in sorted((start, end) for start, end in intervals if start < end):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def total_minutes(intervals):
    return sum(((end - start) for start, end in merged(intervals)), timedelta()) / timedelta(minutes=1)


def minutes_per_day(intervals):
    """Minutes of outage by Rome date. A day of the clock change has 23 or 25 hours: time is counted in UTC."""
    time_out = defaultdict(timedelta)  # whole times are added up: sixty minutes in parts are sixty minutes
    for start, end in merged(intervals):
        moment = start
        while moment < end:
            day = moment.astimezone(ROME).date()
            midnight = datetime.combine(day + timedelta(days=1), time(), ROME)
            until = min(end, midnight.astimezone(start.tzinfo))
            time_out[day] += until - moment
            moment = until
    return {day: spent / timedelta(minutes=1) for day, spent in time_out.items()}


def outage_days(intervals, *, min_minutes_per_day):
    """The Rome dates with at least `min_minutes_per_day` minutes of outage, in order."""
    return sorted(day for day, minutes in minutes_per_day(intervals).items() if minutes >= min_minutes_per_day)


def overlaps(moment, intervals):
    """Whether `moment` lies in one of the intervals."""
    return any(start <= moment < end for start, end in intervals)
