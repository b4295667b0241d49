"""Filing a claim: one view for each question, each saved on its own."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SIGNED_IN, access
from claims.actions import intake
from claims.models import Claim
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.statuses import UNDECIDED, Status
from claims.web import forms
from claims.web.cases_own import own_claim, own_draft, refusals_shown
from claims.web.filing_checking import everything, may_send, sent, was_sent
from claims.web.filing_steps import filled, onward, saved, shown
from claims.web.kept import keeps_text

GET_AND_POST = require_http_methods(["GET", "HEAD", "POST"])


@keeps_text
@access(SIGNED_IN)
@GET_AND_POST
@refusals_shown
def start(request, code):
    incident = open_incident(code, by=request.user)
    may_own = permissions.may_file_own(request.user)
    for_caller = permissions.may_file_for_others(request.user) and not (may_own and "mine" in request.GET)
    form = filled(request, forms.Caller if for_caller else forms.Account)
    opened = []
    if saved(form, lambda values: opened.append(begin(code, values, by=request.user))):
        return redirect("claim-story", opened[0].reference)
    drafts = Claim.objects.own(request.user).filter(incident=incident, status=Status.DRAFT).order_by("-id")[:5]
    context = {"incident": incident, "form": form, "drafts": drafts, "for_caller": for_caller, "may_own": may_own}
    return render(request, "claimant/filing/start.html", context, status=422 if form.is_bound else 200)


def open_incident(code, *, by):
    try:
        return intake.open_incident(code, by=by)[0]
    except Refused as refused:
        if refused.code == "unknown_incident":
            raise Http404 from refused
        raise


def begin(code, values, *, by):
    """The draft to go on with: one that this person already began for the same account, or a new one."""
    if "on_behalf_of" not in values:
        begun = Claim.objects.filter(claimant=by, filed_by=by, incident__code=code, status=Status.DRAFT)
        if draft := begun.filter(login=values["login"]).order_by("-id").first():
            return draft
    return intake.open_claim(code, by=by, **values)


@keeps_text
@access(SIGNED_IN)
@GET_AND_POST
@own_draft
def account(request, claim):
    form = filled(request, forms.Account, {"login": claim.login})
    if saved(form, lambda values: intake.edit_claim(claim.reference, by=request.user, version=form.version, **values)):
        return redirect("claim-story", claim.reference)
    return shown(request, claim, "story", form=form, page="account")


@keeps_text
@access(SIGNED_IN)
@GET_AND_POST
@own_draft
def story(request, claim):
    stored = {"narrative": claim.narrative, "login_explanation": claim.login_explanation}
    form = filled(request, forms.Story, stored, on_roster=claim.customer is not None)
    if saved(form, lambda values: intake.edit_claim(claim.reference, by=request.user, version=form.version, **values)):
        return onward(request, claim, "story")
    return shown(request, claim, "story", form=form)


@keeps_text
@access(SIGNED_IN)
@GET_AND_POST
@own_draft
def bank(request, claim):
    form = filled(request, forms.Bank)
    keeps = not request.POST.get("iban", "").strip() and "remove" not in request.POST
    if keeps and form.is_bound and form.is_valid():
        return onward(request, claim, "bank")
    if saved(form, lambda values: intake.edit_claim(claim.reference, by=request.user, version=form.version, **values)):
        return redirect("claim-bank", claim.reference) if "remove" in request.POST else onward(request, claim, "bank")
    return shown(request, claim, "bank", form=form)


@keeps_text
@access(SIGNED_IN)
@GET_AND_POST
@own_draft
def check(request, claim):
    form = filled(request, forms.Declaration, late=intake.is_late(claim), asks=not may_send(claim, by=request.user))
    if sent(claim, form, by=request.user):
        return redirect("claim-done" if was_sent(claim) else "claim-check", claim.reference)
    return shown(request, claim, "check", form=form, **everything(claim, by=request.user))


@access(SIGNED_IN)
@require_safe
@own_claim
def done(request, claim):
    if claim.state not in UNDECIDED:
        return redirect("claim", claim.reference)
    notice = claim.notices.filter(kind="claim_submitted").order_by("id").first()
    context = {"claim": claim, "notice": notice, "own": claim.claimant_id == request.user.pk}
    return render(request, "claimant/filing/done.html", context)
