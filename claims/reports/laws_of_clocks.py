"""What must be true of the deadline ledgers: every day of a case belongs to one span, and what is due follows."""

from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from claims.rules.clock import Event, Tick, due_of, spans_of
from claims.rules.statuses import Status

CHUNK = 2000
LEDGERS = """
SELECT c.reference, c.status, c.round, c.due, (c.submitted_at AT TIME ZONE 'Europe/Rome')::date,
       EXISTS (SELECT FROM claims_hold h WHERE h.claim_id = c.id AND h.ended_at IS NULL AND h.pauses),
       e.round, e.kind, e.on, e.days, e.mode
FROM claims_claim c LEFT JOIN claims_clockevent e ON e.claim_id = c.id
WHERE c.submitted_at IS NOT NULL OR e.id IS NOT NULL
ORDER BY c.id, e.round, e.id
"""
RUNNING = (Status.SUBMITTED, Status.IN_REVIEW, Status.AWAITING_COUNTERSIGNATURE, Status.APPEALED)


def ledgers_are_whole(cursor, _fast):
    """The ledger of every round can be read, begins when it should and agrees with the claim's state and due date."""
    cursor.execute(LEDGERS)
    rows = (row for chunk in iter(lambda: cursor.fetchmany(CHUNK), []) for row in chunk)
    for claim, lines in groupby(rows, itemgetter(0, 1, 2, 3, 4, 5)):
        reference, status, current, due, submitted, held = claim
        rounds = {
            number: tuple(Event(Tick(kind), on, days, mode) for *_claim, kind, on, days, mode in group)
            for number, group in groupby(lines, itemgetter(6))
            if number is not None
        }
        yield from (f"{reference}: {why}" for why in faults(Status(status), current, due, submitted, held, rounds))


def faults(status, current, due, submitted, held, rounds):
    """What is wrong with the ledgers ({round: events}) of one claim."""
    if submitted is None:
        yield "its clock started, but nobody submitted it"
        return
    if set(rounds) != set(range(1, current + 1)):
        yield f"it is in round {current}, its clocks are those of rounds {sorted(rounds)}"
        return
    for number, ledger in rounds.items():
        try:
            told, running = reading(ledger)
        except ValueError as error:
            yield f"round {number}: {error}"
            return
    if rounds[1][0].on != submitted:
        yield f"it was submitted on {submitted}, its clock started on {rounds[1][0].on}"
    if told != due:
        yield f"it is due on {due}, its ledger says {told}"
    if running != runs(status, held) and runs(status, held) is not None:
        yield f"it is “{status}”, but its clock {'runs' if running else 'stands still'}"


@lru_cache(maxsize=10_000)
def reading(ledger):
    """(due, running) of a ledger; many claims have the same one."""
    return due_of(ledger), spans_of(ledger)[-1].running


def runs(status, held):
    """Whether the clock of such a claim runs; None for those that are over, where it does not matter."""
    if status in RUNNING:
        return True
    if status is Status.ON_HOLD:
        return not held
    return False if status is Status.INFORMATION_REQUESTED else None
