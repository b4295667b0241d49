"""Checking the seals of the days against the journal as it is now, in the same pass as the chains."""

import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from claims.rules import sealing

BATCH = 512  # chains
SEALS = "SELECT day, chains, entries, last_entry, root, previous FROM claims_seal ORDER BY day"


@dataclass(frozen=True)
class BrokenSeal:
    """The first seal that does not fit."""

    day: date
    why: str

    def __str__(self):
        return f"seal of {self.day}: {self.why}"


@dataclass(frozen=True)
class Sealed:
    """A seal as it is stored."""

    day: date
    chains: int
    entries: int
    last_entry: int
    root: str
    previous: str


def stored(cursor):
    cursor.execute(SEALS)
    return [Sealed(*row) for row in cursor.fetchall()]


class Recount:
    """Takes the entries in the order of chains and numbers and works every seal out again.

    Memory: one small tree a seal and the heads of a batch of chains. Every head counts in every seal from its own day
    on, so the work grows with chains times seals; in batches that is some nanoseconds each.
    """

    def __init__(self, seals):
        self.seals = seals
        self.ends = [sealing.end_of(seal.day).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00") for seal in seals]
        self.bounds = ["", *self.ends, "~"]
        self.trees = [sealing.Tree() for _ in seals]
        # What came new in the time of each seal; the last one is what no seal covers yet.
        self.chains, self.entries, self.newest = ([0] * (len(seals) + 1) for _ in range(3))
        self.heads = []  # of this chain: (index of the first seal it counts for, the row), indexes rising
        self.index = 0
        self.batch, self.changes = 0, [[] for _ in seals]  # for each seal: (place in the batch, its head from then on)

    def entry(self, row):
        at, heads = row[7], self.heads
        if not self.bounds[self.index] <= at < self.bounds[self.index + 1]:
            self.index = bisect_right(self.ends, at)
        index, key = self.index, row[13]
        self.entries[index] += 1
        if key > self.newest[index]:
            self.newest[index] = key
        while heads and heads[-1][0] >= index:
            heads.pop()
        heads.append((index, row))

    def end_chain(self):
        """The heads of the chain that ended wait for the trees of the seals they were heads for."""
        heads, self.heads = self.heads, []
        if not heads:
            return
        self.chains[heads[0][0]] += 1
        for index, row in heads:
            if index < len(self.seals):
                self.changes[index].append((self.batch, sealing.leaf(row[0], row[1], row[3])))
        self.batch += 1
        if self.batch == BATCH:
            self.plant()

    def plant(self):
        """Puts the batch into the trees: from one seal to the next only few of its heads are others."""
        standing = [b""] * self.batch  # a chain that has not begun yet is no leaf
        for tree, changes in zip(self.trees, self.changes, strict=True):
            for place, digest in changes:
                standing[place] = digest
            tree.add(b"".join(standing))
            changes.clear()
        self.batch = 0

    def broken(self):
        """The first seal that does not fit, or None."""
        self.plant()
        chains = entries = newest = 0
        before = None
        for index, seal in enumerate(self.seals):
            chains, entries = chains + self.chains[index], entries + self.entries[index]
            newest = max(newest, self.newest[index])
            found = {"chains": chains, "entries": entries, "last_entry": newest}
            if why := misfit(seal, before, found, self.trees[index].top()):
                return BrokenSeal(seal.day, why)
            before = seal
        return None


def misfit(seal, before, found, tree):
    """Why a seal does not fit what was found, "" if it does."""
    if before and seal.day != before.day + timedelta(days=1):
        return f"the seal of {before.day + timedelta(days=1)} is missing"
    if seal.previous != (before.root if before else ""):
        return "it is not linked to the seal before it"
    for name, number in found.items():
        if getattr(seal, name) != number:
            return f"{name.replace('_', ' ')}: sealed {getattr(seal, name)}, found {number}"
    if sealing.root_of(seal.day, **found, previous=seal.previous, tree=tree) != seal.root:
        return "the chains are not the ones that were sealed"
    return ""


def compare(cursor, lines):
    """The first line of an exported file that the stored seals no longer say, or None.

    Seals younger than the file are no fault; whatever the file has must be there, and nothing in between.
    """
    seals = iter(stored(cursor))
    for number, line in enumerate(lines, 1):
        seal = next(seals, None)
        try:
            day = date.fromisoformat(json.loads(line)["day"])
        except (ValueError, KeyError, TypeError):
            return f"line {number} of the file is no seal"
        if seal is None or seal.day > day:
            return BrokenSeal(day, "it is in the file but no longer in the database")
        if seal.day < day:
            return BrokenSeal(seal.day, "it is in the database but not in the file")
        if sealing.line_of(seal).strip() != line.strip():
            return BrokenSeal(day, "the file says otherwise")
    return None
