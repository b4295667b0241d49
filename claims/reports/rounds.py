"""The rounds of a claim side by side: what each decision gave for each loss, and the appeal between them."""

from dataclasses import dataclass

from django.db.models import Prefetch

from claims.models import Appeal, Award, Decision


@dataclass(frozen=True)
class Rounds:
    """`rows` are (loss, [award or None, one for each decision]); the decisions are oldest first."""

    decisions: tuple
    rows: tuple
    appeal: Appeal | None
    documents: tuple


def rounds_of(claim, items):
    """The Rounds of a claim that was appealed or opened again; None in its first round. Four queries at most."""
    if claim.round == 1:
        return None
    awards = Prefetch("awards", Award.objects.all(), to_attr="given")
    effective = claim.decisions.filter(state=Decision.State.EFFECTIVE).order_by("round")
    decisions = tuple(effective.select_related("decider", "countersignature__signer").prefetch_related(awards))
    given = [{award.item_id: award for award in decision.given} for decision in decisions]
    appeal = Appeal.objects.filter(claim=claim).select_related("against").first()
    documents = claim.attachments.select_related("document").filter(added_at__lte=appeal.filed_at) if appeal else ()
    return Rounds(
        decisions=decisions,
        rows=tuple((item, [of_round.get(item.pk) for of_round in given]) for item in items),
        appeal=appeal,
        documents=tuple(each for each in documents if each.added_at >= appeal.against.effective_at),
    )
