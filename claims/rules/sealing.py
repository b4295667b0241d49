"""The arithmetic of a day's seal: a hash tree over the heads of all chains, one root for each day."""

import json
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted

from claims.rules.outage import ROME

FAN = 16  # children of a node: a tree of 100,000 heads is 5 high, and few nodes are hashed besides the leaves
WIDTH = 32
FULL = FAN * WIDTH


def end_of(day):
    """The moment a Europe/Rome day ends, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ROME).astimezone(UTC)


def day_of(moment):
    return moment.astimezone(ROME).date()


def leaf(chain, sequence, entry_hash):
    """A head in the tree. Leaves and nodes begin differently, so that none can pass for the other."""
    return sha256(f"\0[{quoted(chain)}, {sequence}, {quoted(entry_hash)}]".encode()).digest()


class Tree:
    """A Merkle tree whose leaves come one by one: it holds at most one unfinished node a level."""

    def __init__(self):
        self.levels = [bytearray()]

    def add(self, digests, level=0):
        """One leaf, or many of them one after the other."""
        if level == len(self.levels):
            self.levels.append(bytearray())
        children = self.levels[level]
        children += digests
        whole = len(children) // FULL * FULL
        if whole:
            above = b"".join([node(children[at : at + FULL]) for at in range(0, whole, FULL)])
            del children[:whole]
            self.add(above, level + 1)

    def top(self):
        """Closes the unfinished nodes from below and gives the digest over all leaves."""
        carried = b""
        for children in self.levels:
            rest = bytes(children) + carried
            carried = node(rest) if rest else b""
        return carried.hex()


def node(children):
    return sha256(b"\1" + children).digest()


def root_of(day, *, chains, entries, last_entry, previous, tree):
    """What is stored as a seal's root: it covers the numbers beside it and the seal before it."""
    content = [day.isoformat(), chains, entries, last_entry, previous, tree]
    return sha256(json.dumps(content).encode()).hexdigest()


def line_of(seal):
    """A seal as one line of the file that is carried away."""
    content = {"day": seal.day.isoformat(), "chains": seal.chains, "entries": seal.entries}
    content |= {"last_entry": seal.last_entry, "previous": seal.previous, "root": seal.root}
    return json.dumps(content) + "\n"
