"""Decisions in force that nobody signed although somebody had to: every reason is looked at again."""

from claims.models import Decision, IncidentTerms
from claims.rules.signatures import sampled


def unsigned(_cursor):
    """One text for each."""
    decisions = Decision.objects.filter(state=Decision.State.EFFECTIVE, countersignature=None)
    for decision in decisions.exclude(signature_reasons=[]).select_related("claim").iterator(1000):
        why = ", ".join(decision.signature_reasons)
        yield f"{decision.claim.reference}: nobody countersigned it, although somebody had to ({why})"
    terms = {each.pk: each.rules for each in IncidentTerms.objects.all()}
    asking = [pk for pk, rules in terms.items() if rules.sample_rates or rules.countersign_remedies]
    for decision in decisions.filter(claim__terms__in=asking).select_related("claim").iterator(1000):
        claim, rules = decision.claim, terms[decision.claim.terms_id]
        if claim.remedy in rules.countersign_remedies:
            yield f"{claim.reference}: nobody countersigned it, although its remedy asks for it"
        if sampled(claim.reference, decision.round, rules.sample_rates.get(claim.remedy, 0)):
            yield f"{claim.reference}: nobody countersigned it, although the sample picked it"
