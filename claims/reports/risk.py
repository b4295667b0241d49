"""The risk of a claim as it is stored, and what it is made of."""

from claims.models import Decision
from claims.rules import urgency


def of(claim, *, number=None, returned=False):
    """What Claim.risk should be when the claim moves; `number` is that of the round it is just about to enter."""
    number = number or claim.round
    return len(urgency.risks(claim.claimed, number, claim.terms.rules, returned=returned))


def reasons_of(claims):
    """{claim: the words of what makes it risky}, in one query for all of `claims`; their terms are loaded."""
    ids = [claim.pk for claim in claims if claim.risk]
    given_back = Decision.objects.filter(claim__in=ids, state=Decision.State.RETURNED)
    returned = set(given_back.values_list("claim_id", "round")) if ids else set()
    return {
        claim.pk: urgency.risks(
            claim.claimed, claim.round, claim.terms.rules, returned=(claim.pk, claim.round) in returned
        )
        for claim in claims
    }
