"""The documents of a claim: taken in, described, shown and handed out."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SIGNED_IN, access
from claims.actions import attachments
from claims.web.cases_own import own_claim, own_draft, refusal
from claims.web.evidence_taking import describe_all, describe_one, rows, take_all
from claims.web.filing_steps import onward, shown
from claims.web.kept import keep
from evidence import delivery
from evidence.errors import FileRefused

WHY = "followed by its claimant"


@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@own_draft
def documents(request, claim):
    if request.method != "POST":
        return shown(request, claim, "documents", **rows(claim))
    taken, problems = take_all(request, claim)
    if request.htmx:
        context = {**rows(claim, only=taken), "claim": claim, "problems": problems}
        return render(request, "claimant/filing/taken.html", context, status=422 if problems else 200)
    problems += describe_all(request, claim)
    if problems:
        return shown(request, claim, "documents", status=422, problems=problems, **rows(claim))
    goes_on = request.POST.get("go") == "on"
    return onward(request, claim, "documents") if goes_on else redirect("claim-documents", claim.reference)


@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@own_claim
def row(request, claim, document):
    """One document as a row, asked for until it is judged; a POST also says what it is and what it proves."""
    found = attached(claim, document)
    problems = describe_one(request, claim, found) if request.method == "POST" else []
    context = {
        **rows(claim, only=[found]),
        "claim": claim,
        "problems": problems,
        "editable": attachments.may_change(claim, found),
    }
    return render(request, "claimant/filing/taken.html", context, status=422 if problems else 200)


@access(SIGNED_IN)
@require_POST
@own_draft
def remove(request, claim, document):
    answered = attached(claim, document).answers.values_list("pk", flat=True).last()
    attachments.detach(claim.reference, document, by=request.user)
    if claim.is_draft:
        return redirect("claim-documents", claim.reference)
    if answered:
        return back(request, reverse("claim-answer-one", args=[claim.reference, answered]))
    return back(request, reverse("claim-appeal" if "grounds" in request.POST else "claim", args=[claim.reference]))


def back(request, address):
    """To the page whose button it was, with what was typed there meanwhile."""
    key = keep(request, address)
    return redirect(f"{address}?kept={key}" if key else address)


@access(SIGNED_IN)
@require_safe
@own_claim
def document(request, claim, document):
    return handed_out(request, claim, document, delivery.deliver, headers=request.headers)


@access(SIGNED_IN)
@require_safe
@own_claim
def preview(request, claim, document):
    return handed_out(request, claim, document, delivery.preview)


def handed_out(request, claim, document, how, **more):
    try:
        return how(attached(claim, document).document, by=request.user, why=WHY, request_id=request.id, **more)
    except FileRefused as refused:
        return refusal(request, refused, claim=claim)


def attached(claim, document):
    found = claim.attachments.select_related("document").filter(document_id=document).first()
    if found is None:
        raise Http404
    return found
