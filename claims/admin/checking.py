"""Answering a check on the case page: at once for htmx, which gets the row back, else by a button."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims.actions import checklist
from claims.admin.cases import REVIEWING, address, found, show
from claims.admin.checklist import Answer, panel_of
from claims.admin.deciding import version_of
from claims.admin.frame import say_no, staff_only
from claims.rules.errors import Refused


@staff_only(*REVIEWING)
@require_POST
def check(request, reference):
    claim, typed = found(request, reference), Answer.read(request.POST)
    refused = None
    try:
        checklist.record(claim.reference, by=request.user, entries=[typed.entry], version=version_of(request))
    except Refused as refusal:
        refused, typed.error = refusal, str(refusal.message)
    if request.headers.get("HX-Request"):
        return row(request, found(request, reference), typed)
    if refused is None:
        messages.success(request, _("The answer is kept."))
        return HttpResponseRedirect(f"{address(claim)}?tab=story#checklist.{typed.code}")
    if not refused.errors:
        say_no(request, refused)
    return show(request, found(request, reference), status=refused.status, checking=typed)


def row(request, claim, typed):
    """The row, and what else of the page its answer changes: how many are done, what is missing, the version."""
    panel = panel_of(claim, request.user, typed if typed.error else None)
    lines = [line for line in panel["lines"] if line.row.code == typed.code]
    return render(request, "admin/_checked.html", {"claim": claim, "checklist": panel, "lines": lines, "typed": typed})
