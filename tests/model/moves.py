"""The moves of the model: who may do what when, how a No is answered, and what follows.

Shares nothing with the product. Each checks in the order in which a person is answered and returns what it does.
"""

from datetime import timedelta

from tests.model.days import after
from tests.model.model import AFTER, BANK_DETAILS, DECIDED, OPEN, Case, Decision, Question, Steps, need

ON_A_DESK = ("in_review", "information_requested", "on_hold")


class Filing(Steps):
    def open(self, who, outage, for_whom, items):
        terms = self.terms[outage]
        need(not self.is_late(terms) or self.has(who, "operator", "supervisor"), 409, "window_closed")
        need(for_whom or not self.has(who, "operator"), 422, "required")
        need(not for_whom or self.has(who, "operator"), 403, "wrong_role")

        def do():
            case = Case(len(self.cases), terms, for_whom or who, who, items, self.now)
            self.cases.append(case)
            self.visited["open", "", "draft"] += 1
            case.acts.append(("open", who, "draft"))

        return do

    def own_draft(self, c, who, stale, code="wrong_state"):
        self.known(c, who, stale)
        need(self.speaks_for(who, c), 403, "not_yours")
        need(c.state == "draft", 409, code)

    def edit(self, c, who, items, stale=False):
        self.own_draft(c, who, stale)

        def do():
            c.items = items
            self.go(c, "edit", by=who)

        return do

    def attach(self, c, who):
        self.known(c, who)
        need(self.speaks_for(who, c), 403, "not_yours")
        q = None if c.state == "draft" else self.answerable(c)
        appealing = c.claimant == who and c.state in DECIDED and self.window_open(c)
        need(c.state == "draft" or q or appealing, 409, "wrong_state")

        def do():
            c.documents += 1
            if q and q.things == 1:
                q.given = 1
            self.go(c, "attach", by=who)

        return do

    def submit(self, c, who, declared=True, late="", stale=False):
        self.known(c, who, stale)
        if self.is_late(c.terms):
            need(self.has(who, "operator", "supervisor"), 403, "wrong_role")
            need(who != c.claimant, 403, "own_claim")
        own = self.speaks_for(who, c)
        need(own or (self.is_late(c.terms) and self.has(who, "supervisor")), 403, "not_yours")
        need(c.state == "draft", 409, "illegal_move")
        self.complete(c, declared)
        need(late or not self.is_late(c.terms) or (own and c.late), 422, "required")

        def do():
            c.sent_in, c.returned = self.now, False
            self.tick(c, "start", c.terms.decision_days)
            self.go(c, "submit", "submitted", who, "claim_submitted")

        return do

    def ask_late(self, c, who, declared=True, reason=True, stale=False):
        self.own_draft(c, who, stale)
        need(self.is_late(c.terms), 409, "not_late")
        self.complete(c, declared)
        need(reason, 422, "required")

        def do():
            c.late = True
            self.go(c, "ask late", by=who)

        return do

    def complete(self, c, declared):
        need(declared, 422, "declaration_required")
        need(c.items, 422, "required")
        need(c.documents or all(head == "service_value" for head, _ in c.items), 422, "evidence_required")

    def withdraw(self, c, who, stale=False):
        self.known(c, who, stale)
        need(c.claimant == who, 403, "not_yours")
        need(c.state == "draft" or c.state in OPEN, 409, "illegal_move")

        def do():
            if c.state == "draft":
                return self.go(c, "discard", "withdrawn", who)
            self.note_breach(c)
            c.assignee, c.hold = "", ()
            for decision in c.decisions:
                decision.state = "void" if decision.state == "proposed" else decision.state
            for q in c.questions:
                q.state = "cancelled" if q.state == "open" else q.state
            return self.go(c, "withdraw", "withdrawn", who, "claim_withdrawn")

        return do

    def bank(self, c, who, valid=True, stale=False):
        self.known(c, who, stale)
        need(c.claimant == who, 403, "not_yours")
        need(c.state in BANK_DETAILS, 409, "wrong_state")
        need(valid, 422, "iban_checksum")

        def do():
            c.iban = True
            back = c.state == "payment_returned"
            told = "bank_details_changed" if back else None
            self.go(c, "new bank details" if back else "bank details", "payment_due" if back else None, who, told)

        return do

    def message(self, c, who, words=True):
        self.known(c, who)
        staff = not self.speaks_for(who, c)
        if staff:
            self.can_take(c, who)
        need(c.state in OPEN | DECIDED | AFTER, 409, "wrong_state")
        need(words, 422, "required")

        def do():
            unread = c.message and not c.message[1] and c.message[0] > self.now - timedelta(minutes=10)
            if not staff:
                c.message = c.message and (c.message[0], True)
            elif not unread:
                c.message = (self.now, False)
            self.go(c, "message", by=who, notice="message_received" if staff and not unread else None)

        return do

    def note(self, c, who):
        self.known(c, who)
        self.can_take(c, who)
        need(c.state != "draft", 409, "wrong_state")
        return lambda: self.go(c, "note", by=who)


