"""What was asked about a claim, round by round, and what came back."""

from django.db.models import Prefetch

from claims.models import Attachment, RequestedItem
from claims.models.questions import unheard

ITEMS = RequestedItem.objects.prefetch_related(Prefetch("documents", Attachment.objects.select_related("document")))


def rounds_of(claim):
    """Every InformationRequest of the claim, newest first, in as many queries for three as for thirty.

    `held` says that its notice waits for the claimant's mailbox, so that the days to answer have not begun.

    Until `answered_at` what is in its items is the claimant's own draft: not to be shown to staff.
    """
    rounds = claim.information_requests.select_related("asked_by").annotate(held=unheard()).order_by("-id")
    return list(rounds.prefetch_related(Prefetch("items", ITEMS)))


def notices_of(claim):
    """{request id: state of the notice that told of it}, so that staff see what has not reached the claimant."""
    told = claim.notices.filter(kind="information_requested").values_list("key", "state")
    return {int(key.rpartition(":")[2]): state for key, state in told}
