"""What the case page shows of the notices about a claim: when each left, and whether one came back."""

from claims.models import Notice
from claims.rules.notices import told_by

IN_TROUBLE = (Notice.State.HELD, Notice.State.FAILED, Notice.State.BOUNCED)


def told_of(claim):
    """Newest first, each with its words and what came back of it, in two queries; none to the staff."""
    rows = list(claim.notices.filter(recipient_id=claim.claimant_id).order_by("-id").prefetch_related("bounces"))
    for notice in rows:
        notice.words, notice.is_in_trouble = told_by(notice.kind), notice.state in IN_TROUBLE
    return rows
