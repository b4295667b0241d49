"""Answering what a reviewer asked: one thing a page, kept as it is saved, sent as a whole."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import SIGNED_IN, access
from claims.actions import answers, clock
from claims.actions.questions import answerable
from claims.reports.questions import rounds_of
from claims.web import forms
from claims.web.cases_own import own_claim
from claims.web.evidence_taking import describe_all, rows, take_all
from claims.web.filing_steps import filled, saved
from claims.web.kept import keeps_text


@keeps_text
@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@own_claim
def overview(request, claim):
    """Everything that is asked, what has an answer already, and the button that sends all of it."""
    form = filled(request, forms.Words)
    if saved(form, lambda values: answers.answer(claim.reference, by=request.user, items=(), **values)):
        messages.success(request, _("Thank you. We have your answer, and the review goes on."))
        return redirect("claim", claim.reference)
    if (asked := asked_now(claim)) is None:
        return redirect("claim", claim.reference)
    context = {
        "claim": claim,
        "form": form,
        "asked": asked,
        "late": clock.today() > asked.due,
        "complete": all(item.is_given for item in asked.items.all()),
    }
    return render(request, "claimant/answer.html", context, status=422 if form.is_bound else 200)


@keeps_text
@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@own_claim
def one(request, claim, item):
    """One thing: words, documents, or why it cannot be given. Saving leads to the next one without an answer."""
    asked = asked_now(claim)
    if asked is None and request.method != "POST":
        return redirect("claim", claim.reference)
    found = next((each for each in asked.items.all() if each.pk == item), None) if asked else None
    if asked and found is None:
        raise Http404
    if request.htmx and request.FILES:
        taken, problems = take_all(request, claim, asked_id=item)
        context = {**rows(claim, only=taken), "claim": claim, "problems": problems}
        return render(request, "claimant/filing/taken.html", context, status=422 if problems else 200)
    stored = {"text": found.answer, "declined": found.declined} if found else None
    form, problems = filled(request, forms.Answer, stored), []
    if saved(form, lambda values: answers.save_answer(claim.reference, item, by=request.user, **values)):
        problems = take_all(request, claim, asked_id=item)[1] if request.FILES else []
        problems += describe_all(request, claim)
        if not problems:
            return onward(request, claim, item)
    attached = list(claim.attachments.filter(answers=item).select_related("document"))
    context = {
        **rows(claim, only=attached),
        "claim": claim,
        "form": form,
        "asked": asked,
        "item": found,
        "problems": problems,
    }
    return render(request, "claimant/answer_one.html", context, status=422 if form.is_bound else 200)


def onward(request, claim, item):
    """To the next thing that has no answer yet, else to the overview."""
    things = list(asked_now(claim).items.all())
    place = [each.pk for each in things].index(item)
    missing = [each.pk for each in things[place + 1 :] + things[:place] if not each.is_given]
    if request.POST.get("go") == "on" and missing:
        return redirect("claim-answer-one", claim.reference, missing[0])
    if request.POST.get("go") == "stay":
        return redirect("claim-answer-one", claim.reference, item)
    return redirect("claim-answer", claim.reference)


def asked_now(claim):
    """The round that may be answered, with its items and their documents, or None."""
    request = answerable(claim)
    return request and next(each for each in rounds_of(claim) if each.pk == request.pk)
