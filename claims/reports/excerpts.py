"""The newest part of a long list, for pages that can show all of it on request."""

from dataclasses import dataclass

MESSAGES, EVENTS = 20, 40


@dataclass(frozen=True)
class Excerpt:
    """`rows` in their order; `earlier`: how many before them are left out."""

    rows: list
    earlier: int

    @property
    def total(self):
        return len(self.rows) + self.earlier


def newest(rows, most, *, whole=False, keep=lambda row: False):
    """The last `most` rows, all if `whole`, and whatever follows the first one that `keep` wants shown."""
    start = 0 if whole else max(0, len(rows) - most)
    kept = next((place for place, row in enumerate(rows[:start]) if keep(row)), start)
    return Excerpt(rows[kept:], kept)


def newest_messages(lines, *, from_staff, whole=False):
    """The newest of a thread; nothing unread of the other side is left out."""
    return newest(lines, MESSAGES, whole=whole, keep=lambda line: line.from_staff == from_staff and not line.read_at)


def newest_events(events, *, whole=False):
    return newest(events, EVENTS, whole=whole)