class Desk(Filing):
    def on_desk(self, c, reviewer, by):
        def do():
            c.assignee = reviewer
            self.go(c, "take", "in_review", by)

        return do

    def take(self, c, who, stale=False):
        self.known(c, who, stale)
        self.can_take(c, who)
        need(c.state != "in_review", 409, "already_taken")
        need(c.state in ("submitted", "appealed"), 409, "illegal_move")
        return self.on_desk(c, who, who)

    def next_for(self, who):
        """The case that is handed out, None if there is none."""
        free = []
        for c in self.cases:
            earlier = {
                n for d in c.decisions if d.state == "effective" and d.round < c.round for n in (d.decider, d.signer)
            }
            if c.state in ("submitted", "appealed") and who not in {c.claimant, c.filed_by} | c.gave_back | earlier:
                free.append(c)
        return min(free, key=self.urgency, default=None)

    def take_next(self, who):
        need(self.has(who, "reviewer", "supervisor"), 403, "wrong_role")
        c = self.next_for(who)
        return self.on_desk(c, who, who) if c else lambda: None

    def assign(self, c, who, to, stale=False):
        self.known(c, who, stale)
        need(self.has(who, "supervisor"), 403, "wrong_role")
        need(who != c.claimant, 403, "own_claim")
        self.can_take(c, to)
        need(c.state in ("submitted", "appealed", *ON_A_DESK), 409, "illegal_move")
        if c.state not in ON_A_DESK:
            return self.on_desk(c, to, who)
        return self.pass_on(c, who, to, "assign")

    def pass_on(self, c, who, to, act):
        need(c.assignee != to, 409, "already_taken")

        def do():
            c.assignee = to
            self.go(c, act, by=who)

        return do

    def hand_over(self, c, who, to, note=True, stale=False):
        self.known(c, who, stale)
        self.can_give(c, who)
        self.can_take(c, to)
        need(c.state in ON_A_DESK, 409, "not_on_a_desk")
        need(note, 422, "required")
        return self.pass_on(c, who, to, "hand over")

    def can_give(self, c, who):
        need(who != c.claimant, 403, "own_claim")
        need(c.assignee == who or self.has(who, "supervisor"), 403, "not_assignee")

    def release(self, c, who, stale=False):
        self.known(c, who, stale)
        self.can_give(c, who)
        need(c.state == "in_review", 409, "illegal_move")

        def do():
            if c.assignee == who:  # whom a supervisor relieved of it may get it again
                c.gave_back.add(who)
            c.assignee = ""
            self.go(c, "release", "appealed" if any(d.appealed for d in c.decisions) else "submitted", who)

        return do

    def hold(self, c, who, reason="expert", days=20, stale=False):
        self.known(c, who, stale)
        self.can_hold(c, who)
        need(c.state == "in_review", 409, "illegal_move")
        need(reason, 422, "required")
        need(days > 0, 422, "until_too_early")
        need(days <= 90, 422, "until_too_late")

        def do():
            c.hold = (self.today + timedelta(days=days), reason in c.terms.pausing)
            if c.hold[1]:
                self.tick(c, "pause")
            self.go(c, "hold", "on_hold", who)

        return do

    def end_of_hold(self, c, by):
        until, pauses = c.hold
        if pauses:
            self.tick(c, "resume", on=until)
        c.hold = ()
        self.go(c, "resume", "in_review", by)

    def resume(self, c, who, stale=False):
        self.known(c, who, stale)
        self.can_hold(c, who)
        need(c.state == "on_hold", 409, "illegal_move")
        return lambda: self.end_of_hold(c, who)

    def can_ask(self, c, who, state):
        self.not_own(c, who)
        if c.assignee != who and not self.has(who, "supervisor"):
            need(c.state in OPEN, 409, "illegal_move")
            need(False, 403, "not_assignee")
        need(c.state == state, 409, "illegal_move")

    def ask(self, c, who, things=1, days=15, stale=False):
        self.known(c, who, stale)
        self.can_ask(c, who, "in_review")
        need(things, 422, "required")
        need(1 <= days <= 90, 422, "invalid_days")

        def do():
            c.questions.append(Question(self.today, after(self.today, days), c.round, things))
            self.tick(c, "pause")
            self.go(c, "ask", "information_requested", who, "information_requested")

        return do

    def take_back(self, c, who, stale=False):
        self.known(c, who, stale)
        self.can_ask(c, who, "information_requested")
        q = c.questions[-1]
        return lambda: self.end_question(c, q, who, "take back question", "cancelled", "information_not_needed")

    def answer(self, c, who, words=True, stale=False):
        self.known(c, who, stale)
        need(self.speaks_for(who, c), 403, "not_yours")
        q = self.answerable(c)
        need(q, 409, "nothing_asked")
        need(words or q.given == q.things, 422, "unanswered")

        def do():
            q.given, q.answered = q.things, True
            if q.state == "open" and self.today > q.due:
                self.expire(c, q)
            if q.state == "open":
                return self.end_question(c, q, who, "answer", "answered")
            c.flag = "answered_late"
            return self.go(c, "late answer", by=who)

        return do

    def extend(self, c, who, days=15, stale=False):
        self.known(c, who, stale)
        need(self.has(who, "supervisor"), 403, "wrong_role")
        self.not_own(c, who)
        need(c.state in OPEN, 409, "illegal_move")
        need(1 <= days <= 90, 422, "invalid_days")

        def do():
            self.note_breach(c)
            self.tick(c, "extend", days)
            self.go(c, "extend", by=who, notice="deadline_extended")

        return do


