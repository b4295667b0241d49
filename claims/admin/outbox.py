"""The outbox: what waits and how fast it leaves, stopping it, and sending a notice that failed once more."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from claims.actions import notices
from claims.actions import outbox as actions
from claims.admin.frame import page, say_no, staff_only
from claims.models import MassRun
from claims.reports import outbox as reports
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.notices import KINDS, told_by

RUNS = 20


@staff_only(Role.SUPERVISOR, Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def outbox(request):
    """Everything about the outbox; managers stop it here."""
    if request.method in ("GET", "HEAD"):
        return show(request)
    what, _colon, which = request.POST.get("what", "").partition(":")
    run = int(which) if what == "run" and which.isascii() and which.isdecimal() and len(which) < 10 else None
    kind = which if what == "kind" else ""
    try:
        if what not in ("all", "kind", "run") or (what != "all" and not (run or kind)):
            raise Refused("required", _("Choose what to stop."), "what")
        actions.pause(by=request.user, reason=request.POST.get("reason", ""), kind=kind, run=run)
    except Refused as refused:
        return show(request, status=refused.status, typed=request.POST, refused=refused)
    messages.success(request, _("Stopped. What is being sent this moment still leaves."))
    return HttpResponseRedirect(reverse("admin:outbox"))


def show(request, *, status=200, typed=None, refused=None):
    return page(
        request,
        "outbox.html",
        status=status,
        title=_("Outbox"),
        figures=reports.figures(),
        pauses=[(each, told_by(each.kind) if each.kind else "") for each in reports.pauses()],
        kinds=sorted(
            ((kind, words) for kind, words in KINDS.items() if kind != actions.NEVER), key=lambda k: str(k[1])
        ),
        runs=MassRun.objects.exclude(approved_at=None).select_related("incident")[:RUNS],
        domains=reports.left_alone(),
        bounces=[(each, told_by(each.notice.kind)) for each in reports.came_back()],
        bad=reports.bad_addresses(),
        may_pause=bool(permissions.may_pause_outbox(request.user)),
        typed=typed or {},
        refused=refused,
    )


@staff_only(Role.SUPERVISOR, Role.MANAGER)
@require_safe
def now(request):
    """The figures alone: the page asks for them every five seconds."""
    return render(request, "admin/_outbox.html", {"figures": reports.figures()})


@staff_only(Role.MANAGER)
@require_POST
def resume(request, pause_id):
    try:
        actions.resume(pause_id, by=request.user)
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        say_no(request, refused)
        return show(request, status=refused.status)
    messages.success(request, _("It goes on."))
    return HttpResponseRedirect(reverse("admin:outbox"))


@staff_only(Role.SUPERVISOR, Role.MANAGER)
@require_POST
def retry(request, notice_id):
    back = reverse("admin:claims_notice_changelist")
    try:
        notices.retry(notice_id, by=request.user)
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        return page(request, "refused.html", status=refused.status, title=_("Notices"), refused=refused, back=back)
    messages.success(request, _("The notice is in the outbox again."))
    return HttpResponseRedirect(reverse("admin:claims_notice_change", args=[notice_id]))
