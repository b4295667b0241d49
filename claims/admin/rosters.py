"""A roster from the browser: checked first and loaded then, or corrected by a file whose effect is shown first."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from claims.actions import corrections
from claims.actions import roster as actions
from claims.admin.frame import page, staff_only
from claims.admin.incidents import found
from claims.models import Correction
from claims.reports import corrections as reports
from claims.rules import permissions
from claims.rules.errors import Refused
from evidence.errors import FileRefused
from evidence.reasons import max_megabytes

SHOWN = 200


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request, code):
    """The form; with a file the report of what it would do, and then the button that does it."""
    made = found(code)
    if request.method in ("GET", "HEAD"):
        return show(request, made)
    checked = request.POST.get("sha256", "") if request.POST.get("go") == "load" else None
    try:
        permissions.require(permissions.may_manage_incidents(request.user))
        file = chosen(request)
        report = actions.load(code, file, by=request.user, dry_run=checked is None, checked=checked)
    except Refused as refused:
        return show(request, made, status=refused.status, refused=refused)
    if checked is None:
        return show(request, made, report=report)
    said = _("Loaded: %(added)s added, %(changed)s changed, %(unchanged)s unchanged.")
    counts = {name: number_format(getattr(report, name)) for name in ("added", "changed", "unchanged")}
    messages.success(request, said % counts)
    return HttpResponseRedirect(reverse("admin:incident-roster", args=[code]))


def chosen(request):
    """The file of the form, open. Raises Refused where there is none, or it did not arrive."""
    file = request.FILES.get("file")
    if file is None:
        raise Refused("file_required", _("Choose a file."), field="file")
    if file.problem:
        refused = FileRefused(file.problem)
        raise Refused(refused.code, refused.message, field="file", status=refused.status)
    return file.file


def show(request, made, *, status=200, refused=None, report=None):
    kinds = report.kinds if report else getattr(refused, "kinds", ())
    return page(
        request,
        "roster.html",
        status=status,
        title=_("Roster: %(incident)s") % {"incident": made.title},
        incident=made,
        accounts=made.customers.count(),
        services={service.code: service for service in made.services.all()},
        refused=refused,
        report=report,
        kinds=kinds,
        megabytes=max_megabytes(),
        corrections=made.corrections.select_related("proposed_by")[:20],
    )


@staff_only(Role.MANAGER)
@require_POST
def correct(request, code):
    """Computes what a file of corrections would do, and shows it."""
    made = found(code)
    try:
        permissions.require(permissions.may_correct_roster(request.user))
        proposed = corrections.propose(code, chosen(request), by=request.user)
    except Refused as refused:
        return show(request, made, status=refused.status, refused=refused)
    return HttpResponseRedirect(reverse("admin:correction", args=[proposed.pk]))


@staff_only(Role.MANAGER)
@require_safe
def correction(request, correction_id):
    return show_correction(request, correction_id)


def show_correction(request, correction_id, *, status=200, refused=None):
    rows = Correction.objects.select_related("incident", "terms", "proposed_by", "finished_by")
    if (made := rows.filter(pk=correction_id).first()) is None:
        raise Http404
    concerned = made.state == Correction.State.PROPOSED and corrections.is_concerned(request.user, made)
    lines = reports.lines(made, most=SHOWN)
    return page(
        request,
        "correction.html",
        status=status,
        title=_("%(correction)s: %(incident)s") % {"correction": made, "incident": made.incident.title},
        correction=made,
        refused=refused,
        effect=reports.sums(made.effect),
        granted=reports.sums(made.granted),
        lines=lines,
        left=made.lines.count() - len(lines),
        may_apply=permissions.may_apply_correction(request.user, made, concerned=concerned),
    )


@staff_only(Role.MANAGER)
@require_POST
def finish(request, correction_id, step):
    """Applies what was shown, or cancels it."""
    choice = {"yes": True, "no": False}.get(request.POST.get("with_granted", ""))
    try:
        if step == "cancel":
            corrections.cancel(correction_id, by=request.user)
        else:
            fingerprint = request.POST.get("fingerprint", "")
            corrections.apply(correction_id, by=request.user, fingerprint=fingerprint, with_granted=choice)
            messages.success(request, _("Applied."))
    except Refused as refused:
        return show_correction(request, correction_id, status=refused.status, refused=refused)
    return HttpResponseRedirect(reverse("admin:correction", args=[correction_id]))
