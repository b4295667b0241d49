"""Awards in kind: what waits, the files it leaves in, what was answered, and the pools of voucher codes."""

from datetime import date

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import Role
from claims.actions import clock, confirming, fulfilling, vouchers
from claims.admin.frame import page, say_no, staff_only
from claims.models import FulfilmentFile, Incident
from claims.reports import fulfilment
from claims.rules import permissions
from claims.rules.benefits import KINDS
from claims.rules.errors import Refused
from claims.rules.fulfilment import NOTES
from evidence.delivery import secured

SHOWN = 100
BIGGEST = 2**31 - 1


@staff_only(Role.MANAGER)
@require_safe
def awards(request):
    return show(request)


def show(request, *, status=200, typed=None, refused=None):
    incidents = list(Incident.objects.public())
    wanted = (typed or request.GET).get("incident", "")
    incident = next((each for each in incidents if each.code == wanted), incidents[0] if incidents else None)
    context = {}
    if incident:
        context = {
            "kinds": fulfilment.sums(incident),
            "pools": fulfilment.pools(incident, today=clock.today()),
            "refused_awards": fulfilment.refused(incident, most=SHOWN),
            "files": FulfilmentFile.objects.filter(incident=incident).select_related("opened_by", "approved_by")[
                :SHOWN
            ],
        }
    return page(
        request,
        "awards.html",
        status=status,
        title=_("Awards in kind"),
        incidents=incidents,
        incident=incident,
        choices=KINDS.items(),
        typed=typed or {},
        errors={name: message for name, _code, message in refused.errors} if refused else {},
        refused=refused,
        wrong=[message for _name, _code, message in refused.errors] if refused else [],
        **context,
    )


def to_awards(incident):
    return HttpResponseRedirect(f"{reverse('admin:awards')}?incident={incident}")


@staff_only(Role.MANAGER)
@require_POST
def open_file(request):
    typed = request.POST
    try:
        most = whole(typed.get("most", ""), "most")
        kind = typed.get("kind", "")
        file = fulfilling.open_file(typed.get("incident", ""), by=request.user, kind=kind, most=most)
    except Refused as refused:
        return show(request, status=refused.status, typed=typed, refused=refused)
    done = ngettext("%(count)d award is in a file now.", "%(count)d awards are in a file now.", file.count)
    messages.success(request, done % {"count": file.count})
    return HttpResponseRedirect(reverse("admin:award-file", args=[file.number]))


def whole(text, field):
    """A whole number that somebody typed, None for nothing."""
    text = text.strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused("invalid_limit", _("Give a whole number."), field=field)
    return int(text) if text else None


@staff_only(Role.MANAGER)
@require_POST
def add_vouchers(request):
    """Codes of a file, or fresh ones if a number of them is given instead."""
    typed, code = request.POST, request.POST.get("incident", "")
    try:
        pool = {
            "by": request.user,
            "value": whole(typed.get("value", ""), "value") or 0,
            "expires_on": day_typed(typed.get("expires_on", ""), "expires_on"),
        }
        if typed.get("count", "").strip():
            count = vouchers.generate(code, count=whole(typed["count"], "count"), **pool)
        else:
            count = vouchers.add_codes(code, uploaded(request, _("Choose a file of codes, or say how many.")), **pool)
    except Refused as refused:
        return show(request, status=refused.status, typed=typed, refused=refused)
    done = ngettext("%(count)d code is in the pool now.", "%(count)d codes are in the pool now.", count)
    messages.success(request, done % {"count": count})
    return to_awards(code)


def day_typed(text, field):
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Refused("invalid_date", _("Choose a day."), field=field) from error


def uploaded(request, otherwise):
    file = request.FILES.get("file")
    if file is None or file.problem:
        permissions.require(permissions.may_fulfil(request.user))
        raise Refused("file_required", otherwise, field="file")
    return file.file


@staff_only(Role.MANAGER)
@require_POST
def again(request, award):
    """What could not be given goes into the next file."""
    try:
        fulfilling.try_again(award, by=request.user)
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        say_no(request, refused)
        return show(request, status=refused.status, typed={"incident": request.POST.get("incident", "")})
    messages.success(request, _("It waits for the next file."))
    return to_awards(request.POST.get("incident", ""))


def found(number):
    rows = FulfilmentFile.objects.select_related("incident", "opened_by", "approved_by", "handed_over_by")
    file = rows.filter(number=number).first() if number <= BIGGEST else None
    if file is None:
        raise Http404
    return file


@staff_only(Role.MANAGER)
@require_safe
def file(request, file):
    return show_file(request, file)


def show_file(request, number, *, status=200, effect=None, refused=None):
    row = found(number)
    concerned = fulfilling.is_concerned(request.user, row)
    lines = row.lines.select_related("entitlement__claim", "entitlement__customer", "voucher").order_by("pk")
    confirmations = list(row.confirmations.select_related("imported_by")[:20])
    for confirmation in confirmations:
        confirmation.looked_at = in_words(confirmation.odd)
    return page(
        request,
        "award_file.html",
        status=status,
        title=str(row),
        file=row,
        lines=lines[:SHOWN],
        shown=SHOWN,
        confirmations=confirmations,
        effect=effect,
        odd=in_words(effect.odd) if effect else [],
        refused=refused,
        wrong=[message for _name, _code, message in refused.errors] if refused else [],
        may_approve=permissions.may_approve_file(request.user, row, concerned=concerned),
        cancellable=row.state in ("open", "approved") and row.taken_out_at is None,
    )


def in_words(odd):
    return [(name, NOTES[why]) for name, why in odd[:SHOWN]]


@staff_only(Role.MANAGER)
@require_POST
def step(request, file, what):
    """What a manager does with a file."""
    found(file)
    act = STEPS.get(what)
    if act is None:
        raise Http404
    try:
        act(request, file)
    except Refused as refused:
        say_no(request, refused)
        return show_file(request, file, status=refused.status)
    return HttpResponseRedirect(reverse("admin:award-file", args=[file]))


def approve(request, number):
    fulfilling.approve_file(number, by=request.user)
    messages.success(request, _("Approved. Take the file out and give it to who gives what is in it."))


def cancel(request, number):
    fulfilling.cancel_file(number, by=request.user, reason=request.POST.get("reason", ""))


def hand_over(request, number):
    fulfilling.handed_over(number, by=request.user)
    messages.success(request, _("Noted. When they answer, read their confirmation here."))


STEPS = {"approve": approve, "cancel": cancel, "hand-over": hand_over}


@staff_only(Role.MANAGER)
@require_POST
def confirm(request, file):
    """Reads a confirmation, or only shows what it would do."""
    found(file)
    dry = request.POST.get("go") != "read"
    try:
        content = uploaded(request, _("Choose the confirmation."))
        effect, known = confirming.confirm(file, content, by=request.user, dry=dry)
    except Refused as refused:
        return show_file(request, file, status=refused.status, refused=refused)
    if known:
        messages.warning(request, _("This confirmation was already read: nothing changed."))
    elif dry:
        return show_file(request, file, effect=effect)
    else:
        said = _("Read: %(given)d given, %(refused)d refused, %(unmatched)d to look at.")
        messages.success(request, said % vars(effect))
    return HttpResponseRedirect(reverse("admin:award-file", args=[file]))


@staff_only(Role.MANAGER)
@require_safe
def take_out(request, file):
    found(file)
    try:
        row, content = fulfilling.taken_out(file, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show_file(request, file, status=refused.status)
    name = f"awards-{row.number}.csv"
    return secured(FileResponse(content, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"))
