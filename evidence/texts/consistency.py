"""What in a mail does not fit together. Each doubt has a reason that may be innocent: they are told, never judged."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

# Clocks of servers differ by so much without anybody lying.
SLACK = timedelta(minutes=10)
# Programs keep a mail for some time before they hand it over.
OUTBOX = timedelta(days=2)


def doubts(mail, *, senders):
    """[{"code", …}] from the headers alone; those that need a signature are added when it was verified."""
    found = []
    if senders > 1 or len(mail["sender"]) > 1:
        found.append({"code": "two_from", "count": max(senders, len(mail["sender"]))})
    if not mail["sender"]:
        found.append({"code": "no_from"})
    if not mail["date_text"]:
        found.append({"code": "no_date"})
    elif not mail["at"]:
        found.append({"code": "date_unreadable", "text": mail["date_text"]})
    if not mail["received"]:
        found.append({"code": "no_way"})
    if not mail["message_id"]:
        found.append({"code": "no_message_id"})
    return found + of_time(mail)


def of_time(mail):
    """Doubts about the order in which things are said to have happened."""
    found = []
    # Written latest first: from the sender on it is the other way round.
    hops = [(number, when(hop["at"])) for number, hop in enumerate(mail["received"], 1) if hop["at"]][::-1]
    for (_earlier, before), (number, after) in pairwise(hops):
        if after < before - SLACK:
            found.append({"code": "goes_back", "hop": number, "minutes": minutes(before - after)})
    if any(not hop["at"] for hop in mail["received"]):
        found.append({"code": "hop_unreadable"})
    if mail["at"] and hops:
        written, handed_over = when(mail["at"]), hops[0][1]
        if written > handed_over + SLACK:
            found.append({"code": "written_after_sent", "minutes": minutes(written - handed_over)})
        if handed_over - written > OUTBOX:
            found.append({"code": "sent_long_after", "minutes": minutes(handed_over - written)})
    if mail["at"] and when(mail["at"]) > datetime.now(UTC) + SLACK:
        found.append({"code": "in_the_future"})
    return found


def when(text):
    return datetime.fromisoformat(text)


def minutes(length):
    return int(length.total_seconds() // 60)
