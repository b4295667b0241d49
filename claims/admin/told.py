"""What the case page shows of the notices about a claim: when each left, and whether one came back."""

from collections import defaultdict

from claims.models import Bounce, Notice
from claims.rules.notices import told_by

IN_TROUBLE = (Notice.State.HELD, Notice.State.FAILED, Notice.State.BOUNCED)


def told_of(claim):
    """Newest first, each with its words and what came back of it; none to the staff."""
    back = defaultdict(list)
    for bounce in Bounce.objects.filter(notice__claim=claim).order_by("id"):
        back[bounce.notice_id].append(bounce)
    rows = list(claim.notices.filter(recipient_id=claim.claimant_id).order_by("-id"))
    for notice in rows:
        notice.words, notice.came_back = told_by(notice.kind), back[notice.pk]
        notice.is_in_trouble = notice.state in IN_TROUBLE
    return rows
