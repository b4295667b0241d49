"""The thread of a claim on the claimant's pages: reading it, and writing to the review office."""

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.access import SIGNED_IN, access
from claims.actions import messages, uploads
from claims.reports.excerpts import newest_messages
from claims.reports.thread import thread_of
from claims.rules.errors import Refused
from claims.rules.talking import MOST_DOCUMENTS, TAKING_DOCUMENTS, TALKING
from claims.web.cases_own import own_claim
from claims.web.filing_steps import filled
from claims.web.forms import Form, Typed
from claims.web.kept import keeps_text
from evidence.reasons import MEGABYTE, max_bytes


class Message(Form):
    text = Typed(_("Your message"), area=4)


@keeps_text
@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@own_claim
def thread(request, claim):
    form = filled(request, Message)
    if form.is_bound and written(request, claim, form):
        return redirect(reverse("claim", args=[claim.reference]) + "#messages")
    context = {"claim": claim, **talk_of(request, claim), "form": form}
    return render(request, "claimant/messages.html", context, status=422 if form.is_bound else 200)


def written(request, claim, form):
    """Whether the message went out; if not, the form says what to correct. A refusal of the claim's state is raised."""
    sent, text = request.FILES.getlist("file"), request.POST.get("text", "")
    try:
        with uploads.taken_along(claim, request.POST.getlist("upload"), by=request.user) as waited:
            messages.write(claim.reference, by=request.user, text=text, uploads=[*waited, *sent])
    except Refused as refused:
        if refused.field not in ("text", "file"):
            raise
        form.is_valid()
        if refused.field == "file" or not form.errors:
            form.refuse(refused)
        return False
    return True


def talk_of(request, claim):
    """What the thread's part of a page needs; what is shown counts as read."""
    lines = thread_of(claim, for_staff=False)
    chosen = request.POST.getlist("upload")
    shown = newest_messages(lines, from_staff=True, whole="all" in request.GET)
    if request.method == "GET":
        messages.mark_read(claim, by=request.user, seen=shown.rows)
    return {
        "thread": shown.rows,
        "whole_thread": shown,
        "news": any(line.from_staff and not line.read_at for line in lines),
        "may_write": claim.state in TALKING,
        "may_send_documents": claim.state in TAKING_DOCUMENTS,
        "most_documents": MOST_DOCUMENTS,
        "most_megabytes_each": max_bytes() // MEGABYTE,
        "max_bytes": max_bytes(),
        "waiting": uploads.waiting_for(claim, chosen, by=request.user) if chosen else (),
        "form": Message(),
    }
