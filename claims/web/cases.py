"""My cases: the list, the story of one, and taking one back."""

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SIGNED_IN, access
from claims.actions import intake
from claims.actions.banking import is_open_to_details, waits_for_details
from claims.actions.questions import answerable_among
from claims.models import Appeal, Claim, Incident, Letter
from claims.reports import history
from claims.reports.appealing import choices_of, earlier_decisions
from claims.reports.deadlines import deadline_of
from claims.reports.excerpts import newest_events
from claims.reports.found import with_findings
from claims.reports.fulfilment import given_to
from claims.reports.inside import arranged
from claims.reports.paid import payments_of
from claims.reports.questions import rounds_of
from claims.reports.retention import retention_of
from claims.reports.thread import unread
from claims.rules import permissions
from claims.rules.statuses import UNDECIDED, Status
from claims.web import forms
from claims.web.cases_lines import WITHDRAWABLE, decision_of, line_of
from claims.web.cases_own import own_claim
from claims.web.filing_steps import filled, saved
from claims.web.kept import keeps_text
from claims.web.messages import talk_of

A_PAGE = 25
ENDED = (Status.CLOSED, Status.WITHDRAWN, Status.EXPIRED)
DRAFTS_FIRST = Case(When(status=Status.DRAFT, then=Value(0)), default=Value(1), output_field=IntegerField())


@access(SIGNED_IN)
@require_safe
def cases(request):
    claims = Claim.objects.own(request.user).select_related("incident", "claimant").order_by(DRAFTS_FIRST, "-id")
    claims = claims.annotate(unread=unread(from_staff=True))
    page = Paginator(claims, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [line_of(claim) for claim in page],
        "incidents": Incident.objects.open_for_claims(timezone.now()),
    }
    return render(request, "claimant/cases.html", context)


@access(SIGNED_IN)
@require_safe
@own_claim
def case(request, claim):
    deadline, rounds, choices = deadline_of(claim), rounds_of(claim), choices_of(claim)
    gifts = given_to(claim)
    context = {
        **talk_of(request, claim),
        "claim": claim,
        "story": history.story(claim, deadline, choices),
        "payments": payments_of(claim),
        "gifts": gifts,
        "gifts_to_come": claim.state is Status.CLOSED and any(gift.state != "given" for gift in gifts),
        "events": newest_events(history.events_of(claim, for_staff=False), whole="all" in request.GET),
        "deadline": deadline,
        "items": claim.items.all(),
        "attachments": with_findings(arranged(claim.attachments.select_related("document", "item"))),
        "retention": retention_of(claim),
        "decision": decision_of(claim),
        "choices": choices,
        "appeal": Appeal.objects.filter(claim=claim).first() if claim.round > 1 else None,
        "earlier": earlier_decisions(claim),
        "letters": Letter.objects.of(claim),
        "rounds": rounds,
        "answerable": answerable_among(claim, rounds),
        "looked_at_again": claim.round > 1 and claim.state in UNDECIDED,
        "may_be_reopened": claim.state in ENDED and (claim.state is Status.EXPIRED or claim.submitted_at is not None),
        "open_to_bank_details": is_open_to_details(claim) and not claim.is_draft,
        "waits_for_details": waits_for_details(claim),
        "is_claimant": claim.claimant_id == request.user.pk,
        "may_withdraw": permissions.may_withdraw(request.user, claim) and is_open(claim),
    }
    return render(request, "claimant/case.html", context)


def is_open(claim):
    return claim.state in WITHDRAWABLE


@keeps_text
@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@own_claim
def withdraw(request, claim):
    form = filled(request, forms.Withdrawal)
    if saved(form, lambda values: intake.withdraw(claim.reference, by=request.user, **values)):
        return redirect("claim", claim.reference)
    permissions.require(permissions.may_withdraw(request.user, claim))
    if not is_open(claim):
        return redirect("claim", claim.reference)
    context = {"claim": claim, "form": form, "files": claim.attachments.count()}
    return render(request, "claimant/withdraw.html", context, status=422 if form.is_bound else 200)
