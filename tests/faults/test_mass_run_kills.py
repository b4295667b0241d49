"""kill -9 at every step of a chunk at the database: the next turn goes on behind the last whole chunk, nobody twice."""

from decimal import Decimal
from itertools import count

import pytest

from claims.actions import mass_runs
from claims.models import JournalEntry, Notice, Payout
from tests import make
from tests.faults.child import every_step
from tests.referee import assert_laws_hold
from tests.soak import rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
NUMBERS = count()
PEOPLE = 5


def test_a_chunk_killed_anywhere_is_whole_or_not_there_and_the_rest_follows(mara, marco, tally):
    def fresh():
        run = mass_runs.propose(make.crowd(PEOPLE, f"kill-{next(NUMBERS)}").code, "indemnity", by=mara)
        mass_runs.approve(run.pk, by=marco)
        return run, lambda: walk(run)

    def walk(run):
        while mass_runs.grant_chunk(run.pk, size=2):
            pass

    killed, left = 0, set()
    for step, run in every_step(fresh, by=rounds(4, 1)):
        tally.tried("a mass run is killed")
        killed += step is not None
        run.refresh_from_db()
        owed, told = Payout.objects.filter(run=run).count(), Notice.objects.filter(payout__run=run).count()
        assert owed == told == run.granted
        assert owed in (0, 2, 4, PEOPLE)
        left.add(owed)
        walk(run)
        run.refresh_from_db()
        assert (run.state, run.granted, run.granted_total) == ("done", PEOPLE, PEOPLE * Decimal("24.00"))
        assert Payout.objects.filter(run=run).values("customer").distinct().count() == PEOPLE
        acts = list(JournalEntry.objects.of(run).values_list("action", flat=True))
        assert acts == ["propose", "count", "approve", "grant", "grant", "grant", "finish"]
        assert_laws_hold()
        tally.held("a mass run is killed")
    assert left == {0, 2, 4, PEOPLE}
    assert killed >= 10
