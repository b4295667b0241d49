"""What the same account was already granted for the same incident, and what looks claimed twice."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from claims.models import Claim, Decision, LossItem, Payout
from claims.rules.money import ZERO

OUT = ("draft", "withdrawn", "expired")


@dataclass(frozen=True)
class Granted:
    """Euro given to one account for one incident, by remedy; damages are net of it."""

    indemnity: Decimal = ZERO
    refund: Decimal = ZERO

    def to_json(self):
        return {"indemnity": str(self.indemnity), "refund": str(self.refund)}


def account_of(claim):
    """The name of the account of a claim: its row on the roster, else what was typed."""
    return f"account:{claim.customer_id or claim.login.lower()}:{claim.incident_id}"


def others_of_account(claim):
    """The other claims about the same account and incident."""
    others = Claim.objects.filter(incident=claim.incident_id).exclude(pk=claim.pk)
    if claim.customer_id:
        return others.filter(customer=claim.customer_id)
    return others.filter(customer=None, login__iexact=claim.login)


def granted_beside(claim):
    """What to take off what `claim` gives: from damages indemnity and refund, by mass runs and by each claim's last
    decision; from another remedy what a mass run granted of the same.
    """
    if claim.remedy != "damages":
        same = by_mass_runs(claim).filter(remedy=claim.remedy).aggregate(sum=Sum("amount", default=ZERO))["sum"]
        return Granted(**{claim.remedy: same})
    others = others_of_account(claim).filter(remedy__in=("indemnity", "refund"))
    decisions = Decision.objects.filter(claim__in=others, state=Decision.State.EFFECTIVE)
    newest = decisions.order_by("claim_id", "-round").distinct("claim_id")
    sums = {"indemnity": ZERO, "refund": ZERO}
    for remedy, net in newest.values_list("claim__remedy", "net"):
        sums[remedy] += net
    for remedy, amount in by_mass_runs(claim).values_list("remedy", "amount"):
        sums[remedy] += amount
    return Granted(**sums)


def by_mass_runs(claim):
    """The payouts that mass runs owe to the account of `claim`, paid or not yet, but for the cancelled ones."""
    granted = Payout.objects.filter(incident=claim.incident_id, run__isnull=False).exclude(state="cancelled")
    if claim.customer_id:
        return granted.filter(customer=claim.customer_id)
    return granted.filter(customer__login=claim.login.lower())


def claimed_elsewhere(claim, items):
    """{item's id: references of other claims about the account with a loss of the same kind and amount}."""
    wanted = {(item.head, item.amount) for item in items}
    rows = LossItem.objects.filter(
        claim__in=others_of_account(claim).exclude(status__in=OUT), head__in={head for head, _amount in wanted}
    )
    found = {}
    for head, amount, reference in rows.order_by("claim_id").values_list("head", "amount", "claim__reference")[:200]:
        found.setdefault((head, amount), []).append(reference)
    return {item.pk: found[item.head, item.amount] for item in items if (item.head, item.amount) in found}
