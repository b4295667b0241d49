"""A small journal of nine days, and what somebody with the rights of a superuser can do to it."""

from datetime import UTC, datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone

from claims.actions import seals
from claims.models import JournalEntry
from claims.models.journal import entry_hash
from claims.reports.chain import Walk
from claims.rules.outage import ROME

CHAINS = ("claim:1", "claim:10", "claim:2", "incident:1", "person:7")


def noon(days_ago):
    day = timezone.now().astimezone(ROME).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(12), ROME).astimezone(UTC)


def append(chain, action, at):
    """One entry as the journal writes it, made at any time."""
    last = JournalEntry.objects.filter(chain=chain).order_by("sequence").last()
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, "")
    entry = JournalEntry(
        chain=chain, sequence=sequence, at=at, actor_kind="clock", action=action, facts={"n": 1}, previous=previous
    )
    entry.hash = entry_hash(entry)
    entry.save()
    return entry


def write():
    """Each chain begins on another day and has four entries, two days apart, the last ones not all sealed."""
    for number, chain in enumerate(CHAINS):
        for step, action in enumerate(("begin", "submit", "take", "decide")):
            append(chain, action, noon(9 - number // 2 - 2 * step) + timedelta(minutes=number))
    append("claim:3", "begin", timezone.now())


def seal_all():
    made = []
    while seal := seals.seal_next():
        made.append(seal)
    return made


def found():
    """What walking the journal names."""
    with transaction.atomic(), connection.cursor() as cursor:
        return [str(broken) for broken in Walk(cursor)]


def run(*statements):
    """SQL with no trigger in the way."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is pending would refuse a TRUNCATE
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def hash_again(chain):
    """Numbers, links and hashes a whole chain anew, so that it verifies by itself."""
    previous = ""
    statements = [f"UPDATE claims_journalentry SET sequence = sequence + 1000 WHERE chain = '{chain}'"]
    for number, entry in enumerate(JournalEntry.objects.filter(chain=chain).order_by("sequence"), 1):
        entry.sequence, entry.previous = number, previous
        previous = entry_hash(entry)
        statements.append(
            f"UPDATE claims_journalentry SET sequence = {number}, previous = '{entry.previous}', hash = '{previous}'"
            f" WHERE id = {entry.pk}"
        )
    run(*statements)
