"""What a claim is entitled to in kind: granted when its decision is final, annulled when it is looked at again."""

from django.db.models import F, Sum

from claims.models import Entitlement

State = Entitlement.State
BEFORE_IT_LEFT = (State.WAITING, State.REFUSED)


def grant(claim, decision):
    """Entitles the locked claim to what `decision` gives in kind beyond what earlier rounds gave; {kind: quantity}.

    What earlier rounds granted and nobody gave is cancelled: the decision in force takes its place.
    """
    annul(claim)
    earlier = claim.entitlements.exclude(state=State.CANCELLED).values_list("kind").annotate(Sum("quantity"))
    had, granted = dict(earlier.order_by()), {}
    for benefit in decision.benefits.all():
        missing = benefit.quantity - had.get(benefit.kind, 0)
        if missing > 0:
            granted[benefit.kind] = missing
    Entitlement.objects.bulk_create(
        Entitlement(incident_id=claim.incident_id, kind=kind, quantity=quantity, claim=claim, decision=decision)
        for kind, quantity in granted.items()
    )
    return granted


def annul(claim):
    """Cancels what a locked claim was granted in kind and has not left in a file; returns how many."""
    return claim.entitlements.filter(state__in=BEFORE_IT_LEFT).update(state=State.CANCELLED)


def drop_superseded(entitlements):
    """Cancels those of `entitlements` that have not left and whose claim was opened again after their decision."""
    superseded = entitlements.filter(state__in=BEFORE_IT_LEFT, claim__round__gt=F("decision__round"))
    superseded.update(state=State.CANCELLED)
