"""What must become of a claim, said a second time in plain Python. Shares nothing with the product.

Money is in cents, days are dates of Rome, people are names. A move first says No, with the answer a person would get,
or gives back what it does.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from tests.model.days import ROME, after, due

ROLES = {
    "anna": {"claimant"},
    "bruno": {"claimant"},
    "olga": {"operator"},
    "rita": {"reviewer"},
    "remo": {"reviewer"},
    "sara": {"supervisor"},
    "sonia": {"supervisor"},
    "mara": {"manager"},
}
DECIDED = {"approved", "partly_approved", "rejected"}
OPEN = {
    "submitted", "in_review", "information_requested", "on_hold", "awaiting_countersignature", "appealed",
}  # fmt: skip
AFTER = {"payment_due", "paid", "payment_returned"}
BANK_DETAILS = {"draft", "approved", "partly_approved", "payment_due", "payment_returned", *OPEN}


REMINDER = timedelta(days=3)  # before anything is due


class No(Exception):
    """How the system must answer."""

    def __init__(self, status, code):
        super().__init__(status, code)
        self.answer = (status, code)


def need(holds, status, code):
    if not holds:
        raise No(status, code)


@dataclass(frozen=True)
class Terms:
    """What two outages differ in."""

    mode: str = "calendar"
    decision_days: int = 45
    appeal_decision_days: int = 30
    appeal_days: int = 30
    draft_days: int = 90
    closing_days: int = 60
    pausing: tuple = ("court", "expert", "third_party")
    may_worsen: bool = False
    limit: int = 500_00
    head_caps: dict = field(default_factory=lambda: {"missed_opportunity": 600_00})
    cap: int = 5000_00
    closes: object = None  # the moment after which one is late


@dataclass
class Question:
    asked: object
    due: object
    round: int
    things: int
    given: int = 0
    state: str = "open"
    answered: bool = False
    reminded: bool = False


@dataclass
class Decision:
    round: int
    outcome: str
    state: str
    decider: str
    net: int
    gifts: int
    on: object
    signer: str = ""
    appealed: bool = False


@dataclass(repr=False)
class Case:
    number: int
    terms: Terms
    claimant: str
    filed_by: str
    items: list
    touched: object
    state: str = "draft"
    assignee: str = ""
    round: int = 1
    documents: int = 0
    iban: bool = False
    paid: int = 0
    owed: int = 0  # by the decision in force, beyond what was paid
    sent_in: object = None
    late: bool = False  # its claimant said why it is late
    returned: bool = False  # a decision of this round was given back
    decided: object = None
    told: object = None  # the day on which the notice of the latest decision left
    due: object = None
    clock: dict = field(default_factory=dict)  # round: [(kind, day, number)]
    questions: list = field(default_factory=list)
    hold: tuple = ()  # (until, pauses)
    decisions: list = field(default_factory=list)
    gave_back: set = field(default_factory=set)
    flag: str = ""
    breaches: set = field(default_factory=set)
    reminders: set = field(default_factory=set)
    asked_bank: set = field(default_factory=set)
    message: tuple = ()  # (when the claimant was last told of one, whether it was read)
    acts: list = field(default_factory=list)
    notices: Counter = field(default_factory=Counter)

    def __repr__(self):
        return f"case {self.number} ({self.state})"

    @property
    def last(self):
        """The decision in force."""
        return max((each for each in self.decisions if each.state == "effective"), key=lambda d: d.round, default=None)

    @property
    def proposal(self):
        return next((each for each in self.decisions if each.state == "proposed"), None)

    @property
    def final(self):
        return any(each.appealed for each in self.decisions if self.last and each.round < self.last.round)


class Steps:
    """What the moves have in common."""

    def __init__(self, now, terms):
        self.now, self.terms, self.cases = now, terms, []
        self.visited = Counter()

    @property
    def today(self):
        return self.now.astimezone(ROME).date()

    def has(self, who, *roles):
        return not ROLES[who].isdisjoint(roles)

    def sees(self, who, c):
        if c.claimant == who or (c.filed_by == who and self.has(who, "operator")):
            return True
        if c.state == "draft":
            return c.late and self.is_late(c.terms) and self.has(who, "supervisor")
        return self.has(who, "reviewer", "supervisor", "manager")

    def is_late(self, terms):
        return terms.closes is not None and self.now >= terms.closes

    def speaks_for(self, who, c):
        return c.claimant == who or (c.filed_by == who and self.has(who, "operator"))

    def known(self, c, who, stale=False):
        need(self.sees(who, c), 404, "not_found")
        need(not stale, 409, "stale")

    def not_own(self, c, who):
        need(who not in (c.claimant, c.filed_by), 403, "own_claim")

    def can_take(self, c, who, number=None):
        need(self.has(who, "reviewer", "supervisor"), 403, "wrong_role")
        self.not_own(c, who)
        earlier = [d for d in c.decisions if d.state == "effective" and d.round < (number or c.round)]
        need(who not in {name for d in earlier for name in (d.decider, d.signer)}, 403, "decided_before")

    def can_hold(self, c, who):
        self.not_own(c, who)
        need(c.assignee == who or self.has(who, "supervisor"), 403, "not_assignee")

    def urgency(self, c):
        """What is due within three days first, by its day; then by how many things make it risky, then by age."""
        risk = (sum(amount for _head, amount in c.items) > c.terms.limit) + (c.round > 1) + c.returned
        pressing = (c.due - self.today).days <= REMINDER.days
        return ((0, c.due) if pressing else (1,)), -risk, c.sent_in, c.number

    def window_open(self, c):
        """Whether the decision in force may still be appealed against; the days run from the notice."""
        if c.final:
            return False
        return c.told is None or self.today <= after(max(c.last.on, c.told), c.terms.appeal_days)

    def go(self, c, act, state=None, by="", notice=None):
        """One act: what the journal must say of it, and the notice that goes with it."""
        self.visited[act, c.state, state or c.state] += 1
        c.state, c.touched = state or c.state, self.now
        c.acts.append((act, by, c.state))
        if notice:
            c.notices[notice] += 1

    def tick(self, c, kind, number=0, on=None, at=None):
        """A line of the ledger, and the day on which the case is due since then."""
        if kind == "resume" and not any(line[0] == "pause" for line in c.clock[c.round]):
            return
        lines = c.clock.setdefault(at or c.round, [])
        lines.append((kind, min(on or self.today, self.today), number))
        c.due = due(lines, c.terms.mode)

    def note_breach(self, c):
        """Late is late, whenever anybody looks: a pause that is over ended on its day, and stood for nothing after it.

        The jobs look, and so does whatever ends the time to decide or prolongs it.
        """
        lines = c.clock[c.round]
        if self.stands(c):
            on_hold = c.state == "on_hold"
            over = c.hold[0] if on_hold else c.questions[-1].due + timedelta(days=1)
            lines = [*lines, ("resume", min(over, self.today), 0)]
        if due(lines, c.terms.mode) < self.today and c.round not in c.breaches:
            c.breaches.add(c.round)
            self.go(c, "overdue")

    def stands(self, c):
        return c.state == "information_requested" or (c.state == "on_hold" and c.hold[1])

    def answerable(self, c):
        q = c.questions[-1] if c.questions else None
        if q is None or q.state == "open":
            return q
        late = q.state == "expired" and not q.answered and q.round == c.round and c.state in OPEN
        return q if late else None

    def end_question(self, c, q, by, act, state, notice=None):
        q.state = state
        self.tick(c, "resume", on=q.due + timedelta(days=1))
        self.go(c, act, "in_review", by, notice)

    def expire(self, c, q):
        c.flag = "unanswered"
        self.end_question(c, q, "", "unanswered", "expired")

    def reduced(self, c, kind, share):
        """(cents given in all, whether every item in full, whether nothing): item, head, then claim."""
        heads, full, nothing = Counter(), True, True
        for head, amount in c.items:
            awarded = {"full": amount, "part": amount // 3, "none": 0}[kind]
            given = (awarded * (100 - share) * 2 + 100) // 200
            heads[head] += given
            full, nothing = full and awarded == amount, nothing and given == 0
        total = sum(min(given, c.terms.head_caps.get(head, given)) for head, given in heads.items())
        return min(total, c.terms.cap), full, nothing
