"""Walking the journal's hash chains and seals: every entry hashed again, in constant memory."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from json.encoder import c_make_encoder
from json.encoder import encode_basestring as quoted

from psycopg import sql

from claims.reports import seals

# In the order of the columns that canonical() takes, then the key.
# The server formats and hashes what it can do while we compute.
ENTRIES = """
SELECT chain, sequence, previous, hash, action, actor_id, actor_kind,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), old, new, facts::text, person_id,
       encode(sha256(sealed), 'hex'), id
FROM claims_journalentry
"""
CHUNK = 2000
ORDER = " ORDER BY chain, sequence"
# The order of the leaves in a seal, whatever the collation of the database.
SEALED_ORDER = ' ORDER BY chain COLLATE "C", sequence'
# What the journal's own encoder writes (claims/models/journal.py); a test compares the two. JSONEncoder.encode() would
# set up the same encoder anew for every entry, which takes longer than to use it.
READ = json.JSONDecoder().scan_once
WRITE = c_make_encoder(None, None, quoted, None, ":", ",", True, False, True)


@dataclass(frozen=True)
class Broken:
    """The first entry of a chain that does not follow from the one before it."""

    chain: str
    sequence: int
    why: str

    def __str__(self):
        return f"{self.chain} #{self.sequence}: {self.why}"


class Walk:
    """`for broken in Walk(cursor)` gives the first break of every broken chain, then the first seal that does not fit.

    `entries`, `chains` and `seals` count on. `cursor` is inside a transaction. A walk of one chain says nothing about
    seals, which cover all of them.
    """

    def __init__(self, cursor, chain=None):
        self.cursor, self.chain = cursor, chain
        self.entries = self.chains = self.seals = 0

    def __iter__(self):
        sealed = [] if self.chain else seals.stored(self.cursor)
        recount = seals.Recount(sealed) if sealed else None
        self.seals = len(sealed)
        current, expected, head, skipping = None, 1, "", False
        for row in self.rows(SEALED_ORDER if sealed else ORDER):
            self.entries += 1
            chain, found = row[0], row[3]
            if chain != current:
                current, expected, head, skipping = chain, 1, "", False
                self.chains += 1
                if recount:
                    recount.end_chain()
            if recount:
                recount.entry(row)
            if skipping:
                continue
            why = fault(row, expected, head)
            if why:
                skipping = True
                yield Broken(chain, row[1], why)
            expected, head = expected + 1, found
        if recount:
            recount.end_chain()
            if broken := recount.broken():
                yield broken

    def rows(self, order):
        """The entries in order, by a cursor of the server: two chunks are held, one we work on and one that comes."""
        where = sql.SQL(" WHERE chain = {}").format(sql.Literal(self.chain)) if self.chain else sql.SQL("")
        self.cursor.execute("SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '64MB'")
        with self.cursor.connection.cursor("journal") as entries:
            entries.execute(sql.SQL("{}{}{}").format(sql.SQL(ENTRIES), where, sql.SQL(order)))
            with ThreadPoolExecutor(1) as ahead:
                coming = ahead.submit(entries.fetchmany, CHUNK)
                while chunk := coming.result():
                    coming = ahead.submit(entries.fetchmany, CHUNK)
                    yield from chunk


def fault(row, expected, head):
    """Why an entry cannot stand where it stands, "" if it can."""
    sequence, previous, found = row[1], row[2], row[3]
    if sequence != expected:
        return f"number {expected} is missing"
    if previous != head:
        return "it is not linked to the entry before it"
    if sha256(canonical(row).encode()).hexdigest() != found:
        return "its content is not what was written"
    return ""


def canonical(row):
    """The text over which the journal hashed an entry, put together from the columns of ENTRIES."""
    chain, sequence, previous, _hash, action, actor, kind, at, old, new, facts, person, sealed = row[:13]
    if facts != "{}":
        facts = "".join(WRITE(READ(facts, 0)[0], 0))
    return (
        f'{{"action":{quoted(action)},"actor":{actor or "null"},"actor_kind":{quoted(kind)},"at":"{at}"'
        f',"chain":{quoted(chain)},"facts":{facts},"new":{quoted(new)},"old":{quoted(old)}'
        f',"person":{person or "null"},"previous":{quoted(previous)}'
        f',"sealed":{f"{chr(34)}{sealed}{chr(34)}" if sealed else "null"},"sequence":{sequence}}}'
    )
