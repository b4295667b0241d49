"""How long a claim will probably take: measured from recent claims, open ones included, and said with care."""

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.actions import holds, pace
from claims.models import Claim, ClockEvent, Decision, Pace
from claims.reports.deadlines import deadline_of
from claims.reports.estimates import estimate_of, estimates_of, pace_of
from claims.rules.clock import Event, Tick, spans_of
from claims.rules.outage import ROME
from claims.rules.pace import day_after, running, standing
from tests import make

NOW = timezone.now()
TODAY = NOW.astimezone(ROME).date()


def measure():
    """As the crank does; in a test's own transaction."""
    with transaction.atomic():
        pace.measure.__wrapped__()


@pytest.fixture
def past(anna, incident, rita):
    return Past(anna, incident, rita)


class Past:
    """past.add(days, …) is one more claim that was decided after so many days, or waits since; made by plain SQL."""

    def __init__(self, anna, incident, rita, remedy="damages"):
        self.claimant, self.incident, self.decider = anna, incident, rita
        with transaction.atomic():
            self.pattern = make.submitted(anna, incident)
        Claim.objects.filter(pk=self.pattern.pk).update(status="withdrawn")  # not itself among the measured
        self.made = 0

    def add(self, days, *, decided=True, ago=1, stage="decision", incident=None, remedy="damages", stops=()):
        """`ago`: days since the decision; `stops` are (first, until) in days after the start, until None: it lasts."""
        self.made += 1
        last = TODAY - timedelta(days=ago if decided else 0)
        first = last - timedelta(days=days)
        claim = Claim.objects.get(pk=self.pattern.pk)
        claim.pk, claim.reference, claim.status = None, f"{self.made:011d}", "approved" if decided else "submitted"
        claim.incident, claim.remedy = incident or self.incident, remedy
        Claim.objects.bulk_create([claim])
        line = {"claim": claim, "round": 1, "mode": "calendar"}
        lines = [ClockEvent(kind="start", on=first, days=45, basis=stage, **line)]
        for since, until in stops:
            lines.append(ClockEvent(kind="pause", on=first + timedelta(days=since), basis="hold", **line))
            if until is not None:
                lines.append(ClockEvent(kind="resume", on=first + timedelta(days=until), basis="hold", **line))
        ClockEvent.objects.bulk_create(lines)
        if decided:
            at = datetime.combine(last, datetime.min.time(), ROME) + timedelta(hours=12)
            Decision.objects.bulk_create([decision_of(claim, self.decider, at)])
        return claim


def decision_of(claim, decider, at):
    return Decision(
        claim=claim,
        round=1,
        outcome="approved",
        state="effective",
        decider=decider,
        assessment={},
        total=0,
        offsets=0,
        net=0,
        made_at=at,
        effective_at=at,
    )


