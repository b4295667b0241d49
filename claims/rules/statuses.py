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


OWNER, OWNER_OR_OPERATOR = _("claimant"), _("claimant, or the operator who filed it")
SENDER = _("claimant, or the operator who filed it; late: that operator, a supervisor")
ASSIGNEE, HOLDER = _("reviewer who has it"), _("reviewer who has it, supervisor")
SUPERVISOR, CLOCK, BANK = _("supervisor"), _("clock"), _("file of the bank")


@dataclass(frozen=True)
class Move:
    """One row of the table: `name` is also the journal's action; `notice` the mail that follows, if any.

    `who`, `guard` and `follows` say in words who makes the move, what must hold for it and what else comes of it. A
    move without sources makes the claim.
    """

    name: str
    sources: tuple
    targets: tuple
    who: str
    guard: str = ""
    follows: str = ""
    notice: str = ""


MOVES = (
    Move(
        "open",
        (),
        (S.DRAFT,),
        _("claimant, operator"),
        _("the incident takes claims; the account is on the roster, or it is explained why not"),
    ),
    Move(
        "submit",
        (S.DRAFT,),
        (S.SUBMITTED,),
        SENDER,
        _("complete and declared true; the window is open, or there is a reason why it is late"),
        _("the clock starts, what is unusual is flagged"),
        notice="claim_submitted",
    ),
    Move("discard", (S.DRAFT,), (S.WITHDRAWN,), OWNER),
    Move("expire", (S.DRAFT,), (S.EXPIRED,), CLOCK, _("nobody touched it for the days of the terms")),
    Move(
        "take",
        WAITING,
        (S.IN_REVIEW,),
        _("reviewer; a supervisor for somebody else"),
        _("not one's own; on appeal not who decided or signed before"),
    ),
    Move("release", (S.IN_REVIEW,), WAITING, HOLDER, "", _("on appeal it waits as an appeal again")),
    Move(
        "ask",
        (S.IN_REVIEW,),
        (S.INFORMATION_REQUESTED,),
        HOLDER,
        _("named things, a date"),
        _("the clock stands still"),
        notice="information_requested",
    ),
    Move(
        "answer",
        (S.INFORMATION_REQUESTED,),
        (S.IN_REVIEW,),
        OWNER_OR_OPERATOR,
        _("everything is answered, or it is said why not"),
        _("the clock goes on"),
    ),
    Move(
        "unanswered",
        (S.INFORMATION_REQUESTED,),
        (S.IN_REVIEW,),
        CLOCK,
        _("the date has passed"),
        _("flag, the clock goes on from that date"),
    ),
    Move(
        "take back question",
        (S.INFORMATION_REQUESTED,),
        (S.IN_REVIEW,),
        HOLDER,
        "",
        _("the clock goes on"),
        notice="information_not_needed",
    ),
    Move(
        "hold",
        (S.IN_REVIEW,),
        (S.ON_HOLD,),
        HOLDER,
        _("a reason, a day within the terms"),
        _("the clock stands still if the terms say so for the reason"),
    ),
    Move("resume", (S.ON_HOLD,), (S.IN_REVIEW,), _("clock, or by hand who may hold it"), "", _("the clock goes on")),
    Move(
        "decide",
        (S.IN_REVIEW,),
        DECIDED,
        ASSIGNEE,
        _(
            "the checklist is complete, every loss with its reasons, outcome and amounts agree, no signature is due;"
            " on appeal not worse"
        ),
        _("letter"),
        notice="claim_decided",
    ),
    Move(
        "propose",
        (S.IN_REVIEW,),
        (S.AWAITING_COUNTERSIGNATURE,),
        ASSIGNEE,
        _("as to decide, and a signature is due"),
    ),
    Move(
        "countersign",
        (S.AWAITING_COUNTERSIGNATURE,),
        DECIDED,
        _("supervisor who did not decide it"),
        _("the decision is unchanged"),
        _("letter"),
        notice="claim_decided",
    ),
    Move(
        "return",
        (S.AWAITING_COUNTERSIGNATURE,),
        (S.IN_REVIEW,),
        _("supervisor who did not decide it"),
        _("a note"),
        _("the decider has it again"),
    ),
    Move(
        "recall",
        (S.AWAITING_COUNTERSIGNATURE,),
        (S.IN_REVIEW,),
        _("reviewer who decided it"),
        "",
        _("the proposed decision is void, the reviewer has it again"),
    ),
    Move(
        "accept",
        (S.APPROVED, S.PARTLY_APPROVED),
        (S.PAYMENT_DUE, S.CLOSED),
        OWNER,
        _("bank details, if there is something to pay"),
        _("no appeal any more; closed if there is nothing to pay"),
        notice="claim_accepted",
    ),
    Move(
        "lapse",
        (S.APPROVED, S.PARTLY_APPROVED),
        (S.PAYMENT_DUE, S.CLOSED),
        CLOCK,
        _("the time to appeal is over, or the decision is final; bank details, if there is something to pay"),
        _("closed if there is nothing to pay; without bank details it waits and asks for them once"),
    ),
    Move(
        "appeal",
        DECIDED,
        (S.APPEALED,),
        OWNER,
        _("within the days of the terms from the notice, once, with grounds"),
        _("the next round, the clock starts anew; the first decision stays in the record"),
        notice="appeal_received",
    ),
    Move("settle", (S.PAYMENT_DUE,), (S.PAID,), BANK, _("every payout is settled"), notice="claim_paid"),
    Move(
        "payment returned",
        (S.PAYMENT_DUE, S.PAID),
        (S.PAYMENT_RETURNED,),
        BANK,
        "",
        _("only what came back is owed again, once there are other details"),
        notice="payment_returned",
    ),
    Move(
        "new bank details",
        (S.PAYMENT_RETURNED,),
        (S.PAYMENT_DUE,),
        OWNER,
        "",
        _("the claimant is told, and nothing is paid for 48 hours"),
    ),
    Move(
        "close",
        (S.REJECTED, S.PAID),
        (S.CLOSED,),
        CLOCK,
        _("rejected: the time to appeal is over, or the decision is final; paid: the days of the terms are over"),
        _("the time to keep it starts"),
    ),
    Move(
        "withdraw",
        UNDECIDED,
        (S.WITHDRAWN,),
        OWNER,
        "",
        _("an open question, a hold and a proposed decision end"),
        notice="claim_withdrawn",
    ),
    Move(
        "reopen",
        (S.CLOSED, S.REJECTED, S.WITHDRAWN),
        (S.IN_REVIEW,),
        SUPERVISOR,
        _("a reason; it was submitted once; not one's own"),
        _("the next round on a reviewer's desk, the clock starts anew"),
        notice="claim_reopened",
    ),
    Move(
        "restore",
        (S.EXPIRED,),
        (S.DRAFT,),
        SUPERVISOR,
        _("a reason; not one's own"),
        _("its claimant can go on with it, and is told"),
    ),
)
BY_NAME = {move.name: move for move in MOVES}
CLAIM_MOVES = frozenset((source, target) for move in MOVES for source in move.sources for target in move.targets)


def move(name, source, target):
    """The Move called `name` if it leads from `source` to `target`, else None."""
    row = BY_NAME[name]
    return row if source in row.sources and target in row.targets else None
