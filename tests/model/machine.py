"""Random people do random things with random claims, allowed or not, while time passes; the model looks on."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.model.days import due
from tests.model.endings import Model
from tests.model.model import ROLES, No, Terms
from tests.model.system import CASES, System
from tests.referee import assert_laws_hold

TERMS = (
    Terms(),
    Terms(
        mode="working",
        decision_days=20,
        appeal_decision_days=15,
        pausing=("court", "expert"),
        may_worsen=True,
        draft_days=8,
        closing_days=20,
    ),
    Terms(decision_days=10, appeal_days=5, draft_days=10, closing_days=10, closes=datetime(2024, 6, 1, tzinfo=UTC)),
)
PEOPLE, STAFF, SUPERVISORS = list(ROLES), ["rita", "remo", "sara", "sonia"], ["sara", "sonia"]
LOSSES = (
    [("extra_expense", 120_00)],
    [("extra_expense", 89_90), ("missed_opportunity", 900_00)],
    [("missed_opportunity", 700_01), ("missed_opportunity", 650_33)],
    [("service_value", 19_99)],
    [("extra_expense", 1), ("service_value", 3)],
    [("lost_earnings", 500_00)],
    [("lost_earnings", 500_01)],
    [("lost_earnings", 6000_00), ("legal_costs", 49_05)],
)
# How each move may be made: first the ways that can succeed, then those that cannot.
WAYS = {
    "edit": [{"items": items} for items in LOSSES],
    "submit": [{}, {"late": "She was ill"}, {"declared": False}],
    "ask_late": [{}, {"declared": False}, {"reason": False}],
    "bank": [{}, {"valid": False}],
    "message": [{}, {"words": False}],
    "assign": [{"to": name} for name in (*STAFF, "mara", "anna")],
    "hand_over": [*({"to": name} for name in (*STAFF, "mara", "anna")), {"to": "remo", "note": False}],
    "hold": [
        *({"reason": reason, "days": days} for reason in ("expert", "third_party", "workload") for days in (1, 20, 90)),
        {"reason": ""}, {"days": 0}, {"days": 91},
    ],
    "ask": [{}, {"things": 2, "days": 3}, {"things": 2, "days": 40}, {"things": 0}, {"days": 91}, {"days": 0}],
    "answer": [{}, {"words": False}],
    "extend": [{}, {"days": 1}, {"days": 90}, {"days": 91}, {"days": 0}],
    "decide": [
        {}, {"kind": "part"}, {"kind": "part", "share": 25}, {"share": 50}, {"kind": "none"}, {"ask": True},
        {"kind": "none", "gifts": 3}, {"kind": "part", "gifts": 2, "ask": True}, {"kind": "none", "ask": True},
        {"wrong": "unchecked"}, {"wrong": "over"}, {"wrong": "reasons", "kind": "part"}, {"wrong": "outcome"},
        {"wrong": "item"},
    ],
    "give_back": [{}, {"note": False}],
    "appeal": [{}, {"grounds": False}],
    "reopen": [{}, *({"to": name} for name in STAFF), {"reason": False}],
}  # fmt: skip
# How often a move is made when it is possible; what ends a claim early, or leaves it where it is, is rare.
WEIGHTS = {
    "edit": 3, "attach": 10, "submit": 80, "ask_late": 40, "withdraw": 3, "bank": 15, "message": 4, "note": 3,
    "take": 60, "assign": 15, "hand_over": 8, "release": 6, "hold": 12, "resume": 15, "ask": 15, "take_back": 8,
    "answer": 15,
    "extend": 6, "decide": 80, "countersign": 40, "give_back": 12, "recall": 12, "accept": 12, "appeal": 40,
    "reopen": 30, "settle": 40, "come_back": 8,
}  # fmt: skip
UNSTALED = {"attach", "message", "note", "settle", "come_back"}
BANK = {"settle", "come_back"}
MOVES = sorted(set(WEIGHTS) - BANK)
JUMPS = [timedelta(hours=1), *(timedelta(days=days, hours=days % 5) for days in (1, 3, 8, 15, 29, 31, 40))]
HAPPENS = [
    *["go_on"] * 11, *["time_passes"] * 4, *["anybody_tries_anything"] * 3, "file_a_claim", "somebody_takes_the_next",
    "anybody_opens_one",
]  # fmt: skip
WORLD = {}  # what the test prepared: world, visited, made, tried


def pick(data, options, label=None):
    """One of them: as hypothesis wants it, or by dice."""
    return data.choice(options) if isinstance(data, Random) else data.draw(st.sampled_from(options), label=label)


class Lifecycle(RuleBasedStateMachine):
    """Legal by the model, and only then, is accepted by the system; what both hold is the same after each step."""

    eager = False  # to make what was not made yet

    @initialize(start=st.integers(0, 1200), hour=st.integers(0, 23))
    def begin(self, start, hour):
        now = datetime(2023, 2, 1, hour, 30, tzinfo=UTC) + timedelta(days=start)
        self.model, self.system, self.step = Model(now, TERMS), System(WORLD["world"], now), 0
        self.seen = {}

    @rule(data=st.data())
    def something_happens(self, data):
        getattr(self, pick(data, HAPPENS, label="what"))(data)

    def file_a_claim(self, data):
        """Opened and, more often than not, complete and submitted."""
        if len(self.model.cases) == CASES:
            return self.go_on(data)
        who = pick(data, ["anna", "anna", "bruno", "olga", "olga", "rita", "sara"])
        for_whom = pick(data, ["anna", "bruno", "rita", ""]) if who == "olga" else ""
        items = pick(data, LOSSES)
        self.opened(who, pick(data, [0, 1, 2]), for_whom, items)
        if pick(data, [True, True, True, False]) and self.model.cases:
            for move in ("attach", "submit"):
                self.both(move, self.model.cases[-1], who, {})
        return None

    def opened(self, who, outage, for_whom, items):
        how = {"outage": outage, "for_whom": for_whom, "items": items}
        self.compare("open", lambda: self.model.open(who, **how), lambda: self.system.act("open", None, who, how))

    def go_on(self, data):
        """One of the moves that are possible now; rather one that this run has not seen."""
        options = {move: chances for move in WEIGHTS if (chances := list(self.chances(move)))}
        wanted = [move for move in options if move not in WORLD["made"]] if self.eager else options
        moves = [move for move in wanted or options for _ in range(WEIGHTS[move])]
        if moves:
            move = pick(data, moves, label="move")
            WORLD["made"].add(move)
            self.both(move, *pick(data, options[move], label="by whom and how"))
        elif len(self.model.cases) < CASES:
            self.file_a_claim(data)

    def chances(self, move):
        """(case, who, how) of all that the model would let happen."""
        for case in self.model.cases:
            for who in ["anna"] if move in BANK else PEOPLE:
                for how in WAYS.get(move, [{}]):
                    answer = self.refusal(move, case, who, how)
                    if answer is None:
                        yield case, who, how
                    elif answer[0] != 422 and "to" not in how:
                        break  # no other way of doing it is better

    def somebody_takes_the_next(self, data):
        who = pick(data, PEOPLE)
        self.compare(
            "take_next", lambda: self.model.take_next(who), lambda: self.system.act("take_next", None, who, {})
        )

    def anybody_tries_anything(self, data):
        if not self.model.cases:
            return self.anybody_opens_one(data)
        case, who = pick(data, self.model.cases), pick(data, PEOPLE)
        move = pick(data, sorted(WEIGHTS))
        how = pick(data, WAYS.get(move, [{}]))
        stale = move not in UNSTALED and len(case.acts) > 1 and pick(data, [False] * 5 + [True])
        return self.both(move, case, who, how | {"stale": True} if stale else how)

    def everybody_tries_what_is_refused(self):
        """In every state and round that nobody came to before: each move by each person that the model refuses."""
        for case in self.model.cases:
            if (place := (case.state, case.round)) not in WORLD["tried"]:
                WORLD["tried"][place] = sum(self.is_refused(case, who, move) for who in PEOPLE for move in MOVES)
                self.agree(moved=False)

    def is_refused(self, case, who, move):
        """Whether the model refuses some way of making the move; then the system refuses it in the same words."""
        for how in WAYS.get(move, [{}]):
            if how.get("wrong") == "unchecked":  # for which answers are taken away, not in every state possible
                continue
            if expected := self.refusal(move, case, who, how):
                found = self.system.act(move, case.number, who, how)
                what = f"{move} of {case.state} case {case.number} by {who} {how}"
                assert found == expected, f"{what}: the model says {expected}, the system {found}"
                return True
        return False

    def anybody_opens_one(self, data):
        if len(self.model.cases) < CASES:
            who, for_whom = pick(data, PEOPLE), pick(data, ["anna", ""])
            self.opened(who, pick(data, [0, 1, 2]), for_whom, LOSSES[0])

    def time_passes(self, data):
        """Sometimes the jobs sleep: what they find later must be the same."""
        self.model.now = self.system.now = self.model.now + pick(data, JUMPS, label="jump")
        if pick(data, [True, True, True, False], label="jobs run"):
            self.model.cranks()
            self.system.crank()
            self.agree()

    def refusal(self, move, case, who, how):
        try:
            getattr(self.model, move)(case, who, **how)
        except No as no:
            return no.answer

    def both(self, move, case, who, how):
        self.compare(
            f"{move} of {case.state} case {case.number} by {who} {how}",
            lambda: getattr(self.model, move)(case, who, **how),
            lambda: self.system.act(move, case.number, who, how),
        )

    def compare(self, what, modelled, done):
        try:
            effect, expected = modelled(), None
        except No as no:
            effect, expected = None, no.answer
        found = done()
        assert found == expected, f"{what}: the model says {expected}, the system {found}"
        if effect:
            effect()
        self.agree(moved=bool(effect))

    def agree(self, moved=True):
        """Claims, journal, notices and decisions are what the model says."""
        cases = self.model.cases
        assert self.system.claims() == [
            {
                "state": case.state,
                "assignee": case.assignee,
                "round": case.round,
                "due": due(case.clock[case.round], case.terms.mode) if case.clock else None,
                "entries": len(case.acts),
                "claimed": sum(amount for _head, amount in case.items),
                "iban": case.iban,
                "flag": case.flag,
            }
            for case in cases
        ]
        if not moved:
            assert self.system.nothing_written(), "it was refused and left a trace"
            return
        entries, notices = self.system.new_entries(), self.system.new_notices()
        for case in cases:
            acts, told = self.seen.get(case.number, (0, Counter()))
            assert entries.get(case.number, []) == case.acts[acts:], f"journal of case {case.number}"
            assert told + notices.get(case.number, Counter()) == case.notices, f"notices of case {case.number}"
            self.seen[case.number] = (len(case.acts), case.notices.copy())
        assert self.system.decisions() == {
            case.number: [
                (each.round, each.outcome, each.state, each.decider, each.signer, each.net, each.gifts)
                for each in case.decisions
            ]
            for case in cases
            if case.decisions
        }

    @invariant()
    def everybody_sees_what_is_theirs(self):
        if hasattr(self, "model"):
            self.step += 1
            who = PEOPLE[self.step % len(PEOPLE)]
            assert self.system.visible(who) == [c.number for c in self.model.cases if self.model.sees(who, c)], who

    def teardown(self):
        if hasattr(self, "model"):
            WORLD["visited"] += self.model.visited
            assert_laws_hold()


def tour(runs, steps, seed, until, *, thorough=False):
    """Runs that always go on to what nobody did yet; the same ones every time. `until` says when it was enough.

    A `thorough` one stops in every state and lets everybody try what they may not do there: some minutes.
    """
    dice = Random(seed)
    for _ in range(runs):
        if until():
            return
        walk = Lifecycle()
        walk.eager = True
        walk.begin(dice.randrange(1200), dice.randrange(24))
        for _step in range(steps):
            getattr(walk, dice.choice(HAPPENS))(dice)
            walk.everybody_sees_what_is_theirs()
            if thorough:
                walk.everybody_tries_what_is_refused()
        walk.teardown()


def run(runs, steps, *, factory=Lifecycle, **options):
    """Runs the machine; the same ones every time unless `options` say otherwise."""
    options = {"derandomize": True, "database": None, "deadline": None, "report_multiple_bugs": False, **options}
    options.setdefault("phases", [Phase.generate])
    run_state_machine_as_test(
        factory,
        settings=settings(
            max_examples=runs, stateful_step_count=steps, suppress_health_check=list(HealthCheck), **options
        ),
    )
