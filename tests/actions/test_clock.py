"""The clock of a claim, moved by actions and read again by a slow reference that walks day by day."""

from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from claims.actions import clock, lifecycle
from claims.models import Claim
from claims.rules.deadlines import is_working_day
from claims.rules.errors import Refused
from claims.rules.outage import ROME
from claims.rules.terms import Terms
from tests import make
from tests.referee import assert_laws_hold


@contextmanager
def day(moment):
    """Noon in Rome on that day."""
    with time_machine.travel(datetime(moment.year, moment.month, moment.day, 12, tzinfo=ROME), tick=False):
        yield


@pytest.fixture
def claim(anna, incident):
    with day(date(2023, 3, 20)):
        return make.submitted(anna, incident)


def step(claim, what, *args, on, **options):
    """One inner step as an action does it; returns the due date."""
    with day(on), transaction.atomic():
        locked = Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
        due = what(locked, *args, **{"basis": "test", "by": None, **options})
        lifecycle.touch(locked, by=None, action="extend", due=due)
    return due


def test_submitting_starts_it(claim):
    line = claim.clock_events.get()
    assert (line.round, line.kind, line.on, line.days, line.mode) == (1, "start", date(2023, 3, 20), 45, "calendar")
    assert (line.basis, line.by) == ("decision", claim.claimant)
    assert claim.due == date(2023, 5, 4)


def test_the_terms_say_how_many_days_and_which_ones_count(anna, db):
    made = make.incident(terms=Terms(decision_days=10, decision_mode="working"))
    make.customer(made)
    with day(date(2023, 3, 31)):
        assert make.submitted(anna, made).due == date(2023, 4, 17)


def test_the_example_with_a_pause(claim):
    assert step(claim, clock.pause, on=date(2023, 4, 3)) == date(2023, 5, 4)
    assert step(claim, clock.resume, on=date(2023, 4, 18)) == date(2023, 5, 19)
    assert_laws_hold()


def test_late_is_late_by_no_day(claim):
    step(claim, clock.pause, on=date(2023, 4, 3))
    with day(date(2023, 6, 1)), transaction.atomic():
        assert clock.resume(claim, basis="test", by=None, on=date(2023, 4, 18)) == date(2023, 5, 19)


def test_an_end_that_lies_ahead_is_today(claim):
    step(claim, clock.pause, on=date(2023, 4, 3))
    with day(date(2023, 4, 18)), transaction.atomic():
        assert clock.resume(claim, basis="test", by=None, on=date(2023, 12, 1)) == date(2023, 5, 19)


def test_it_cannot_stand_still_twice(claim):
    step(claim, clock.pause, on=date(2023, 4, 3))
    with pytest.raises(Refused) as refused:
        step(claim, clock.pause, on=date(2023, 4, 4))
    assert (refused.value.code, refused.value.status) == ("clock_not_running", 409)


def test_one_that_runs_goes_on_running(claim):
    assert step(claim, clock.resume, on=date(2023, 4, 4)) == date(2023, 5, 4)
    assert claim.clock_events.count() == 1


def test_an_extension_adds_days_even_while_it_stands_still(claim):
    step(claim, clock.pause, on=date(2023, 4, 3))
    assert step(claim, clock.extend, 15, on=date(2023, 4, 10)) == date(2023, 5, 19)
    assert step(claim, clock.resume, on=date(2023, 4, 18)) == date(2023, 6, 5)  # 3 June is a Saturday
    assert_laws_hold()


def test_a_round_has_its_own_clock_and_only_one(claim):
    with day(date(2023, 7, 3)), transaction.atomic():
        assert clock.start(claim, 30, basis="appeal", by=None, number=2) == date(2023, 8, 2)
    with pytest.raises(DatabaseError), transaction.atomic():
        clock.start(claim, 30, basis="appeal", by=None, number=2)


def test_a_server_whose_clock_went_back_over_midnight_keeps_the_order(claim):
    step(claim, clock.pause, on=date(2023, 4, 3))
    step(claim, clock.resume, on=date(2023, 4, 2))
    assert [line.on for line in clock.ledger_of(claim)] == [date(2023, 3, 20), date(2023, 4, 3), date(2023, 4, 3)]


@pytest.mark.django_db(transaction=True)
def test_nobody_moves_it_outside_a_transaction(anna, incident):
    claim = make.submitted(anna, incident)
    with pytest.raises(RuntimeError):
        clock.pause(claim, basis="test", by=None)


@pytest.mark.parametrize("statement", ["UPDATE claims_clockevent SET days = 90", "DELETE FROM claims_clockevent"])
def test_the_ledger_cannot_be_rewritten(claim, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def slow_due(acts, days, mode):
    """Day by day, keeping no spans: what each day was is asked of the acts that had happened by its end."""
    allowed = days + sum(number for _on, what, number in acts if what == "extend")
    walked, counted = acts[0][0], 0
    while counted < allowed:
        walked += timedelta(days=1)
        turns = [what for on, what, _number in acts if on <= walked and what in ("pause", "resume")]
        standing = bool(turns) and turns[-1] == "pause"
        counted += not standing and (mode == "calendar" or is_working_day(walked))
    while not is_working_day(walked):
        walked += timedelta(days=1)
    return walked


@pytest.mark.parametrize("seed", range(25))
def test_a_slow_reference_finds_the_same_date_after_every_act(anna, incident, seed):
    dice = Random(seed)
    mode, days = dice.choice(["calendar", "working"]), dice.randint(1, 60)
    on = date(2023, 1, 1) + timedelta(days=dice.randrange(700))
    claim = make.draft(anna, incident)
    acts = [(on, "start", days)]
    with day(on), transaction.atomic():
        clock.start(claim, days, basis="decision", by=None, mode=mode)
    running = True
    for _turn in range(12):
        on += timedelta(days=dice.choice([0, 1, 2, 5, 9, 30]))
        what = dice.choice(["extend", "pause" if running else "resume"])
        number = dice.randint(1, 20) if what == "extend" else 0
        with day(on), transaction.atomic():
            args = [number] if what == "extend" else []
            due = getattr(clock, what)(claim, *args, basis="test", by=None)
        running = {"pause": False, "resume": True}.get(what, running)
        acts.append((on, what, number))
        if running:
            assert due == slow_due(acts, days, mode)
