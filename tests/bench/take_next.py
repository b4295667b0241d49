"""Eight reviewers take the next claim at the same time, 100,000 are free; against the bare statement that finds one."""

import threading
import time

from django.db import connection, transaction

from accounts.models import User
from accounts.roles import Role
from claims.actions import review
from claims.models import Assignment, Claim
from tests import make
from tests.bench import data
from tests.bench.results import below, informs

CLAIMS, REVIEWERS, TURNS = 100_000, 8, 60


def at_once(work, people):
    """The seconds that each call of work(person) took, all people at the same time, TURNS turns each."""
    gate, times = threading.Barrier(len(people)), []

    def turns(person):
        work(person)  # the connection is opened here
        gate.wait()
        for _ in range(TURNS):
            started = time.perf_counter()
            work(person)
            times.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=turns, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


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
        assert review.take_next(by=User.objects.get(pk=person.pk)) is not None

    def ask(person):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(*statements[person.pk])
            assert cursor.fetchone()

    bare, ours, again = at_once(ask, people), at_once(take, people), at_once(ask, people)
    taken = Claim.objects.filter(status="in_review")
    assert taken.count() == Assignment.objects.count() == REVIEWERS * (TURNS + 1)
    below(
        "take_next, 8 reviewers, 100,000 free claims", ours=ours, base=bare + again, target=3, base_name="bare SELECT"
    )
    informs("take_next, all of it", ours=f"{REVIEWERS * TURNS / (sum(ours) / REVIEWERS):,.0f} claims/s")
