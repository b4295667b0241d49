"""The headers of a mail: addresses, dates and the way it came, as far as they can be understood."""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import getaddresses

from evidence.texts import moments
from evidence.texts.cleaning import line

MOST_HOPS, MOST_ADDRESSES = 50, 100
RAW = re.compile("[\udc80-\udcff]")
# Words of a Received line that begin its next part.
PART = re.compile(r"\b(from|by|with|id|for|via)\s+(\S+)", re.IGNORECASE)
COMMENT = re.compile(r"\([^()]*\)")


def value(message, name):
    """The first header called `name`, decoded; "" without one."""
    return next(iter(values(message, name)), "")


def values(message, name):
    """Every header called `name`, decoded."""
    return [decoded(raw) for raw in raw_values(message, name)]


def raw_values(message, name):
    """As they stand in the file; the parser's own accessors raise on some of them."""
    return [str(raw) for key, raw in message._headers if key.lower() == name]


def payload(part):
    """The parts or the text of a part as the parser left it; its own accessor trips over odd alphabets."""
    return part._payload


def decoded(raw):
    """Encoded words as characters; what cannot be decoded as it stands."""
    raw = repaired(raw)
    try:
        parts = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    return "".join(part if isinstance(part, str) else in_charset(part, charset) for part, charset in parts)


def repaired(raw):
    """Bytes over 127 that the parser kept as lone surrogates, as the characters they were meant to be."""
    if not RAW.search(raw):
        return raw
    data = raw.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def in_charset(data, charset):
    """Bytes as text, whatever the mail calls its alphabet."""
    for name in (charset, "utf-8"):
        try:
            return data.decode(name or "ascii")
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def people(message, name):
    """[{"name", "address"}] of all headers called `name`."""
    try:
        pairs = getaddresses([repaired(raw)[:20_000] for raw in raw_values(message, name)][:20])
    except (ValueError, IndexError, TypeError, AttributeError):
        return []
    return [
        {"name": line(decoded(shown), 200), "address": line(address, 254)}
        for shown, address in pairs[:MOST_ADDRESSES]
        if shown or address
    ]


def way(message):
    """The hops, latest first: {"from", "by", "with", "at", "zone", "text"}; `at` is "" if it cannot be read."""
    return [hop(repaired(raw)) for raw in raw_values(message, "received")[:MOST_HOPS]]


def hop(raw):
    raw = " ".join(raw[:4_000].split())
    said, _semicolon, date = raw.rpartition(";")
    parts = {}
    for word, what in PART.findall(COMMENT.sub(" ", said or raw)):
        parts.setdefault(word.lower(), what.strip("<>;,"))
    at, zone = moments.from_mail(date) or ("", None)
    return {
        **{word: line(parts.get(word, ""), 254) for word in ("from", "by", "with")},
        "at": at,
        "zone": zone,
        "text": line(raw, 500),
    }
