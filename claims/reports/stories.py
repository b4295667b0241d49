"""The words of a claim's story and its steps, as a claimant reads them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from claims.rules.statuses import WAITING, WITH_REVIEWER, Status

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
    S.ON_HOLD: _("The review goes on by itself. You need not do anything."),
    S.APPROVED: _("When you have accepted it, or the time to appeal is over, it is paid."),
    S.PARTLY_APPROVED: _("When you have accepted it, or the time to appeal is over, it is paid."),
    S.APPEALED: _("We write to you when it is decided. That decision is final."),
    S.PAYMENT_DUE: _("The money leaves with the next payment run."),
    S.PAYMENT_RETURNED: _("When we have the right bank details, we pay again."),
}
YOU = {
    S.DRAFT: _("Complete the claim and submit it."),
    S.INFORMATION_REQUESTED: _("Answer what we asked."),
    S.PAYMENT_RETURNED: _("Give us the right bank details."),
}
WHERE_TO_PAY = _("Give us your bank details, so that we can pay.")
DRAFT, SUBMITTED, REVIEW, DECISION = _("Draft"), _("Submitted"), _("In review"), _("Decision")
APPEAL, FINAL, PAYMENT = _("Appeal"), _("Final decision"), _("Payment")
ENDS = {
    S.WITHDRAWN: ("withdraw", _("Withdrawn")),
    S.EXPIRED: ("expire", _("Expired")),
    S.CLOSED: ("close", _("Closed")),
}
PAYING = (S.PAYMENT_DUE, S.PAYMENT_RETURNED)


@dataclass(frozen=True)
class Step:
    """One step of the way: `state` is "done", "current" or "ahead"; `at` when it was reached, UTC, or None."""

    label: str
    at: datetime | None
    state: str


def steps_of(claim, status, moments):
    """The way of a claim; `moments` are those of history.moments()."""
    if status in ENDS:
        return ended(claim, status, moments)
    decided = claim.decided_at
    way = [(DRAFT, claim.created_at), (SUBMITTED, claim.submitted_at)]
    if "appeal" in moments or status is S.APPEALED:
        way += [(DECISION, moments.get("decide first")), (APPEAL, moments.get("appeal"))]
        way += [(REVIEW, moments.get("take")), (FINAL, moments.get("decide"))]
    else:
        way += [(REVIEW, moments.get("take")), (DECISION, decided)]
    if status in (*PAYING, S.PAID):
        way.append((PAYMENT, moments.get("settle")))
    here = position(status, [label for label, _at in way])
    return [
        Step(label, at if place <= here else None, "done" if place < here else "current" if place == here else "ahead")
        for place, (label, at) in enumerate(way)
    ]


def position(status, labels):
    """The place of the current step in `labels`; past the last one when there is nothing ahead."""
    if status is S.DRAFT:
        return 0
    if status in WAITING:
        return labels.index(SUBMITTED if status is S.SUBMITTED else APPEAL)
    if status in WITH_REVIEWER:
        return labels.index(REVIEW)
    return labels.index(PAYMENT) if status in PAYING else len(labels)


def ended(claim, status, moments):
    """What was reached before the end, then the end."""
    action, label = ENDS[status]
    reached = [
        (DRAFT, claim.created_at),
        (SUBMITTED, claim.submitted_at),
        (REVIEW, moments.get("take")),
        (DECISION, claim.decided_at),
        (label, moments.get(action)),
    ]
    return [Step(name, at, "done") for name, at in reached if at or name is label]
