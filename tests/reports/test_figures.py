"""Each figure against a slow and plain count in Python, on random lives of random claims."""

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.models import Check, Claim, Decision, JournalEntry, Notice
from claims.reports import figures
from claims.reports.figures import Scope
from claims.rules.outage import ROME
from claims.rules.statuses import UNDECIDED, WITH_REVIEWER
from tests import make

TODAY = date(2026, 4, 20)
# Around the night of the clock change, when days have 23 hours.
START = datetime(2026, 3, 20, 22, 30, tzinfo=UTC)
LIVES = [
    ["submitted"],
    ["submitted", "in_review"],
    ["submitted", "in_review", "submitted"],
    ["submitted", "withdrawn"],
    ["submitted", "in_review", "awaiting_countersignature"],
    ["submitted", "in_review", "awaiting_countersignature", "approved"],
    ["submitted", "in_review", "approved"],
    ["submitted", "in_review", "partly_approved", "payment_due"],
    ["submitted", "in_review", "rejected"],
    ["submitted", "in_review", "rejected", "appealed"],
    ["submitted", "in_review", "rejected", "appealed", "in_review", "partly_approved"],
    ["submitted", "in_review", "on_hold"],
]
OUTCOMES = ("approved", "partly_approved", "rejected")


@dataclass
class Life:
    """What happened to one claim, as the slow reference knows it."""

    incident: str
    steps: list  # (moment, status), the draft left out
    due: date
    claimed: Decimal
    reviewer: str
    notices: list
    decisions: list = field(default_factory=list)  # (moment, outcome, euro)

    @property
    def status(self):
        return self.steps[-1][1] if self.steps else "draft"

    @property
    def submitted(self):
        return self.steps[0][0] if self.steps else None

    def status_at(self, moment):
        return next((status for at, status in reversed(self.steps) if at < moment), "draft")


@st.composite
def lives(draw):
    moment, steps = START, []
    for status in draw(st.sampled_from([[], *LIVES])):
        moment += timedelta(minutes=draw(st.integers(0, 9 * 24 * 60)))
        steps.append((moment, status))
    claimed = Decimal(draw(st.integers(1, 100_000))) / 100
    return Life(
        incident=draw(st.sampled_from(["one", "two"])),
        steps=steps,
        due=draw(st.dates(date(2026, 3, 25), date(2026, 5, 1))),
        claimed=claimed,
        reviewer=draw(st.sampled_from(["rita", "remo"])),
        notices=draw(st.lists(st.sampled_from(["sent", "queued", "failed", "held"]), max_size=2)) if steps else [],
        decisions=[
            (at, status, Decimal(0) if status == "rejected" else claimed * draw(st.integers(1, 100)) / 100)
            for at, status in steps
            if status in OUTCOMES
        ],
    )


days = st.none() | st.dates(date(2026, 3, 20), date(2026, 4, 25))
scopes = st.builds(
    Scope, incident=st.sampled_from(["", "one", "two", "three"]), first=days, last=days, today=st.just(TODAY)
)


def day(moment):
    return moment.astimezone(ROME).date()


class Reference:
    """The figures counted one by one."""

    def __init__(self, all_lives, scope):
        self.scope = scope
        self.lives = [life for life in all_lives if life.steps and scope.incident in ("", life.incident)]
        self.open = [life for life in self.lives if life.status in UNDECIDED]
        self.decided = [
            (life, *decision) for life in self.lives for decision in life.decisions if self.inside(day(decision[0]))
        ]

    def inside(self, on):
        return (self.scope.first is None or on >= self.scope.first) and (
            self.scope.last is None or on <= self.scope.last
        )

    def inflow_by_day(self):
        return sorted(Counter(day(life.submitted) for life in self.lives if self.inside(day(life.submitted))).items())

    def backlog(self):
        if self.scope.last is None or self.scope.last >= TODAY:
            return len(self.open)
        end = datetime.combine(self.scope.last + timedelta(days=1), datetime.min.time(), ROME)
        return sum(life.status_at(end) in UNDECIDED for life in self.lives)

    def ageing(self):
        ages = [(TODAY - day(life.submitted)).days for life in self.open]
        return [(low, high, sum(low <= age <= (high or age) for age in ages)) for low, high in figures.AGES]

    def days_to_decision(self):
        spans = sorted((day(at) - day(life.submitted)).days for life, at, _outcome, _euro in self.decided)
        return tuple(spans[max(math.ceil(part * len(spans)), 1) - 1] if spans else None for part in (0.5, 0.9))

    def acceptance_rate(self):
        accepted = [outcome != "rejected" for _life, _at, outcome, _euro in self.decided]
        return sum(accepted) / len(accepted) if accepted else None

    def award_ratio(self):
        claimed = sum(life.claimed for life, *_rest in self.decided)
        return sum(round(euro, 2) for *_rest, euro in self.decided) / claimed if claimed else None

    def breaches(self):
        broken = 0
        for life in self.lives:
            late = bool(life.decisions) and day(life.decisions[-1][0]) > life.due and life.status not in UNDECIDED
            overdue = life.status in UNDECIDED and life.due < TODAY
            broken += self.inside(life.due) and (late or overdue)
        return broken

    def load(self):
        desks = Counter(life.reviewer for life in self.lives if life.status in WITH_REVIEWER)
        late = Counter(life.reviewer for life in self.lives if life.status in WITH_REVIEWER and life.due < TODAY)
        rows = [(name.capitalize(), f"{name}@example.org", n, late[name]) for name, n in desks.items()]
        return sorted(rows, key=lambda row: (-row[2], row[1]))

    def notices_by_state(self):
        return dict(Counter(state for life in self.lives if self.inside(day(life.submitted)) for state in life.notices))


