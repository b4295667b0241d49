"""The words of a claim's story and its steps, as a claimant reads them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from claims.rules.statuses import WITH_REVIEWER, Status

S = Status
NOW = {
    S.DRAFT: _("This is a draft. Nobody has seen it yet."),
    S.SUBMITTED: _("We have your claim. It waits for a reviewer."),
    S.IN_REVIEW: _("A reviewer is looking at your claim."),
    S.INFORMATION_REQUESTED: _("We need something more from you."),
    S.ON_HOLD: _("The review is on hold."),
    S.AWAITING_COUNTERSIGNATURE: _("A reviewer is looking at your claim."),
    S.APPROVED: _("Your claim was approved."),
    S.PARTLY_APPROVED: _("Your claim was approved in part."),
    S.REJECTED: _("Your claim was rejected."),
    S.APPEALED: _("We have your appeal. Another reviewer will look at it."),
    S.PAYMENT_DUE: _("Your payment is being prepared."),
    S.PAID: _("You have been paid."),
    S.PAYMENT_RETURNED: _("The bank sent your payment back."),
    S.WITHDRAWN: _("You took this claim back."),
    S.EXPIRED: _("This draft was closed because it was not submitted in time."),
    S.CLOSED: _("This claim is closed."),
}
NEXT = {
    S.DRAFT: _("Once you submit it, you get a confirmation and a reviewer looks at it."),
    S.SUBMITTED: _("A reviewer reads what you wrote and your documents. We write to you when it is decided."),
    S.IN_REVIEW: _("We write to you when it is decided."),
    S.INFORMATION_REQUESTED: _("When you have answered, the review goes on."),
    S.ON_HOLD: _("The review goes on by itself."),
    S.AWAITING_COUNTERSIGNATURE: _("We write to you when it is decided."),
    S.APPROVED: _("When you have accepted it, or the time to appeal is over, it is paid."),
    S.PARTLY_APPROVED: _("When you have accepted it, or the time to appeal is over, it is paid."),
    S.REJECTED: _("When the time to appeal is over, the claim is closed."),
    S.APPEALED: _("We write to you when it is decided. That decision is final."),
    S.PAYMENT_DUE: _("The money leaves with the next payment run."),
    S.PAYMENT_RETURNED: _("When we have the right bank details, we pay again."),
    S.PAID: _("Nothing more has to happen. You can always read here what was decided."),
    S.WITHDRAWN: _("Nobody works on it any more. You can always read it here."),
    S.EXPIRED: _("Nobody works on it any more. You can always read it here."),
    S.CLOSED: _("Nothing more happens. You can always read it here."),
}
# What follows a decision that nobody can appeal against any more, and one that brings no money.
PAID_NEXT = _("It is paid with the next payment run.")
PAID_ONCE_KNOWN = _("It is paid as soon as we have your bank details.")
CLOSES = _("The claim is closed now.")
YOU = {
    S.DRAFT: _("Complete the claim and submit it."),
    S.INFORMATION_REQUESTED: _("Answer what we asked."),
    S.PAYMENT_RETURNED: _("Give us the right bank details."),
}
WHERE_TO_PAY = _("Give us your bank details, so that we can pay.")
DRAFT, SUBMITTED, REVIEW, DECISION = _("Draft"), _("Submitted"), _("In review"), _("Decision")
APPEAL, FINAL, PAYMENT = _("Appeal"), _("Final decision"), _("Payment")
AGAIN, CAME_BACK = _("Opened again"), _("Payment came back")
WITHDRAWN, EXPIRED, CLOSED = _("Withdrawn"), _("Expired"), _("Closed")
# The step at which an act arrives; take, decide and what turns back are told by reached().
ARRIVES = {
    "submit": SUBMITTED,
    "appeal": APPEAL,
    "settle": PAYMENT,
    "payment returned": CAME_BACK,
    "withdraw": WITHDRAWN,
    "discard": WITHDRAWN,
    "expire": EXPIRED,
}
SHOWN_IN_STEPS = (*ARRIVES, "take", "release", "decide", "countersign", "accept", "lapse", "close", "reopen", "restore")
# Where a claim is, and what is still before it. A status that is not here has nothing before it.
CURRENT = {
    S.DRAFT: (DRAFT, SUBMITTED, REVIEW, DECISION),
    S.SUBMITTED: (SUBMITTED, REVIEW, DECISION),
    **dict.fromkeys(WITH_REVIEWER, (REVIEW, DECISION)),
    S.APPEALED: (APPEAL, REVIEW, DECISION),
    S.PAYMENT_DUE: (PAYMENT,),
    S.PAYMENT_RETURNED: (CAME_BACK, PAYMENT),
}


@dataclass(frozen=True)
class Step:
    """One step of the way: `state` is "done", "current" or "ahead"; `at` when it was reached, UTC, or None."""

    label: str
    at: datetime | None
    state: str


def next_of(status, choices):
    """What happens next; `choices` are what the claimant of a decided claim can do, None for any other."""
    if choices is None:
        return NEXT.get(status, "")
    if not choices.decision.net:
        return NEXT[S.REJECTED] if choices.may_appeal else CLOSES
    if choices.may_appeal:
        return NEXT[status]
    return PAID_ONCE_KNOWN if choices.bank_details_missing else PAID_NEXT


def steps_of(claim, status, entries):
    """The way of a claim; `entries` are (action, status after it, moment) of its journal, oldest first."""
    way, appealed = reached(claim, entries)
    here, *ahead = CURRENT.get(status, (None,))
    if here is None:
        return [Step(label, at, "done") for label, at in way]
    if way[-1][0] is not here:
        way.append((here, None))
    steps = [Step(label, at, "done") for label, at in way[:-1]] + [Step(*way[-1], "current")]
    return steps + [Step(FINAL if appealed and label is DECISION else label, None, "ahead") for label in ahead]


def reached(claim, entries):
    """([(label, moment)] of the steps a claim has come to, whether it was appealed).

    Of an earlier round its decision stays, not that somebody looked; a draft that was opened again never ended.
    """
    way, appealed = [(DRAFT, claim.created_at)], False
    for action, new, at in entries:
        if action in ("appeal", "reopen", "release"):
            way = [step for step in way if step[0] is not REVIEW]
        appealed = appealed or action == "appeal"
        if action in ARRIVES:
            way.append((ARRIVES[action], at))
        elif action == "take" and way[-1][0] is not REVIEW:
            way.append((REVIEW, at))
        elif action in ("decide", "countersign"):
            way.append((FINAL if appealed else DECISION, at))
        elif action == "reopen":
            way += [(AGAIN, at), (REVIEW, at)]
        elif action == "restore":
            way = way[:1]
        if new == S.CLOSED:
            way.append((CLOSED, at))
    return way, appealed
