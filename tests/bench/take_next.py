"""Eight reviewers take the next claim at the same time, 100,000 are free; against the bare statement that finds one."""

import multiprocessing
import time

from django.db import connection, connections, transaction

from accounts.roles import Role
from claims.actions import review
from claims.models import Assignment, Claim
from tests import make
from tests.bench import data
from tests.bench.results import against, below, informs

FORK = multiprocessing.get_context("fork")
PICK = """
    SELECT id FROM claims_claim AS claim
    WHERE status IN ('submitted', 'appealed') AND claimant_id <> %(by)s AND filed_by_id <> %(by)s
    AND NOT EXISTS (SELECT FROM claims_assignment WHERE claim_id = claim.id AND reviewer_id = %(by)s)
    ORDER BY due, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
TAKE = f"""
    UPDATE claims_claim SET status = 'in_review', assigned_to_id = %(by)s, version = version + 1, updated_at = now()
    WHERE id = ({PICK}) RETURNING reference
"""
CLAIMS, REVIEWERS, TURNS = 100_000, 8, 60


def at_once(work, people):
    """The seconds each call of work(person) took: a process for each person, all at the same time, TURNS turns each."""
    connections.close_all()
    gate, times = FORK.Barrier(len(people)), FORK.SimpleQueue()

    def turns(person):
        work(person)  # the connection is opened here
        gate.wait()
        took = []
        for _ in range(TURNS):
            started = time.perf_counter()
            work(person)
            took.append(time.perf_counter() - started)
        times.put(took)

    processes = [FORK.Process(target=turns, args=(person,)) for person in people]
    for process in processes:
        process.start()
    found = [took for _ in processes for took in times.get()]
    for process in processes:
        process.join()
    return found


def run(statement):
    """work(person) that runs one statement in a transaction of its own."""

    def work(person):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # the bare statement writes no journal
            cursor.execute(statement, {"by": person.pk})
            assert cursor.fetchone()

    return work


def take(person):
    assert review.take_next(by=person)


def measure():
    data.claims(CLAIMS)
    people = [make.person(f"reviewer{n}", Role.REVIEWER) for n in range(REVIEWERS)]
    for person in people:
        assert person.roles  # the door has asked for them before
    picked, taken, ours = at_once(run(PICK), people), at_once(run(TAKE), people), at_once(take, people)
    assert Assignment.objects.count() == REVIEWERS * (TURNS + 1)
    assert Claim.objects.filter(status="in_review").count() == 2 * REVIEWERS * (TURNS + 1)
    taken += at_once(run(TAKE), people)
    what = f"take_next, {REVIEWERS} reviewers at once, {CLAIMS:,} free claims"
    below(what, ours=ours, base=taken, target=3, base_name="bare UPDATE … SKIP LOCKED")
    informs("  the same against a SELECT … SKIP LOCKED that takes nothing", **against(ours, picked))