@pytest.fixture
def world(db, rita, remo, anna):
    incidents = {code: make.incident(code) for code in ("one", "two")}
    return {"incidents": incidents, "rita": rita, "remo": remo, "anna": anna}


def live(all_lives, world):
    """Writes the lives into the tables, past the triggers that would want them step by step."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    for number, life in enumerate(all_lives, 1):
        incident = world["incidents"][life.incident]
        claim = Claim.objects.create(
            reference=f"R{number}",
            incident=incident,
            terms=incident.terms,
            status=life.status,
            claimant=world["anna"],
            filed_by=world["anna"],
            login="anna@libero.example",
            claimed=life.claimed,
            assigned_to=world[life.reviewer],
            due=life.due,
            submitted_at=life.submitted,
            decided_at=life.decisions[-1][0] if life.decisions else None,
        )
        before = "draft"
        for sequence, (at, status) in enumerate(life.steps, 2):
            JournalEntry.objects.create(
                chain=f"claim:{claim.pk}", sequence=sequence, at=at, action="x", old=before, new=status
            )
            before = status
        for turn, (at, outcome, euro) in enumerate(life.decisions, 1):
            euro = round(euro, 2)
            Check.objects.create(claim=claim, round=turn, code="harm", result="pass", by=world["rita"])
            Decision.objects.create(
                claim=claim,
                round=turn,
                outcome=outcome,
                state="effective",
                decider=world["rita"],
                assessment={},
                total=euro,
                offsets=0,
                net=euro,
                effective_at=at,
            )
        for turn, state in enumerate(life.notices):
            Notice.objects.create(key=f"{number}-{turn}", claim=claim, state=state, created_at=life.submitted)


@given(all_lives=st.lists(lives(), max_size=12), scope=scopes)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_is_what_counting_one_by_one_gives(world, all_lives, scope):
    with transaction.atomic():
        live(all_lives, world)
        slow = Reference(all_lives, scope)
        assert figures.inflow_by_day(scope) == slow.inflow_by_day()
        assert figures.inflow(scope) == sum(count for _day, count in slow.inflow_by_day())
        assert figures.backlog(scope) == slow.backlog()
        assert figures.ageing(scope) == slow.ageing()
        assert figures.days_to_decision(scope) == slow.days_to_decision()
        assert figures.acceptance_rate(scope) == slow.acceptance_rate()
        assert figures.award_ratio(scope) == pytest.approx(slow.award_ratio())
        assert figures.exposure(scope) == sum((life.claimed for life in slow.open), Decimal(0))
        assert figures.breaches(scope) == slow.breaches()
        assert figures.load(scope) == slow.load()
        assert figures.notices_by_state(scope) == slow.notices_by_state()
        transaction.set_rollback(True)


def test_a_real_life_is_counted(anna, bruno, incident, rita):
    make.decided(anna, incident, rita)
    make.taken(bruno, incident, rita, login="bruno@virgilio.example")
    make.draft(anna, incident)
    scope = Scope(incident=incident.code)
    assert (figures.inflow(scope), figures.backlog(scope), figures.acceptance_rate(scope)) == (2, 1, 1.0)
    assert figures.days_to_decision(scope) == (0, 0)
    assert figures.award_ratio(scope) == 1
    assert figures.load(scope) == [("Rita", "rita@example.org", 1, 0)]
    assert figures.exposure(scope) == Decimal("120.00")
    assert figures.breaches(scope) == 0


def test_figures_of_nothing_are_nothing(db):
    scope = Scope()
    assert (figures.inflow(scope), figures.backlog(scope), figures.exposure(scope)) == (0, 0, 0)
    assert (figures.acceptance_rate(scope), figures.award_ratio(scope)) == (None, None)
    assert figures.days_to_decision(scope) == (None, None)
    assert figures.load(scope) == figures.inflow_by_day(scope) == []
