"""What a claimant does after a decision: accept it, appeal, say where to pay."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import SIGNED_IN, access
from claims.actions import appeals, attachments, banking, endings
from claims.reports.appealing import choices_of
from claims.rules import permissions
from claims.web import forms
from claims.web.cases_own import own_claim
from claims.web.evidence_taking import rows, take_all
from claims.web.filing_steps import filled, saved
from claims.web.kept import keeps_text

GET_AND_POST = require_http_methods(["GET", "HEAD", "POST"])


@keeps_text
@access(SIGNED_IN)
@GET_AND_POST
@own_claim
def appeal(request, claim):
    """Grounds and new documents in one form. A file that is not taken keeps the appeal back until it is put right."""
    form, problems = filled(request, forms.Grounds), []
    if form.is_bound and form.is_valid() and request.FILES:
        problems = take_all(request, claim)[1]
    if not problems and saved(form, lambda values: appeals.appeal(claim.reference, by=request.user, **values)):
        messages.success(request, _("We have your appeal. Somebody else looks at your claim."))
        return redirect("claim", claim.reference)
    permissions.require(permissions.may_settle(request.user, claim))
    choices = choices_of(claim)
    if not form.is_bound and not (choices and choices.may_appeal):
        return redirect("claim", claim.reference)
    context = {
        **rows(claim, only=fresh(claim, choices)),
        "claim": claim,
        "form": form,
        "choices": choices,
        "problems": problems,
    }
    return render(request, "claimant/appeal.html", context, status=422 if form.is_bound else 200)


def fresh(claim, choices):
    """The documents that came after the decision; each knows whether it `is_fixed`: no longer to be taken out."""
    if choices is None:
        return []
    since = choices.decision.effective_at
    found = claim.attachments.select_related("document", "item").prefetch_related("messages")
    found = list(found.filter(added_at__gte=since, document__parent=None))
    for attachment in found:
        attachment.is_fixed = not attachments.is_loose(attachment, attachments.changeable_since(claim, None))
    return found


@access(SIGNED_IN)
@GET_AND_POST
@own_claim
def accept(request, claim):
    if request.method == "POST":
        endings.accept(claim.reference, by=request.user)
        messages.success(request, _("You have accepted the decision."))
        return redirect("claim", claim.reference)
    permissions.require(permissions.may_settle(request.user, claim))
    choices = choices_of(claim)
    if not (choices and choices.may_accept):
        return redirect("claim", claim.reference)
    return render(request, "claimant/accept.html", {"claim": claim, "choices": choices})


@access(SIGNED_IN)
@GET_AND_POST
@own_claim
def bank_details(request, claim):
    form = filled(request, forms.WhereToPay)
    if saved(form, lambda values: banking.give_bank_details(claim.reference, by=request.user, **values)):
        messages.success(request, _("Your bank details are stored."))
        return redirect("claim", claim.reference)
    permissions.require(permissions.may_settle(request.user, claim))
    if not form.is_bound and not banking.is_open_to_details(claim):
        return redirect("claim", claim.reference)
    context = {"claim": claim, "form": form}
    return render(request, "claimant/bank_details.html", context, status=422 if form.is_bound else 200)
