"""Searching documents: what may be seen is searched, and who searched for what is written down first."""

from django.db import transaction

from claims.models import Attachment, Claim
from claims.reports import search
from claims.reports.search import checked
from evidence.models import Search

FILTERS = ("incident", "status", "kind")


@transaction.atomic
def search_documents(words, *, by, claim=None, filters=None, number=1, request_id=""):
    """The Hits in the documents of `claim`, or of all claims that `by` may read and that are not their own.

    No row, no answer: that somebody searched, for what and how much was found is written in the same transaction.
    Raises Refused 400 for words that cannot be searched for.
    """
    words = checked(words)
    filters = {name: value for name, value in (filters or {}).items() if value}
    attachments = claim.attachments.all() if claim is not None else readable(by, filters)
    found = search.search(words, attachments, number=number)
    Search.objects.create(
        reader=by,
        words=words,
        why=f"case {claim.reference}" if claim is not None else "all cases",
        filters=filters | ({"page": found.number} if found.number > 1 else {}),
        found=found.found,
        request_id=request_id,
    )
    return found


def readable(person, filters):
    """The attachments of claims that `person` works on, never of their own."""
    claims = Claim.objects.visible_to(person).exclude(claimant=person)
    if incident := filters.get("incident"):
        claims = claims.filter(incident__code=incident)
    if status := filters.get("status"):
        claims = claims.filter(status=status)
    attachments = Attachment.objects.filter(claim__in=claims)
    return attachments.filter(kind=filters["kind"]) if filters.get("kind") else attachments
