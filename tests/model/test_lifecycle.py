"""The life of a case, proven against a model of it: short here, long in `make soak`.

Of a failure hypothesis prints every step. The long form prints its seeds; RISTORO_SEED=… begins with that one.
"""

import os
import secrets
from collections import Counter
from datetime import date, timedelta

import hypothesis
import pytest

from claims.rules.deadlines import is_working_day
from claims.rules.statuses import CLAIM_MOVES, MOVES, Status
from tests.model import days, machine
from tests.model.mutants import IN_THE_SUITE, MUTANTS
from tests.model.system import World
from tests.soak import LONG, rounds

pytestmark = pytest.mark.django_db(transaction=True)
BATCH, BOUND = 100, 500  # runs with one seed; runs in which a mutant must be found


@pytest.fixture
def world():
    machine.WORLD.update(world=World(machine.TERMS), visited=Counter(), made=set(), tried={})
    return machine.WORLD


def test_both_calendars_know_the_same_days_off():
    first = date(2012, 1, 1)
    for number in range(18_000):
        day = first + timedelta(days=number)
        assert days.works(day) == is_working_day(day), day


@pytest.mark.soak
def test_the_system_does_what_the_model_says(world, tally):
    """12 runs of 30 steps that are the same every time, or 2,000 of 50 that never are."""
    runs, steps = rounds(12, BATCH), rounds(30, 50)
    for batch in range(rounds(1, 20)):
        tally.tried("steps of the machine", runs * steps)
        if LONG:
            seed = int(os.environ.get("RISTORO_SEED") or secrets.randbelow(2**32)) + batch
            print("seed", seed)
            machine.run(runs, steps, factory=hypothesis.seed(seed)(machine.Lifecycle), derandomize=False)
        else:
            machine.run(runs, steps)
        tally.held("steps of the machine", runs * steps)
    if LONG:
        check_visited(world["visited"], least=20)


@pytest.mark.soak
def test_a_tour_makes_every_move(world, tally):
    """The long form lets everybody try in every state what they may not do there."""
    take_a_tour(world)
    check_visited(world["visited"], least=1)
    for (state, number), times in world["tried"].items():
        tally.tried(f"moves refused: {state}, round {number}", times)
        tally.held(f"moves refused: {state}, round {number}", times)


def take_a_tour(world):
    # With this seed five runs are enough; most others need three times as many.
    machine.tour(40, 40, seed=62, until=lambda: not missing(world["visited"], least=1), thorough=LONG)


def missing(visited, least):
    """The moves that were made less often, and the states nobody came to."""
    made, states = Counter(), {new for _move, _old, new in visited}
    for (move, _old, _new), times in visited.items():
        made[move] += times
    moves = [each.name for each in MOVES if made[each.name] < least]
    return moves + [status.value for status in Status if status.value not in states]


def check_visited(visited, least):
    """Every move was made, every pair of states gone; prints the table."""
    pairs = Counter(dict.fromkeys(CLAIM_MOVES, 0))
    for (_move, old, new), times in visited.items():
        if (old, new) in pairs:
            pairs[old, new] += times
    print("\n".join(f"{times:>7,}  {old} -> {new}" for (old, new), times in sorted(pairs.items())))
    assert missing(visited, least) == []
    if LONG:
        assert [pair for pair, times in pairs.items() if times < least] == []


@pytest.mark.soak
def test_slips_are_found(world, tally, monkeypatch):
    """The negative control: a machine that finds nothing proves nothing."""
    mutants, missed = rounds(IN_THE_SUITE, MUTANTS), []
    for mutant in mutants:
        tally.tried("slips of the hand that the machine must find")
        with monkeypatch.context() as patching:
            mutant(patching.setattr)
            try:
                if LONG:
                    world.update(visited=Counter(), made=set(), tried={})
                    take_a_tour(world)
                machine.run(rounds(25, BOUND), 30)
            except Exception as error:  # whatever it breaks first: the model, the database or the referee
                print(f"{mutant.__name__}: {type(error).__name__}")
                tally.held("slips of the hand that the machine must find")
            else:
                missed.append(mutant.__name__)
    assert len(missed) <= rounds(0, 1), missed


EXAMPLES = (
    ([("start", date(2023, 3, 20), 45)], "calendar", date(2023, 5, 4)),
    (
        [("start", date(2023, 3, 20), 45), ("pause", date(2023, 4, 3), 0), ("resume", date(2023, 4, 18), 0)],
        "calendar",
        date(2023, 5, 19),
    ),
    ([("start", date(2023, 3, 31), 10)], "working", date(2023, 4, 17)),
    (
        [
            ("start", date(2023, 12, 11), 15),
            *(("pause", date(2023, 12, 18), 0), ("resume", date(2023, 12, 21), 0)),
            *(("pause", date(2023, 12, 29), 0), ("resume", date(2024, 1, 4), 0)),
        ],
        "working",
        date(2024, 1, 12),
    ),
)


@pytest.mark.parametrize(("lines", "mode", "due"), EXAMPLES)
def test_the_slow_reference_knows_the_examples_of_the_field(lines, mode, due):
    assert days.due(lines, mode) == due
