"""Writing the journal: one entry for each act, numbered and linked to the one before it."""

from django.db import connection
from django.utils import timezone

from accounts import keys
from claims.models import JournalEntry
from claims.models.journal import SEALED, entry_hash
from claims.models.writing import insert

LAST = "SELECT sequence, hash FROM claims_journalentry WHERE chain = %s ORDER BY sequence DESC LIMIT 1"


def record(chain, action, *, by, old="", new="", facts=None, words="", about=None, first=False, chain_locked=False):
    """Appends one entry to `chain` inside the caller's transaction and returns it.

    `by` is the person who acts, or None for the clock. `words` (what somebody wrote) are sealed
    for `about`, the id of the person they concern; `facts` must hold nothing personal. `first` says that the
    chain begins here, `chain_locked` that the caller holds the row lock of its subject: then no
    other lock is needed to number the entries without holes.
    """
    if words and about is None:
        raise TypeError("words need a person whose key seals them")
    if not first and not chain_locked:
        lock(chain)
    last = None if first else last_of(chain)
    sequence, previous = (last[0] + 1, last[1]) if last else (1, "")
    entry = JournalEntry(
        chain=chain,
        sequence=sequence,
        at=timezone.now(),
        actor=by,
        actor_kind=kind_of(by),
        action=action,
        old=old,
        new=new,
        facts=facts or {},
        person_id=about,
        sealed=keys.seal(about, words, where=SEALED) if words else None,
        previous=previous,
    )
    entry.hash = entry_hash(entry)
    insert(entry)
    return entry


def lock(chain):
    """Holds a chain until the transaction ends, where there is no row of its subject to hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [chain])


def last_of(chain):
    """(sequence, hash) of the newest entry of a chain, or None."""
    with connection.cursor() as cursor:
        cursor.execute(LAST, [chain])
        return cursor.fetchone()


def kind_of(person):
    """As what somebody acted: the strongest role, or "clock"."""
    if person is None:
        return "clock"
    return max(person.roles, key=STRENGTH.index, default="claimant")


STRENGTH = ["claimant", "operator", "reviewer", "supervisor", "manager", "administrator"]


def words_of(entry):
    """The words sealed in an entry, "" if there are none or the person was erased."""
    return entry.words()
