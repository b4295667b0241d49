"""What a run would give is counted by chunks in the background: it is the roster's, whatever happens meanwhile."""

import io
from decimal import Decimal

import pytest
from django.db import connection

from claims import tasks
from claims.actions import mass_counting, mass_runs, roster
from claims.models import JournalEntry, MassRun, Payout
from claims.rules.errors import Refused
from tests import make
from tests.referee import assert_laws_hold

LATE = b"login,service\nlate@libero.example,paid\n"


@pytest.fixture
def run(mara, db):
    return mass_counting.begin(make.crowd(5).code, "indemnity", by=mara)


def counted(run):
    run.refresh_from_db()
    return run.state, run.roster, run.people, run.total


def test_nothing_but_cancelling_can_be_done_while_it_is_counted(run, mara, marco):
    mass_counting.count_chunk(run.pk, size=2)
    for step in (mass_runs.approve, mass_runs.pause, mass_runs.resume):
        with pytest.raises(Refused, match="illegal_move"):
            step(run.pk, by=marco)
    with pytest.raises(Refused, match="run_exists"):
        mass_counting.begin(run.incident.code, "indemnity", by=marco)
    assert mass_runs.grant_next() is None
    assert counted(run) == ("counting", 2, 0, 0)
    mass_runs.cancel(run.pk, by=mara)
    assert mass_counting.count_chunk(run.pk) is None
    run.refresh_from_db()
    assert not run.is_empty
    assert not Payout.objects.exists()
    assert_laws_hold()


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_chunks_of_any_size_count_the_same(run, size):
    make.customer(run.incident, "free@virgilio.example", service="free", contact="free@example.net")
    make.customer(run.incident, "mute@libero.example")
    while mass_counting.count_chunk(run.pk, size=size):
        pass
    assert counted(run) == ("proposed", 7, 7, Decimal("150.00"))
    assert (run.excluded, run.tally, len(run.examples)) == ({"no_channel": 1}, [], 4)
    entries = JournalEntry.objects.of(run)
    assert [(entry.action, entry.old, entry.new) for entry in entries] == [
        ("propose", "", "counting"),
        ("count", "counting", "proposed"),
    ]
    assert entries.last().facts["total"] == "150.00"


def test_a_roster_loaded_meanwhile_is_counted_from_its_beginning(run):
    mass_counting.count_chunk(run.pk, size=4)
    roster.load(run.incident.code, io.BytesIO(LATE))
    mass_counting.count_chunk(run.pk, size=4)
    assert counted(run)[:2] == ("counting", 4)
    mass_counting.count_chunk(run.pk, size=4)
    assert counted(run) == ("proposed", 6, 6, Decimal("144.00"))
    assert run.roster_entry > 0


def test_the_crank_counts_every_run_and_ends_those_that_give_nothing(run, mara, marco):
    nothing = mass_counting.begin(run.incident.code, "refund", by=mara)
    tasks.count_mass_runs()
    assert counted(run)[0] == "proposed"
    assert counted(nothing) == ("cancelled", 5, 0, 0)
    assert (nothing.is_empty, nothing.excluded) == (True, {"outside_terms": 5})
    assert not mass_counting.count_next()
    assert mass_runs.approve(run.pk, by=marco).state == "approved"


def test_an_empty_roster_is_refused_at_once(mara, db):
    with pytest.raises(Refused, match="nothing_to_grant"):
        mass_counting.begin(make.incident().code, "indemnity", by=mara)
    assert not MassRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_waits_while_somebody_loads_the_roster_or_counts_already(mara):
    run = mass_counting.begin(make.crowd(5).code, "indemnity", by=mara)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [roster.LOCKS, run.incident_id])
            with pytest.raises(Refused, match="roster_busy"):
                mass_counting.count_chunk(run.pk)
            assert not mass_counting.count_next()
            cursor.execute("ROLLBACK; BEGIN; SELECT FROM claims_massrun FOR UPDATE")
            assert not mass_counting.count_next()
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert mass_counting.count_next()
    assert counted(run)[0] == "proposed"
