"""The states of a claim and every move between them. Nothing else decides where a claim may go.

The database enforces the same pairs by a trigger made from this table (claims/models/claim.py).
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    INFORMATION_REQUESTED = "information_requested"
    ON_HOLD = "on_hold"
    AWAITING_COUNTERSIGNATURE = "awaiting_countersignature"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    REJECTED = "rejected"
    APPEALED = "appealed"
    PAYMENT_DUE = "payment_due"
    PAID = "paid"
    PAYMENT_RETURNED = "payment_returned"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CLOSED = "closed"


LABELS = {
    Status.DRAFT: _("Draft"),
    Status.SUBMITTED: _("Submitted"),
    Status.IN_REVIEW: _("In review"),
    Status.INFORMATION_REQUESTED: _("Waiting for your answer"),
    Status.ON_HOLD: _("On hold"),
    Status.AWAITING_COUNTERSIGNATURE: _("Awaiting countersignature"),
    Status.APPROVED: _("Approved"),
    Status.PARTLY_APPROVED: _("Partly approved"),
    Status.REJECTED: _("Rejected"),
    Status.APPEALED: _("Appealed"),
    Status.PAYMENT_DUE: _("Payment due"),
    Status.PAID: _("Paid"),
    Status.PAYMENT_RETURNED: _("Payment returned"),
    Status.WITHDRAWN: _("Withdrawn"),
    Status.EXPIRED: _("Expired"),
    Status.CLOSED: _("Closed"),
}

S = Status
DECIDED = (S.APPROVED, S.PARTLY_APPROVED, S.REJECTED)
WAITING = (S.SUBMITTED, S.APPEALED)  # free to be taken by a reviewer
WITH_REVIEWER = (S.IN_REVIEW, S.INFORMATION_REQUESTED, S.ON_HOLD)
UNDECIDED = (S.SUBMITTED, *WITH_REVIEWER, S.AWAITING_COUNTERSIGNATURE, S.APPEALED)


@dataclass(frozen=True)
class Move:
    """One row of the table: `name` is also the journal's action; `notice` the mail that follows, if any."""

    name: str
    sources: tuple
    targets: tuple
    notice: str = ""


MOVES = (
    Move("submit", (S.DRAFT,), (S.SUBMITTED,), notice="claim_submitted"),
    Move("expire", (S.DRAFT,), (S.EXPIRED,)),
    Move("take", WAITING, (S.IN_REVIEW,)),
    Move("release", (S.IN_REVIEW,), WAITING),
    Move("ask", (S.IN_REVIEW,), (S.INFORMATION_REQUESTED,), notice="information_requested"),
    Move("answer", (S.INFORMATION_REQUESTED,), (S.IN_REVIEW,)),
    Move("unanswered", (S.INFORMATION_REQUESTED,), (S.IN_REVIEW,)),
    Move("take back question", (S.INFORMATION_REQUESTED,), (S.IN_REVIEW,), notice="information_not_needed"),
    Move("hold", (S.IN_REVIEW,), (S.ON_HOLD,)),
    Move("resume", (S.ON_HOLD,), (S.IN_REVIEW,)),
    Move("decide", (S.IN_REVIEW,), DECIDED, notice="claim_decided"),
    Move("propose", (S.IN_REVIEW,), (S.AWAITING_COUNTERSIGNATURE,)),
    Move("countersign", (S.AWAITING_COUNTERSIGNATURE,), DECIDED, notice="claim_decided"),
    Move("return", (S.AWAITING_COUNTERSIGNATURE,), (S.IN_REVIEW,)),
    Move("recall", (S.AWAITING_COUNTERSIGNATURE,), (S.IN_REVIEW,)),
    Move("accept", (S.APPROVED, S.PARTLY_APPROVED), (S.PAYMENT_DUE, S.CLOSED)),
    Move("appeal", DECIDED, (S.APPEALED,)),
    Move("settle", (S.PAYMENT_DUE,), (S.PAID,)),
    Move("payment returned", (S.PAYMENT_DUE, S.PAID), (S.PAYMENT_RETURNED,)),
    Move("new bank details", (S.PAYMENT_RETURNED,), (S.PAYMENT_DUE,)),
    Move("close", (S.REJECTED, S.PAID), (S.CLOSED,)),
    Move("withdraw", (S.DRAFT, *UNDECIDED), (S.WITHDRAWN,), notice="claim_withdrawn"),
    Move("reopen", (S.CLOSED, S.REJECTED, S.WITHDRAWN, S.EXPIRED), (S.IN_REVIEW,)),
)
BY_NAME = {move.name: move for move in MOVES}
CLAIM_MOVES = frozenset((source, target) for move in MOVES for source in move.sources for target in move.targets)


def move(name, source, target):
    """The Move called `name` if it leads from `source` to `target`, else None."""
    row = BY_NAME[name]
    return row if source in row.sources and target in row.targets else None
