"""What was paid of a claim: each attempt, when, into which account, and what came back."""

from claims.models import Transfer
from claims.rules.payouts import REASONS
from claims.rules.statuses import Status

MAY_BE_PAID = (Status.PAYMENT_DUE, Status.PAID, Status.PAYMENT_RETURNED, Status.CLOSED)
GONE = (Transfer.State.SENT, Transfer.State.SETTLED, Transfer.State.RETURNED)


def payments_of(claim):
    """The transfers of a claim that left, newest first, each with `why` it came back, in words; [] before that."""
    if claim.state not in MAY_BE_PAID:
        return []
    transfers = list(Transfer.objects.filter(payout__claim=claim, state__in=GONE).order_by("-pk"))
    for transfer in transfers:
        transfer.why = REASONS.get(transfer.reason, "")
    return transfers
