"""A roster from the browser: a file is checked first, and the same file is loaded then."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from claims.actions import roster as actions
from claims.admin.frame import page, staff_only
from claims.admin.incidents import found
from claims.rules import permissions
from claims.rules.errors import Refused
from evidence.errors import FileRefused
from evidence.reasons import max_megabytes


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
        megabytes=max_megabytes,
    )
