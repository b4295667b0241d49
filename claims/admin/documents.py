"""Documents of a case, handed out by evidence, which writes down who read them."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from accounts.roles import CASE_READERS
from claims.admin.cases import address, found
from claims.admin.frame import page, staff_only
from claims.reports.search import LONGEST, pages_of
from claims.rules import permissions
from evidence import delivery
from evidence.errors import FileRefused
from evidence.findings import findings_of

WINDOW = 10  # pages at a time


@staff_only(*CASE_READERS)
@require_safe
def reading(request, reference, document_id):
    """What was found in a document, and its text with the words that were searched for."""
    claim, document = wanted(request, reference, document_id)
    words, number = request.GET.get("q", "")[:LONGEST], request.GET.get("page", "1")
    number = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
    first = max(number - 1, 0) // WINDOW * WINDOW + 1
    try:
        pages, last = delivery.read_out(
            document,
            lambda: pages_of(document, words, first, first + WINDOW),
            by=request.user,
            why=why(claim),
            request_id=request.id,
        )
    except FileRefused as refused:
        return refusal(request, claim, document, refused)
    return page(
        request,
        "reading.html",
        title=document.name,
        claim=claim,
        document=document,
        found=findings_of([document]).get(document.pk),
        sees_place=permissions.sees_place(request.user, claim),
        pages=pages,
        words=words,
        before=first - WINDOW if first > 1 else None,
        after=first + WINDOW if last >= first + WINDOW else None,
        languages={"it": "it", "en": "en"},
    )


@staff_only(*CASE_READERS)
@require_safe
def download(request, reference, document_id):
    claim, document = wanted(request, reference, document_id)
    try:
        return delivery.deliver(
            document, by=request.user, why=why(claim), request_id=request.id, headers=request.headers
        )
    except FileRefused as refused:
        return refusal(request, claim, document, refused)


def refusal(request, claim, document, refused):
    return page(
        request,
        "refused.html",
        status=refused.status,
        title=document.name,
        refused=refused,
        back=address(claim) + "?tab=evidence",
    )


@staff_only(*CASE_READERS)
@require_safe
def preview(request, reference, document_id):
    claim, document = wanted(request, reference, document_id)
    try:
        return delivery.preview(document, by=request.user, why=why(claim), request_id=request.id)
    except FileRefused as refused:
        return HttpResponse(str(refused.message), status=refused.status, content_type="text/plain; charset=utf-8")


def wanted(request, reference, document_id):
    """The claim and its document, if the person may know of the claim and it is not their own."""
    claim = found(request, reference)
    attachment = claim.attachments.select_related("document").filter(document_id=document_id).first()
    if attachment is None or claim.claimant_id == request.user.pk:
        raise Http404
    return claim, attachment.document


def why(claim):
    return f"case {claim.reference}"
