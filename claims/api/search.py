"""Searching the text of documents: in one claim, and for staff in all they may read."""

from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import CASE_READERS
from claims.actions.searching import FILTERS, search_documents
from claims.api.documentation import described, page_of, query
from claims.api.documents import KINDS, document_as_json, mails_of
from claims.api.door import Door
from claims.api.filters import STATUSES
from claims.api.paging import Cursor, invalid, parameters
from claims.api.places import PassagePart, place_as_json
from claims.api.repeating import answered
from claims.models import Incident

WORDS = query(
    "q",
    "Words to search for, all on one page; “in quotes” one after the other, `OR`, `-without`. At most 200 characters.",
)


class Found(serializers.Serializer):
    """A page of a document on which the words are."""

    claim = serializers.CharField(help_text="Reference of the claim.")
    document = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    page = serializers.IntegerField()
    passage = PassagePart(many=True)


class Search(Door):
    access_rule = rule_of(*CASE_READERS)

    @described(
        "Search the text of documents",
        tag="review",
        operation_id="search_list",
        answers={200: page_of(Found(many=True), "FoundPage")},
        problems=(400, 401, 403),
        parameters=[
            WORDS,
            query("incident", "Code of the outage."),
            query("status", "Where the claim stands.", enum=STATUSES),
            query("kind", "Kind of document.", enum=list(KINDS)),
            query("cursor", "As in `next` and `previous` of the page before.", type=OpenApiTypes.STR),
        ],
        description="In all claims you may read except your own, best page first, 20 at a time. At most 300 pages are"
        " looked at: add words to find fewer. Who searches for what is written down.",
    )
    def get(self, request):
        given = parameters(request, "q", *FILTERS)
        check(given)
        filters = {name: given.get(name, "") for name in FILTERS}
        return answered(200, found(request, "search", given, as_json=hits_as_json, filters=filters))


def check(given):
    """Raises Problem 400 `invalid_filter` for a value that does not exist."""
    known = {"status": STATUSES, "kind": KINDS}
    for name, values in known.items():
        if name in given and given[name] not in values:
            raise invalid(name, f"unknown {name}")
    if "incident" in given and not Incident.objects.public().filter(code=given["incident"]).exists():
        raise invalid("incident", "unknown incident")


def found(request, name, given, *, as_json, **where):
    """{next, previous, results}: pages of hits have numbers, which the cursor carries."""
    cursor = Cursor(request, name, given)
    number = cursor.position or 1
    hits = search_documents(given.get("q", ""), by=request.user, number=number, request_id=request.id, **where)
    return {
        "next": cursor.link(hits.next, back=False) if hits.next else None,
        "previous": cursor.link(hits.previous, back=True) if hits.previous else None,
        "results": as_json(hits.rows),
    }


def hits_as_json(rows):
    return [
        {
            "claim": hit.claim.reference,
            "document": str(hit.document.pk),
            "name": hit.document.name,
            "kind": hit.attachment.kind,
            **place_as_json(hit),
        }
        for hit in rows
    ]


def documents_as_json(rows, *, for_staff):
    """The documents in which the words are, the best first, each with the places."""
    documents, mails = {}, mails_of([hit.document for hit in rows]) if for_staff else None
    for hit in rows:
        document = documents.setdefault(hit.document.pk, {**document_as_json(hit.attachment, mails), "places": []})
        document["places"].append(place_as_json(hit))
    return list(documents.values())
