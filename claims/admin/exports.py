"""Exports: asking for a file of claims, watching it being built, fetching it."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from claims import parquet
from claims.actions import exports as actions
from claims.admin.frame import page, say_no, staff_only
from claims.admin.words import STATUSES
from claims.models import Export, Incident
from claims.rules.errors import Refused
from evidence.delivery import secured

WHO = (Role.SUPERVISOR, Role.MANAGER)
SHOWN = 50
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
FIELDS = ("incident", "status", "from", "to")


@staff_only(*WHO)
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request):
    """The list, and the form above it that asks for a new one."""
    if request.method in ("GET", "HEAD"):
        return show(request)
    filters = {name: value for name in FIELDS if (value := request.POST.get(name, "").strip())}
    if request.POST.get("bom") == "on":
        filters["bom"] = True
    try:
        actions.request_export(
            by=request.user, report="claims", format=request.POST.get("format") or "csv", filters=filters
        )
    except Refused as refused:
        return show(request, status=refused.status, typed=request.POST, refused=refused)
    messages.success(request, _("The file is being built. It appears below."))
    return HttpResponseRedirect(reverse("admin:exports"))


def show(request, *, status=200, typed=None, refused=None):
    errors = {name.removeprefix("filters."): message for name, _code, message in refused.errors} if refused else {}
    return page(
        request,
        "exports.html",
        status=status,
        title=_("Exports"),
        typed=typed or {},
        refused=refused,
        errors=errors,
        incidents={incident.code: incident.title for incident in Incident.objects.all()},
        statuses=STATUSES,
        parquet=parquet.is_installed(),
        **listed(request),
    )


def listed(request):
    made = list(Export.objects.visible_to(request.user)[:SHOWN])
    titles = dict(Incident.objects.values_list("code", "title_en" if request.LANGUAGE_CODE == "en" else "title_it"))
    for export in made:
        export.words = in_words(export.filters, titles)
        if export.report == "ledger":
            export.words = _("Ledger: %(incident)s") % {"incident": export.words}
        export.percent = min(100, export.rows * 100 // export.expected) if export.expected else 0
        export.unfinished = export.state in ("queued", "running")
    return {"exports": made, "watching": any(export.unfinished for export in made)}


def in_words(filters, titles):
    """The filters of an export, as a person reads them."""
    words = []
    if code := filters.get("incident"):
        words.append(titles.get(code, code))
    if status := filters.get("status"):
        words.append(str(STATUSES.get(status, status)))
    if first := filters.get("from"):
        words.append(_("from %(day)s") % {"day": first})
    if last := filters.get("to"):
        words.append(_("to %(day)s") % {"day": last})
    return ", ".join(words) or _("all claims")


@staff_only(*WHO)
@require_safe
def listing(request):
    """The list alone: the page asks for it every two seconds while a file is being built."""
    return render(request, "admin/_exports.html", listed(request))


@staff_only(*WHO)
@require_POST
def cancel(request, export_id):
    try:
        actions.cancel(export_id, by=request.user)
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        say_no(request, refused)
        return show(request, status=refused.status)
    return HttpResponseRedirect(reverse("admin:exports"))


@staff_only(*WHO)
@require_safe
def download(request, export_id):
    try:
        export, file = actions.opened(export_id, by=request.user)
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        say_no(request, refused)
        return show(request, status=refused.status)
    name = f"{export.report}-{export.created_at:%Y%m%d-%H%M}.{export.format}"
    return secured(FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[export.format]))
