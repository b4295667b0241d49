"""Searching the documents: in one case, and in all that somebody may read."""

from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from accounts.roles import CASE_READERS
from claims.actions.searching import FILTERS, search_documents
from claims.admin.cases import found
from claims.admin.filters import QueueFilters
from claims.admin.frame import page, say_no, staff_only
from claims.admin.words import STATUSES
from claims.models import Attachment, Incident
from claims.rules.errors import Refused

TOO_SLOW = Refused(
    "too_slow",
    gettext_lazy("This search takes too long. Use rarer words, or search in one case."),
    field="q",
    status=503,
)


@staff_only(*CASE_READERS)
@require_safe
def search(request):
    """In all cases."""
    options = choices()
    if unknown := set(request.GET) - {"q", "page", *FILTERS}:
        raise BadRequest(f"unknown filter {sorted(unknown)[0]}")
    values = {name: request.GET.get(name, "") for name in FILTERS}
    for name, value in values.items():
        if value and value not in options[name]:
            raise BadRequest(f"unknown value for {name}")
    hits, status = looked_for(request, filters=values)
    words = request.GET.get("q", "")[:200]
    shown = {"values": {**values, "q": words}, "choices": options}
    query = QueueFilters.encoded({name: value for name, value in shown["values"].items() if value})
    return page(
        request,
        "search.html",
        status=status,
        title=_("Search in documents"),
        filters=shown,
        hits=hits,
        words=words,
        query=query,
    )


@staff_only(*CASE_READERS)
@require_safe
def search_case(request, reference):
    """In the documents of one case."""
    claim = found(request, reference)
    if claim.claimant_id == request.user.pk:
        return page(request, "own.html", status=403, title=claim.reference, claim=claim)
    if unknown := set(request.GET) - {"q", "page"}:
        raise BadRequest(f"unknown filter {sorted(unknown)[0]}")
    hits, status = looked_for(request, claim=claim)
    words = request.GET.get("q", "")[:200]
    return page(
        request,
        "search.html",
        status=status,
        title=_("Search in %(reference)s") % {"reference": claim.reference},
        claim=claim,
        hits=hits,
        words=words,
        query=QueueFilters.encoded({"q": words}),
    )


def looked_for(request, **where):
    """(Hits or None, status) for the words in the address; a refusal is among the messages of the page."""
    words, number = request.GET.get("q", ""), request.GET.get("page", "1")
    if not words.strip():
        return None, 200
    try:
        number = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        return search_documents(words, by=request.user, number=number, request_id=request.id, **where), 200
    except Refused as refused:
        say_no(request, refused)
        return None, refused.status
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        say_no(request, TOO_SLOW)
        return None, TOO_SLOW.status


def choices():
    """{filter: {value: label}}; what is not in here cannot be asked for."""
    return {
        "incident": {incident.code: incident.title for incident in Incident.objects.all()},
        "status": {code: label for code, label in STATUSES.items() if code != "draft"},
        "kind": dict(Attachment.Kind.choices),
    }