class Deciding(Desk):
    def decide(self, c, who, kind="full", share=0, gifts=0, ask=False, wrong="", stale=False):
        self.known(c, who, stale)
        self.not_own(c, who)
        need(self.has(who, "reviewer", "supervisor"), 403, "wrong_role")
        if c.assignee != who:
            need(c.state in OPEN, 409, "illegal_move")
            need(False, 403, "not_assignee")
        self.can_take(c, who)
        need(c.state == "in_review", 409, "illegal_move")
        need(wrong != "over", 422, "over_claimed")
        need(wrong != "reasons" or (kind == "full" and not share), 422, "reason_required")
        need(wrong != "item", 422, "item_undecided")
        need(wrong != "outcome", 422, "outcome_mismatch")
        total, full, nothing = self.reduced(c, kind, share)
        outcome = ("partly_approved" if gifts else "rejected") if nothing else "approved" if full else "partly_approved"
        first = next((d for d in c.decisions if d.appealed), None)
        worse = first is not None and (total < first.net or gifts < first.gifts)
        need(not worse or c.terms.may_worsen, 422, "worse_on_appeal")
        need(wrong != "unchecked", 422, "checklist_incomplete")
        signed = total > c.terms.limit or ask

        def do():
            state = "proposed" if signed else "effective"
            c.decisions.append(Decision(c.round, outcome, state, who, total, gifts, self.today))
            if signed:
                return self.go(c, "propose", "awaiting_countersignature", who)
            return self.take_effect(c, "decide", outcome, who)

        return do

    def take_effect(self, c, act, outcome, who):
        self.note_breach(c)
        c.decided, c.told = self.now, None
        self.go(c, act, outcome, who, "claim_decided")

    def can_sign(self, c, who):
        need(self.has(who, "supervisor"), 403, "wrong_role")
        self.not_own(c, who)
        need(not c.proposal or c.proposal.decider != who, 403, "four_eyes")
        earlier = {d.decider for d in c.decisions if d.state == "effective" and d.round < c.round}
        need(who not in earlier, 403, "decided_before")
        need(c.proposal, 409, "illegal_move")

    def countersign(self, c, who, stale=False):
        self.known(c, who, stale)
        self.can_sign(c, who)

        def do():
            d = c.proposal
            d.state, d.signer, d.on = "effective", who, self.today
            self.take_effect(c, "countersign", d.outcome, who)

        return do

    def give_back(self, c, who, note=True, stale=False):
        self.known(c, who, stale)
        self.can_sign(c, who)
        need(note, 422, "required")

        def do():
            c.proposal.state = "returned"
            c.returned = True
            self.go(c, "return", "in_review", who)

        return do

    def recall(self, c, who, stale=False):
        self.known(c, who, stale)
        need(who != c.claimant, 403, "own_claim")
        need(self.has(who, "reviewer", "supervisor"), 403, "wrong_role")
        need(c.proposal, 409, "illegal_move")
        need(c.proposal.decider == who, 403, "not_decider")

        def do():
            c.proposal.state = "void"
            self.go(c, "recall", "in_review", who)

        return do
