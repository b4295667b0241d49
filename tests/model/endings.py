"""How claims end in the model, and what time alone does to them. Shares nothing with the product."""

from datetime import timedelta

from tests.model.model import DECIDED, OPEN, REMINDER, need
from tests.model.moves import Deciding


class Model(Deciding):
    def accept(self, c, who, stale=False):
        self.known(c, who, stale)
        need(c.claimant == who, 403, "not_yours")
        need(c.state in ("approved", "partly_approved"), 409, "illegal_move")
        need(c.iban or not c.last.net, 409, "bank_details_missing")
        return lambda: self.end(c, "accept", who, "claim_accepted")

    def appeal(self, c, who, grounds=True, stale=False):
        self.known(c, who, stale)
        need(c.claimant == who, 403, "not_yours")
        need(c.state in DECIDED, 409, "illegal_move")
        need(not c.final, 409, "appealed_before")
        need(self.window_open(c), 409, "appeal_window_closed")
        need(grounds, 422, "required")

        def do():
            c.last.appealed = True
            c.round, c.assignee, c.returned = c.round + 1, "", False
            self.tick(c, "start", c.terms.appeal_decision_days)
            self.go(c, "appeal", "appealed", who, "appeal_received")

        return do

    def reopen(self, c, who, to="", reason=True, stale=False):
        self.known(c, who, stale)
        need(self.has(who, "supervisor"), 403, "wrong_role")
        self.not_own(c, who)
        if c.state == "expired":
            need(reason, 422, "required")
            return lambda: self.go(c, "restore", "draft", who, "draft_restored")
        need(c.state in ("closed", "rejected", "withdrawn"), 409, "illegal_move")
        need(c.sent_in, 409, "never_submitted")
        need(reason, 422, "required")
        self.can_take(c, to or who, c.round + 1)

        def do():
            c.round, c.assignee, c.returned = c.round + 1, to or who, False
            self.tick(c, "start", c.terms.decision_days)
            self.go(c, "reopen", "in_review", who, "claim_reopened")

        return do

    def settle(self, c, _who):
        need(c.state == "payment_due", 409, "illegal_move")

        def do():
            c.paid += c.owed
            self.go(c, "settle", "paid", "mara", "claim_paid")

        return do

    def come_back(self, c, _who):
        need(c.state in ("payment_due", "paid"), 409, "illegal_move")

        def do():
            c.paid -= c.owed if c.state == "paid" else 0
            self.go(c, "payment returned", "payment_returned", "mara", "payment_returned")

        return do

    def end(self, c, act, who="", notice=None):
        """To be paid what is not paid yet, or closed."""
        c.owed = max(0, c.last.net - c.paid)
        self.go(c, act, "payment_due" if c.owed else "closed", who, notice)

    def cranks(self):
        """What all jobs together do, in the order in which the driver turns them."""
        turns = (self.deliver, self.forget_draft, self.pass_question, self.remind_claimant, self.pass_hold)
        for turn in (*turns, self.pass_window, self.close_paid, self.find_breach, self.remind_reviewer):
            for c in self.cases:
                turn(c)

    def deliver(self, c):
        if c.decided and c.told is None:
            c.told = self.today

    def forget_draft(self, c):
        if c.state == "draft" and c.touched <= self.now - timedelta(days=c.terms.draft_days):
            self.go(c, "expire", "expired")

    def pass_question(self, c):
        if c.state == "information_requested" and c.questions[-1].due < self.today:
            self.expire(c, c.questions[-1])

    def remind_claimant(self, c):
        q = c.questions[-1] if c.state == "information_requested" else None
        if q and not q.reminded and max(q.asked + timedelta(days=1), q.due - REMINDER) <= self.today <= q.due:
            q.reminded = True
            c.notices["information_reminder"] += 1

    def pass_hold(self, c):
        if c.state == "on_hold" and c.hold[0] <= self.today:
            self.end_of_hold(c, "")

    def pass_window(self, c):
        if c.state not in DECIDED or self.window_open(c):
            return
        if c.state == "rejected":
            self.go(c, "close", "closed")
        elif not c.last.net or c.iban:
            self.end(c, "lapse")
        elif c.round not in c.asked_bank:
            c.asked_bank.add(c.round)
            c.notices["bank_details_needed"] += 1

    def close_paid(self, c):
        if c.state == "paid" and c.touched <= self.now - timedelta(days=c.terms.closing_days):
            self.go(c, "close", "closed")

    def find_breach(self, c):
        if c.state in OPEN and not self.stands(c):
            self.note_breach(c)

    def remind_reviewer(self, c):
        soon = c.state in ("in_review", "on_hold") and self.today <= c.due <= self.today + REMINDER
        key = (c.round, c.due, c.assignee)
        if soon and not self.stands(c) and key not in c.reminders:
            c.reminders.add(key)
            c.notices["decision_due"] += 1