@pytest.fixture(autouse=True)
def no_guard(db):
    """Claims are put where they stand at once: the way there is not what is tested here."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("RESET session_replication_role")


def quick_and_slow(incident=None, remedy="damages", stage="decision"):
    row = Pace.objects.filter(incident=incident, remedy=remedy, stage=stage).first()
    return row and (row.cases, row.still_open, row.quick, row.slow)


def test_without_open_claims_it_is_the_fifth_and_the_four_fifths(past):
    for days in range(1, 101):
        past.add(days)
    measure()
    assert quick_and_slow() == quick_and_slow(past.incident) == (100, 0, 20, 80)


def test_claims_that_drag_on_make_it_longer_and_not_rosier(past):
    for days in range(1, 21):
        past.add(days)
    measure()
    assert quick_and_slow()[2:] == (4, 16)
    for _each in range(4):
        past.add(60, decided=False)
    measure()
    assert quick_and_slow() == (20, 4, 5, 20)


def test_claims_that_have_just_come_change_nothing(past):
    for days in range(1, 21):
        past.add(days)
    for _each in range(50):
        past.add(0, decided=False)
    measure()
    assert quick_and_slow() == (20, 50, 4, 16)


def test_when_most_are_still_open_nobody_knows(past):
    for days in range(1, 21):
        past.add(days)
    for _each in range(6):
        past.add(60, decided=False)
    measure()
    assert quick_and_slow() == (20, 6, 6, None)
    found = pace_of(past.incident.pk, "damages")
    assert (found.known, found.too_few, found.still_open) == (False, False, 6)


def test_older_decisions_do_not_count(past):
    for ago in (1, 89, 91, 300):
        past.add(10, ago=ago)
    measure()
    assert quick_and_slow()[0] == 2


def test_days_the_clock_stood_still_do_not_count(past):
    past.add(10)
    past.add(30, stops=[(5, 15), (15, 15), (20, 30)])
    past.add(12, stops=[(0, 3)])  # stopped on its first day, which never counts
    past.add(18, decided=False, stops=[(8, None)])
    measure()
    # Ran 10, 10, 10 and, still open, 7 days.
    assert quick_and_slow() == (3, 1, 10, 10)


def test_stages_remedies_and_incidents_are_apart(past):
    other = make.incident("other-2024")
    for kind, days in (({}, 5), ({"stage": "appeal"}, 7), ({"remedy": "refund"}, 9), ({"incident": other}, 11)):
        past.add(days, **kind)
    measure()
    assert quick_and_slow(past.incident) == (1, 0, 5, 5)
    assert quick_and_slow(other) == (1, 0, 11, 11)
    assert quick_and_slow() == (2, 0, 5, 11)
    assert quick_and_slow(stage="appeal") == (1, 0, 7, 7)
    assert quick_and_slow(remedy="refund") == (1, 0, 9, 9)


def test_measuring_again_or_late_gives_what_is_true_then_and_leaves_nothing_old(past):
    past.add(10, remedy="refund")
    past.add(20)
    measure()
    measure()
    assert Pace.objects.count() == 4
    with transaction.atomic():
        pace.measure.__wrapped__(NOW + timedelta(days=200))
    assert Pace.objects.count() == 0


@pytest.fixture
def usual(past):
    """Most claims take 5 to 20 days."""
    for days in range(1, 26):
        past.add(days)
    measure()
    return past


def of(claim):
    claim = Claim.objects.get(pk=claim.pk)
    told = estimate_of(claim, deadline_of(claim))
    assert estimates_of([claim]).get(claim.pk) == told
    return told


def day(days):
    return TODAY + timedelta(days=days)


def test_a_claim_that_waits_learns_the_days_and_the_dates(usual):
    told = of(usual.add(2, decided=False))
    assert (told.quick, told.slow, told.first, told.last) == (5, 20, day(3), day(18))
    assert (told.cases, told.still_open, told.alike, told.late, told.ahead) == (25, 0, True, False, True)
    assert told.usual == "Most claims like yours took 5 to 20 days."


def test_a_claim_older_than_the_first_day_is_told_of_the_last_alone(usual):
    told = of(usual.add(15, decided=False))
    assert (told.first, told.last, told.ahead, told.late) == (day(-10), day(5), False, False)


def test_a_claim_older_than_most_is_told_so_plainly(usual):
    assert of(usual.add(20, decided=False)).last == TODAY
    told = of(usual.add(21, decided=False))
    assert (told.late, told.first, told.last, told.slow) == (True, None, None, 20)


def test_while_the_clock_stands_still_there_is_no_date(usual):
    told = of(usual.add(10, decided=False, stops=[(4, None)]))
    assert (told.stands, told.known, told.first, told.last, told.late) == (True, True, None, None, False)


def test_days_it_stood_still_move_the_dates(usual):
    told = of(usual.add(10, decided=False, stops=[(2, 9)]))
    assert (told.first, told.last) == (day(2), day(17))


def test_with_less_than_twenty_of_the_incident_all_incidents_count_and_it_is_said(usual):
    other = make.incident("other-2024")
    for _each in range(19):
        usual.add(50, incident=other)
    measure()
    told = of(usual.add(1, decided=False, incident=other))
    assert (told.alike, told.cases, told.slow) == (False, 44, 50)
    usual.add(50, incident=other)
    measure()
    assert of(usual.add(1, decided=False, incident=other)).quick == 50


def test_with_less_than_twenty_in_all_nothing_is_guessed(past):
    for _each in range(19):
        past.add(10)
    measure()
    told = of(past.add(1, decided=False))
    assert (told.known, told.too_few, told.cases, told.quick, told.first) == (False, True, 19, None, None)


def test_figures_of_last_week_are_not_told(usual):
    Pace.objects.update(as_of=NOW - timedelta(days=8))
    assert not of(usual.add(1, decided=False)).known


def test_a_decided_claim_and_a_draft_have_none(usual, anna):
    assert of(usual.add(3)) is None
    assert estimates_of([make.draft(anna, usual.incident)]) == {}


def test_many_claims_cost_as_much_as_one(usual, django_assert_num_queries):
    claims = [usual.add(number, decided=False) for number in range(30)]
    for some in (claims[:1], claims):
        with django_assert_num_queries(2):
            assert len(estimates_of(some)) == len(some)


def test_a_hold_that_is_over_counts_as_over_before_the_job_has_run(anna, incident, rita, usual):
    claim = make.taken(anna, incident, rita)
    holds.hold(claim.reference, by=rita, until=day(3), reason="expert")
    assert of(claim).stands
    later = Claim.objects.get(pk=claim.pk)
    assert not estimate_of(later, deadline_of(later, today=day(4))).stands


spells = st.lists(
    st.tuples(st.integers(0, 40), st.booleans(), st.lists(st.integers(0, 45), max_size=5, unique=True).map(sorted)),
    min_size=1,
    max_size=25,
)


def plainly(sample):
    """Day by day, in fractions: the slow way to say the same."""
    lengths = []
    for days, decided, marks in sample:
        marks = [mark for mark in marks if mark <= days]
        stops = [(since, until) for since, until in zip(marks[::2], [*marks[1::2], 999], strict=False)]
        if decided and len(marks) % 2:
            stops.pop()  # what is decided runs
        counted = [n for n in range(1, days + 1) if not any(since <= n < until for since, until in stops)]
        lengths.append((len(counted), decided))
    waiting, quick, slow = Fraction(1), None, None
    for days in range(max(length for length, _decided in lengths) + 1):
        at_risk = sum(length >= days for length, _decided in lengths)
        events = sum(length == days for length, decided in lengths if decided)
        if at_risk:
            waiting *= 1 - Fraction(events, at_risk)
        if quick is None and waiting <= Fraction(8, 10):
            quick = days
        if slow is None and waiting <= Fraction(2, 10):
            slow = days
    decided = sum(decided for _length, decided in lengths)
    return (decided, len(lengths) - decided, quick, slow) if decided else None


class TestAgainstTheSlowWay(TestCase):
    @given(spells)
    @settings(max_examples=60, deadline=None)
    def test_the_statement_says_what_counting_day_by_day_says(self, sample):
        incident = make.incident()
        make.customer(incident)
        past = Past(make.person("anna", "claimant"), incident, make.person("rita", "reviewer"))
        for days, decided, marks in sample:
            marks = [mark for mark in marks if mark <= days]
            pairs = [(since, until) for since, until in zip(marks[::2], [*marks[1::2], None], strict=False)]
            if decided and len(marks) % 2:
                pairs.pop()
            past.add(days, decided=decided, stops=pairs)
        measure()
        assert quick_and_slow() == plainly(sample)


@pytest.mark.parametrize(
    ("marks", "last", "stood"),
    [((), 10, 0), ((3, 5), 10, 2), ((0, 5), 10, 4), ((3,), 10, 8), ((3, 5, 5, 9), 6, 4), ((12,), 10, 0)],
)
def test_standing_and_running_days_make_the_days_that_passed(marks, last, stood):
    start = date(2026, 1, 1)
    kinds = [Tick.PAUSE, Tick.RESUME] * 3
    events = [Event(Tick.START, start, 45)]
    events += [Event(kind, start + timedelta(days=mark)) for kind, mark in zip(kinds, marks, strict=False)]
    spans, end = spans_of(events), start + timedelta(days=last)
    assert standing(spans, end) == stood
    assert running(spans, end) == last - stood
    assert day_after(spans, 20, end) == start + timedelta(days=20 + stood)
