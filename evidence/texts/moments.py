"""Dates as files write them, as facts: {"what", "at", "zone", "text"}.

`at` is ISO 8601: in UTC where the file says in which zone it counted ("zone", in minutes), else its wall clock alone.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from evidence.texts.cleaning import line

# What a computer's clock may honestly say; before and after, a date is not one that can be read.
EARLIEST, LATEST = 1980, 2100
PDF_DATE = re.compile(r"\s*(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(Z|[+-]\d\d(?:'?:?\d\d)?)?'?", re.ASCII)
ISO_DATE = re.compile(
    r"\s*(\d{4})[-:](\d\d)[-:](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


def fact(what, text, parse):
    """A list of one fact, or none if `text` is no date."""
    found = parse(text)
    if found is None:
        return []
    at, zone = found
    return [{"what": what, "at": at, "zone": zone, "text": line(str(text), 100)}]


def from_pdf(text):
    return from_parts(PDF_DATE.match(text))


def from_iso(text):
    """Also as EXIF writes it, with colons in the day."""
    return from_parts(ISO_DATE.match(text))


def from_parts(found):
    if not found:
        return None
    *numbers, zone = found.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    try:
        wall = datetime(year, month or 1, day or 1, hour, minute, min(second, 59))  # noqa: DTZ001 (a wall clock)
        return moment(wall, minutes(zone))
    except (ValueError, OverflowError):
        return None


def minutes(zone):
    """Minutes east of Greenwich, None if nothing was said."""
    if not zone:
        return None
    digits = re.sub(r"\D", "", zone)
    east = int(digits[:2] or 0) * 60 + int(digits[2:4] or 0)
    return -east if zone.startswith("-") else east


def moment(wall, zone):
    """(ISO 8601, zone) of a wall clock; None if no clock of ours shows that."""
    if not EARLIEST <= wall.year <= LATEST or (zone is not None and abs(zone) > 15 * 60):
        return None
    if zone is None:
        return wall.isoformat(), None
    return wall.replace(tzinfo=timezone(timedelta(minutes=zone))).astimezone(UTC).isoformat(), zone


def from_mail(text):
    """(ISO 8601 in UTC, zone) of a mail's date. A mail without a zone is read as UTC, as its standard says."""
    try:
        found = parsedate_to_datetime(text)
        zone = found.utcoffset()
        if zone is None:
            known = moment(found, 0)
            return known and (known[0], None)
        return moment(found.replace(tzinfo=None), round(zone.total_seconds() / 60))
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def from_seconds(seconds):
    """ISO 8601 of seconds since 1970, "" for what no clock shows."""
    try:
        found = seconds and moment(datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), 0)
    except (ValueError, OverflowError, OSError):
        return ""
    return found[0] if found else ""
