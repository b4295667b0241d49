"""Sealing finished days: one root over the heads of all chains, and the file that carries the roots away."""

import fcntl
import json
import os
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from claims.models import JournalEntry, Seal
from claims.rules import sealing

# An act of the last second of a day may still be on its way into the journal.
REST = timedelta(minutes=10)
HEADS = """
SELECT head.chain, head.sequence, entry.hash, head.entries, head.last_entry
FROM (
    SELECT chain, max(sequence) AS sequence, count(*) AS entries, max(id) AS last_entry
    FROM claims_journalentry WHERE at < %s GROUP BY chain
) head JOIN claims_journalentry entry USING (chain, sequence)
ORDER BY head.chain COLLATE "C"
"""
BEGUN = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_xid IS NOT NULL AND xact_start < %s
)
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('seals', 0))"


@transaction.atomic
def seal_next():
    """Seals the oldest finished day after the last seal; None if there is none to seal yet.

    The heads are those of the entries made before the day ended, so a late run seals what a punctual one would have.
    A gap between two seals is never filled: somebody took a seal away, and verify_journal says so.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    last = Seal.objects.order_by("day").last()
    day = day_after(last)
    if day is None or timezone.now() < sealing.end_of(day) + REST or still_writing(day):
        return None
    previous = last.root if last else ""
    numbers, tree = heads_at_the_end_of(day)
    root = sealing.root_of(day, **numbers, previous=previous, tree=tree)
    return Seal.objects.create(day=day, **numbers, previous=previous, root=root)


def day_after(last):
    """The day to seal after `last`: the first one that has entries if there is no seal."""
    if last:
        return last.day + timedelta(days=1)
    first = JournalEntry.objects.order_by("at").values_list("at", flat=True).first()
    return first and sealing.day_of(first)


def still_writing(day):
    """Does a transaction that began on the day (or before) still write?"""
    with connection.cursor() as cursor:
        cursor.execute(BEGUN, [sealing.end_of(day)])
        return cursor.fetchone()[0]


def heads_at_the_end_of(day):
    """({chains, entries, last_entry}, top of the tree); the heads stream from the server and are never held."""
    tree, chains, entries, newest = sealing.Tree(), 0, 0, 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(HEADS, [sealing.end_of(day)])
        while rows := cursor.fetchmany(2000):
            for chain, sequence, found, of_chain, last_entry in rows:
                tree.add(sealing.leaf(chain, sequence, found))
                chains, entries, newest = chains + 1, entries + of_chain, max(newest, last_entry)
    return {"chains": chains, "entries": entries, "last_entry": newest}, tree.top()


def carry_out():
    """Appends the seals that the file does not have yet, after their commit; returns how many.

    A run that died between the commit and the file, or in the middle of a line, is made good by the next one.
    """
    path = file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+b") as lines:
        fcntl.flock(lines, fcntl.LOCK_EX)
        missing = Seal.objects.order_by("day")
        if (newest := newest_in(lines)) is not None:
            missing = missing.filter(day__gt=newest)
        text = "".join(map(sealing.line_of, missing))
        lines.write(text.encode())
        lines.flush()
        os.fsync(lines.fileno())
    return text.count("\n")


def file():
    return Path(settings.EVIDENCE_ROOT).parent / "seals" / "seals.jsonl"


def newest_in(lines):
    """The day of the last whole line, None if there is none; half a line is cut off."""
    lines.seek(0)
    newest, end = None, 0
    for line in lines:
        if line.endswith(b"\n"):
            newest, end = line, end + len(line)
    lines.truncate(end)
    return newest and date.fromisoformat(json.loads(newest)["day"])
