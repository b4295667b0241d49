"""What a claim is owed, and what becomes of it when its claimant says where to pay."""

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from claims.models import Batch, Payout, Transfer
from claims.rules.errors import Refused
from claims.rules.money import ZERO

BEFORE_THE_BANK = (Payout.State.OWED, Payout.State.RETURNED)
OVER = (Payout.State.SETTLED, Payout.State.CANCELLED)


def owe(claim, decision):
    """Owes the locked claim what `decision` gives beyond what earlier rounds paid; the Payout, None if that is nothing.

    What earlier rounds owed and never paid is cancelled: the decision in force takes its place.
    """
    earlier = claim.payouts.exclude(decision=decision)
    earlier.filter(state__in=BEFORE_THE_BANK).update(state=Payout.State.CANCELLED)
    paid = earlier.exclude(state=Payout.State.CANCELLED).aggregate(sum=Sum("amount", default=ZERO))["sum"]
    if decision.net <= paid:
        return None
    return Payout.objects.create(
        incident_id=claim.incident_id,
        remedy=claim.remedy,
        amount=decision.net - paid,
        claim=claim,
        decision=decision,
    )


def take_back(claim):
    """Frees the payouts of a locked claim for new bank details: out of open batches, and again after they came back.

    Raises Refused `payment_under_way` (409) for one that is on its way to the bank.
    """
    payouts = list(claim.payouts.select_for_update().order_by("id"))
    under_way = [payout.pk for payout in payouts if payout.state in (Payout.State.BATCHED, Payout.State.SENT)]
    live = list(Transfer.objects.filter(payout__in=under_way, state__in=("planned", "sent")))
    batches = Batch.objects.select_for_update().filter(pk__in=[each.batch_id for each in live]).order_by("id")
    if any(batch.state != Batch.State.OPEN for batch in batches):
        raise on_its_way(live[0].iban_hint)
    Transfer.objects.filter(pk__in=[each.pk for each in live]).update(state=Transfer.State.WITHDRAWN)
    again = [payout.pk for payout in payouts if payout.state in (Payout.State.BATCHED, Payout.State.RETURNED)]
    Payout.objects.filter(pk__in=again).update(state=Payout.State.OWED)


def take_back_of_account(customer):
    """The same for what mass runs owe a locked account of the roster; True if some of it had come back.

    Batches are locked before payouts, as everybody does. Whoever fills a batch holds payouts first: should one of these
    have gone into a batch that is not among the locked ones, all is let go and looked at again. Raises Refused 409
    `payment_under_way`, or `nothing_owed` if all of it was paid.
    """
    while True:
        live = Transfer.objects.filter(payout__customer=customer, state__in=("planned", "sent"))
        seen = list(live.values_list("batch_id", flat=True))
        with transaction.atomic():
            batches = {each.pk: each for each in Batch.objects.select_for_update().filter(pk__in=seen).order_by("id")}
            payouts = Payout.objects.filter(customer=customer, run__isnull=False).exclude(state__in=OVER)
            payouts = list(payouts.select_for_update().order_by("id"))
            found = list(Transfer.objects.filter(payout__in=payouts, state__in=("planned", "sent")))
            if all(each.batch_id in batches for each in found):
                return let_go(payouts, found, batches)
            transaction.set_rollback(True)


def let_go(payouts, live, batches):
    if not payouts:
        raise Refused("nothing_owed", _("There is nothing to pay into an account any more."), status=409)
    for transfer in live:
        if batches[transfer.batch_id].state != Batch.State.OPEN:
            raise on_its_way(transfer.iban_hint)
    Transfer.objects.filter(pk__in=[each.pk for each in live]).update(state=Transfer.State.WITHDRAWN)
    again = [each.pk for each in payouts if each.state in (Payout.State.BATCHED, Payout.State.RETURNED)]
    Payout.objects.filter(pk__in=again).update(state=Payout.State.OWED)
    return any(each.state == Payout.State.RETURNED for each in payouts)


def on_its_way(hint):
    return Refused(
        "payment_under_way",
        _("Your payment is on its way to the account %(hint)s. If it comes back, you can give another one.")
        % {"hint": hint},
        status=409,
    )
