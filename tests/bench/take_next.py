"""Eight reviewers take the next claim at the same time, 100,000 are free; against the bare statement that finds one."""

import multiprocessing
import time

from django.db import connection, connections, transaction

from accounts.roles import Role
from claims.actions import review
from claims.models import Assignment, Claim
from tests import make
from tests.bench import data
from tests.bench.results import below, informs

FORK = multiprocessing.get_context("fork")
TAKE = """
    WITH next AS ({})
    UPDATE claims_claim SET status = 'in_review', assigned_to_id = %s, version = claims_claim.version + 1, updated_at = now()
    FROM next WHERE claims_claim.id = next.id RETURNING claims_claim.reference
"""
CLAIMS, REVIEWERS, TURNS = 100_000, 8, 60


def at_once(work, people):
    """The seconds that each call of work(person) took, each person a process, all at the same time, TURNS turns each."""
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


def bare_statement(person):
    """The SQL of take_next's own query, as text and parameters."""
    free = Claim.objects.waiting().exclude(claimant=person).exclude(filed_by=person)
    free = free.exclude(pk__in=Assignment.objects.filter(reviewer=person).values("claim"))
    with transaction.atomic():
        return free.by_urgency().select_for_update(skip_locked=True, of=("self",))[:1].query.sql_with_params()


def measure():
    data.claims(CLAIMS)
    people = [make.person(f"reviewer{n}", Role.REVIEWER) for n in range(REVIEWERS)]
    statements = {person.pk: bare_statement(person) for person in people}

    def take(person):
        assert person.roles and review.take_next(by=person)  # the door has asked for the roles before

    def take_by_sql(person):
        select, parameters = statements[person.pk]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TAKE.format(select), [*parameters, person.pk])
            assert cursor.fetchone()

    def ask(person):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(*statements[person.pk])
            assert cursor.fetchone()

    bare, ours, sql, again = at_once(ask, people), at_once(take, people), at_once(take_by_sql, people), at_once(ask, people)
    taken = Claim.objects.filter(status="in_review")
    assert taken.count() == 2 * Assignment.objects.count() == 2 * REVIEWERS * (TURNS + 1)
    below("bare UPDATE", ours=sql, base=bare + again, target=3, base_name="bare SELECT")
    below(
        "take_next, 8 reviewers, 100,000 free claims", ours=ours, base=bare + again, target=3, base_name="bare SELECT"
    )
    informs("take_next, all of it", ours=f"{REVIEWERS * TURNS / (sum(ours) / REVIEWERS):,.0f} claims/s")
