"""The end of the time for which documents of ended claims are kept. Amounts, decisions, letters and journal stay."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from claims.actions import bundles, lifecycle
from claims.models import Claim, IncidentTerms
from claims.reports.retention import ending_of, past_retention, taken_out
from evidence import deleting
from evidence.models import Document


def end_retention(*, size=50, now=None):
    """Deletes the documents of at most `size` claims that are past their time and under no hold; returns of how many.

    How late it is called changes nothing in what it does.
    """
    now, ended = now or timezone.now(), 0
    for terms in IncidentTerms.objects.all():
        for pk in past_retention(terms, now).order_by("pk").values_list("pk", flat=True)[: size - ended]:
            ended += end_one(terms, pk, now)
        if ended >= size:
            break
    bundles.sweep()
    return ended


@transaction.atomic(durable=True)
def end_one(terms, pk, now):
    """Ends the documents of one claim: tombstones, the list of what is to be removed and the entry, or none of it."""
    rows = Claim.objects.select_related("terms", "claimant").filter(pk=pk)
    claim = rows.select_for_update(skip_locked=True, of=("self",)).first()
    # Asked again under the lock: somebody may have set a legal hold or opened the claim again.
    if claim is None or not past_retention(terms, now).filter(pk=pk).exists():
        return 0
    documents = deleting.with_members(Document.objects.filter(Q(attachment__claim=claim) | Q(pk__in=taken_out(claim))))
    if any(document.state == Document.State.PENDING for document in documents):
        return 0  # what lies inside is still being looked at
    ending = ending_of(claim)
    days = terms.rules.keep_days[ending]
    deletion = deleting.order(documents, rule=ending, days=days, why=f"case {claim.reference}")
    bundles.forget(claim)
    facts = {
        "deletion": str(deletion.pk),
        "rule": ending,
        "days": days,
        "documents": [{"document": str(each.pk), "sha256": each.sha256} for each in documents],
    }
    lifecycle.touch(claim, by=None, action="delete evidence", facts=facts)
    return 1
