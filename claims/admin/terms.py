"""The terms of an incident: versions and their differences, the draft of the next one, what it costs, two people."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import STAFF, Role
from claims.actions import terms as actions
from claims.actions import terms_previews
from claims.admin import terms_words
from claims.admin.frame import page, say_no, staff_only
from claims.admin.incidents import found
from claims.models import Claim, MassRun, TermsDraft, TermsPreview
from claims.reports import terms_costs
from claims.rules import permissions
from claims.rules.errors import Refused

SHOWN = 50
DONE = {
    "approve": gettext_lazy("Approved. Version %(version)d holds for claims opened from now on."),
    "reject": gettext_lazy("Rejected. The terms in force stay as they are."),
    "withdraw": gettext_lazy("Withdrawn. It is kept below."),
}


@staff_only(*STAFF)
@require_safe
def terms(request, code):
    """Every version with what it changed; a manager sees the next one on its way and what it costs."""
    return show(request, found(code))


def show(request, incident, *, status=200, refused=None):
    in_force, editable = actions.editable(incident)
    may_manage = bool(permissions.may_manage_incidents(request.user))
    draft = editable if in_force is not None and may_manage else None
    return page(
        request,
        "terms.html",
        status=status,
        title=_("Terms: %(incident)s") % {"incident": incident},
        incident=incident,
        in_force=in_force,
        draft=draft,
        draft_changes=terms_words.said_changes(draft.based_on.rules, draft.rules) if draft else [],
        may_manage=may_manage,
        may_approve=draft is not None and bool(permissions.may_approve_terms(request.user, draft.proposed_by_id)),
        affected=affected(incident) if draft is not None else {},
        versions=versions_of(incident),
        earlier=earlier_of(incident) if may_manage else [],
        costs=costs_of(incident, editable) if may_manage and editable is not None else None,
        typed=request.POST,
        refused=refused,
    )


def versions_of(incident):
    """[(version, what it changed, all of it)], newest first."""
    rows = list(incident.terms_versions.select_related("proposed_by", "approved_by").order_by("-version")[:SHOWN])
    before = [*rows[1:], None]
    return [
        (row, terms_words.said_changes(old.rules, row.rules) if old else [], terms_words.read_out(row.rules))
        for row, old in zip(rows, before, strict=True)
    ]


def earlier_of(incident):
    """[(draft, what it would have changed)] of those that were rejected or withdrawn, newest first."""
    gone = incident.terms_drafts.filter(state__in=("rejected", "withdrawn"))
    rows = gone.select_related("based_on", "written_by", "proposed_by", "answered_by")[:SHOWN]
    return [(row, terms_words.said_changes(row.based_on.rules, row.rules)) for row in rows]


def affected(incident):
    """What an approval leaves as it is, and what it makes stale."""
    runs = MassRun.objects.filter(incident=incident)
    return {
        "claims": Claim.objects.filter(incident=incident)
        .exclude(status__in=("closed", "withdrawn", "expired"))
        .count(),
        "going_on": runs.filter(state__in=("approved", "paused")).count(),
        "proposed": runs.filter(state__in=("counting", "proposed")).count(),
    }


def costs_of(incident, row):
    """What the page says about money: {} where nothing was counted for these values."""
    preview = TermsPreview.objects.filter(incident=incident).select_related("against", "incident").first()
    if preview is None or preview.values != row.values:
        return {}
    names = {service.pk: str(service) for service in incident.services.all()}
    counted = terms_costs.costs(preview)
    return {
        "preview": preview,
        "current": terms_previews.is_current(preview),
        "remedies": [
            {
                "label": terms_words.LABELS[each.remedy],
                "costs": each,
                "services": [(names.get(pk, pk), sums) for pk, sums in each.services.items()],
                "cut": [(words, each.now[why], each.before[why]) for why, words in terms_words.CUT.items()
                        if each.now[why] or each.before[why]],
                "difference": terms_words.difference(each.whole) if preview.against_id else "",
                "more": each.moved[1],
                "less": each.moved[-1],
            }
            for each in counted
        ],
        "examples": [example(each, preview) for each in terms_costs.examples(preview)] if preview.done_at else [],
    }  # fmt: skip


def example(each, preview):
    return {
        "customer": each.customer,
        "remedy": terms_words.LABELS[each.remedy],
        "steps": terms_words.steps(each.customer, each.remedy, preview.rules, each.now),
        "net": each.now.net,
        "before": each.before.net if each.before else None,
    }


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def costs(request, code):
    """What the terms on their way cost, alone: the page asks for it while it is counted. Posting counts again."""
    incident = found(code)
    in_force, row = actions.editable(incident)
    if row is None:
        raise Http404
    if request.method == "POST":
        terms_previews.ask(incident, by=request.user, values=row.values, against=in_force)
        terms_previews.count_part(incident.pk)
        return HttpResponseRedirect(reverse("admin:incident-terms", args=[code]) + "#costs")
    return render(
        request,
        "admin/_terms_costs.html",
        {"incident": incident, "in_force": in_force, "costs": costs_of(incident, row)},
    )


@staff_only(Role.MANAGER)
@require_POST
def propose(request, code):
    incident, revision = found(code), number(request.POST.get("revision"))
    try:
        actions.propose(code, by=request.user, revision=revision, reason=request.POST.get("reason", ""))
    except Refused as refused:
        say_no(request, refused)
        return show(request, incident, status=refused.status, refused=refused)
    messages.success(request, _("Proposed. Another manager approves it or says no."))
    return HttpResponseRedirect(reverse("admin:incident-terms", args=[code]))


@staff_only(Role.MANAGER)
@require_POST
def answer(request, code, step):
    """Approves, rejects or withdraws the draft that was looked at."""
    incident, seen = found(code), number(request.POST.get("draft"))
    note = {} if step == "approve" else {"note": request.POST.get("note", "")}
    act = {"approve": actions.approve, "reject": actions.reject, "withdraw": actions.withdraw}[step]
    try:
        draft = act(code, by=request.user, draft_id=seen, **note)
    except Refused as refused:
        say_no(request, refused)
        return show(request, incident, status=refused.status, refused=refused)
    version = draft.made.version if draft.state == TermsDraft.State.APPROVED else 0
    messages.success(request, DONE[step] % {"version": version})
    return HttpResponseRedirect(reverse("admin:incident-terms", args=[code]))


def number(text):
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
