"""The arithmetic of a day's seal: a hash tree over the heads of all chains, one root for each day."""

import json
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256

from claims.rules.outage import ROME

FAN = 16  # children of a node: a tree of 100,000 heads is 5 high, and few nodes are hashed besides the leaves
WIDTH = 32


def end_of(day):
    """The moment a Europe/Rome day ends, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ROME).astimezone(UTC)


def day_of(moment):
    return moment.astimezone(ROME).date()


def leaf(chain, sequence, entry_hash):
    """A head in the tree. Leaves and nodes begin differently, so that none can pass for the other."""
    return sha256(f"\0{json.dumps([chain, int(sequence), entry_hash])}".encode()).digest()


class Tree:
    """A Merkle tree whose leaves come one by one: it holds at most one unfinished node a level."""

    def __init__(self):
        self.levels = [bytearray()]

    def add(self, digest, level=0):
        if level == len(self.levels):
            self.levels.append(bytearray())
        children = self.levels[level]
        children += digest
        if len(children) == FAN * WIDTH:
            above = node(children)
            children.clear()
            self.add(above, level + 1)

    def top(self):
        """Closes the unfinished nodes from below and gives the digest over all leaves."""
        carried = b""
        for children in self.levels:
            rest = bytes(children) + carried
            carried = node(rest) if rest else b""
        return carried.hex()


def node(children):
    return sha256(b"\1" + bytes(children)).digest()


def root_of(day, *, chains, entries, last_entry, previous, tree):
    """What is stored as a seal's root: it covers the numbers beside it and the seal before it."""
    content = [day.isoformat(), chains, entries, last_entry, previous, tree]
    return sha256(json.dumps(content).encode()).hexdigest()


def line_of(seal):
    """A seal as one line of the file that is carried away."""
    content = {"day": seal.day.isoformat(), "chains": seal.chains, "entries": seal.entries}
    content |= {"last_entry": seal.last_entry, "previous": seal.previous, "root": seal.root}
    return json.dumps(content) + "\n"
