"""The referee: the laws that hold whatever happens, checked on the live data without writing."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction

from claims.reports import (
    laws,
    laws_of_appeals,
    laws_of_checks,
    laws_of_clocks,
    laws_of_deletions,
    laws_of_details,
    laws_of_files,
    laws_of_gifts,
    laws_of_letters,
    laws_of_payouts,
    laws_of_questions,
    laws_of_runs,
)

# What is asked of the storage, when no transaction is open any more: a bucket takes its time.
AFTERWARDS = {"L8": laws_of_files.bytes_are_whole, "L17": laws_of_deletions.bytes_are_gone}
SHOWN = 5  # examples of a broken law
HOLDS, BROKEN, NOT_IN_USE = "holds", "broken", "not in use yet"
# code: (what it says, the check). A check takes (cursor, fast) and yields what breaks the law; None: not in use yet.
LAWS = {
    "L1": ("a claim's status is the journal's last word, and every step was allowed", laws.statuses_follow_the_journal),
    "L2": ("the journal's chains are whole", laws.chains_are_whole),
    "L3": ("what was acknowledged is in the database", None),
    "L4": ("one decision a round, four eyes, nobody in an own case", laws.four_eyes),
    "L5": ("awards, totals, claimed amounts and what is owed and paid add up", laws.amounts_add_up),
    "L6": ("a payout is paid once, by the file that its batch wrote", laws_of_payouts.payouts_are_paid_once),
    "L7": ("one notice for each event, in a state that makes sense", laws.notices_are_unique),
    "L8": ("documents are on the storage, unchanged and judged", laws_of_files.documents_are_whole),
    "L9": ("nothing is stuck in the middle", laws.nothing_is_stuck),
    "L10": ("reports that are ready are whole", laws_of_files.exports_are_whole),
    "L11": ("the spans of the deadlines tile a case's life", laws_of_clocks.ledgers_are_whole),
    "L12": ("no personal data in the logs", None),
    "L13": (
        "a claim waits exactly while a question is open, and an answer is whole",
        laws_of_questions.questions_are_answered_or_ended,
    ),
    "L14": ("every decision in force has its letter, as it was printed", laws_of_letters.letters_are_there),
    "L15": ("one appeal a claim, heard by new eyes, never worse", laws_of_appeals.appeals_are_fair),
    "L16": ("nobody decided over an open checklist", laws_of_checks.checklists_are_complete),
    "L17": (
        "what was deleted is gone, with its proof, and never under a legal hold",
        laws_of_deletions.deletions_are_proven,
    ),
    "L18": ("a mass run granted what it counted, once to each, with a notice each", laws_of_runs.runs_add_up),
    "L19": (
        "what is granted in kind is given once, by a line of a file that two approved",
        laws_of_gifts.gifts_are_given_once,
    ),
    "L20": ("a mass run paid into what an account's details said, once usable", laws_of_details.details_were_usable),
}


@dataclass(frozen=True)
class Verdict:
    """What the referee found for one law; `examples` show at most SHOWN of what breaks it."""

    law: str
    says: str
    state: str
    examples: list = field(default_factory=list)


def judge(*, fast=False):
    """A Verdict for every law, all of one moment but for what the storage holds. `fast` looks at some files only."""
    with reading() as cursor:
        found = {law: check and some_of(check(cursor, fast)) for law, (_says, check) in LAWS.items()}
    for law, check in AFTERWARDS.items():
        found[law] = [*found[law], *some_of(check(fast))][:SHOWN]
    return [verdict(law, says, found[law]) for law, (says, _check) in LAWS.items()]


def some_of(broken):
    """At most SHOWN of it, read to the end: a query that is broken off would take the transaction with it."""
    examples = []
    for example in broken:
        if len(examples) < SHOWN:
            examples.append(str(example))
    return examples


def verdict(law, says, examples):
    if examples is None:
        return Verdict(law, says, NOT_IN_USE)
    return Verdict(law, says, BROKEN if examples else HOLDS, examples)


@contextmanager
def reading():
    """A cursor that cannot write; inside somebody's transaction it sees what that one sees."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield cursor
