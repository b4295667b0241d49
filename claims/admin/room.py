"""The reading room of a case: pages of its documents, and what reviewers do with them."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import CASE_READERS
from claims.actions import reading_room
from claims.admin.cases import address
from claims.admin.documents import wanted, why
from claims.admin.frame import page, say_no, staff_only
from claims.reports.custody import custody_of
from claims.reports.room import whole
from claims.rules.errors import Refused
from evidence import delivery
from evidence.errors import FileRefused


@staff_only(*CASE_READERS)
@require_safe
def leaf(request, reference, document_id):
    """The picture of the page `n`."""
    claim, document = wanted(request, reference, document_id)
    number = whole(request.GET.get("n"), 1)
    try:
        return delivery.leaf(document, number, by=request.user, why=why(claim), request_id=request.id)
    except FileRefused as refused:
        raise Http404 from refused


@staff_only(*CASE_READERS)
@require_POST
def mark(request, reference, document_id):
    """A remark, its end, a read mark or a proof; back to the page of the document where it was done."""
    claim, document = wanted(request, reference, document_id)
    number = whole(request.POST.get("page"), 1)
    try:
        done(request, claim.reference, document.pk, number)
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        say_no(request, refused)
    query = urlencode({"tab": "evidence", "document": document.pk, "page": number})
    return HttpResponseRedirect(f"{address(claim)}?{query}#room")


def done(request, reference, document_id, number):
    who, values = {"by": request.user}, request.POST
    match values.get("act"):
        case "pin":
            place = [fraction(values.get(name)) for name in "xywh"]
            text = values.get("text", "")
            reading_room.pin(reference, document_id, text=text, page=number, place=place, **who)
        case "resolve":
            reading_room.resolve(reference, document_id, whole(values.get("pin"), 0), **who)
        case "prove":
            items = [whole(each, 0) for each in values.getlist("items")]
            reading_room.prove(reference, document_id, items=items, **who)
        case _:
            reading_room.mark_read(reference, document_id, **who)


def fraction(text):
    """A part of the page from a form; what is no number is none of it."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


@staff_only(*CASE_READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def custody(request, reference, document_id):
    """What happened to a document since it came in; POST computes its hash again."""
    claim, document = wanted(request, reference, document_id)
    if request.method == "POST":
        try:
            if reading_room.recompute(claim.reference, document.pk, by=request.user):
                messages.success(request, _("The file on our storage is the one that was handed in."))
            else:
                messages.error(request, _("The file on our storage is missing or was changed."))
        except Refused as refused:
            messages.error(request, refused.message)
        return HttpResponseRedirect(request.path)
    return page(
        request,
        "custody.html",
        title=_("Chain of custody"),
        claim=claim,
        document=document,
        steps=custody_of(claim, document),
    )
