"""Payments: what is owed and why it waits, batches, and what the bank answered."""

from django.contrib import messages
from django.db.models import Sum
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import Role
from claims.actions import bank_files, batches, settling, shared_accounts
from claims.admin.frame import page, say_no, staff_only
from claims.models import Batch, Incident, Payout, Statement
from claims.reports import owed
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.money import ZERO, exact_amount, typed_amount
from claims.rules.outage import ROME
from claims.rules.payouts import WAITS
from evidence.delivery import secured

SHOWN = 100
OWED_SHOWN = 25  # the oldest; how much waits for what stands above
BIGGEST = 2**31 - 1
TOO_LARGE = gettext_lazy(
    "This file is too large for this page. Whoever runs the server reads one of any size from its disk:"
    " manage.py read_statement FILE --as %(email)s"
)
LIMITS = ("most_amount", "most_count", "budget")


@staff_only(Role.MANAGER)
@require_safe
def payments(request):
    return show(request)


def show(request, *, status=200, typed=None, refused=None):
    incidents = list(Incident.objects.public())
    wanted = (typed or request.GET).get("incident", "")
    incident = next((each for each in incidents if each.code == wanted), incidents[0] if incidents else None)
    context = {}
    if incident:
        sums = owed.sums(incident, by=request.user)
        rows = owed.owed(incident, by=request.user, size=OWED_SHOWN)
        context = {
            "ready": sums.get("", (0, 0)),
            "waiting": [(WAITS[why], *sum_) for why, sum_ in sorted(sums.items()) if why],
            "rows": [(row, WAITS.get(row.why, "")) for row in rows],
            "shared": owed.shared(incident),
            "returned": Payout.objects.filter(incident=incident, state=Payout.State.RETURNED).count(),
        }
    statements = list(Statement.objects.select_related("imported_by")[:20])
    for statement in statements:
        statement.odd = list(statement.found.exclude(note="")[:SHOWN]) if statement.unmatched else []
    return page(
        request,
        "payments.html",
        status=status,
        title=_("Payments"),
        incidents=incidents,
        incident=incident,
        batches=Batch.objects.select_related("incident", "opened_by", "approved_by")[:SHOWN],
        statements=statements,
        typed=typed or {},
        errors={name: message for name, _code, message in refused.errors} if refused else {},
        refused=refused,
        **context,
    )


@staff_only(Role.MANAGER)
@require_POST
def open_batches(request):
    try:
        opened, waiting = batches.open_batches(
            request.POST.get("incident", ""), by=request.user, **limits(request.POST)
        )
    except Refused as refused:
        return show(request, status=refused.status, typed=request.POST, refused=refused)
    count = sum(batch.count for batch in opened)
    done = ngettext("%(count)d payment is in a batch now.", "%(count)d payments are in a batch now.", count)
    messages.success(request, done % {"count": count})
    for why, left_out in waiting.items():
        messages.warning(request, _("Left out: %(count)d. %(why)s.") % {"count": left_out, "why": WAITS[why]})
    return HttpResponseRedirect(reverse("admin:batch", args=[opened[0].number]))


def limits(typed):
    """The limits somebody typed; an empty field is none."""
    values = {}
    for name in LIMITS:
        text = typed.get(name, "").strip()
        if not text:
            continue
        if name != "most_count":
            values[name] = typed_amount(text, field=name)
        elif text.isascii() and text.isdigit() and len(text) < 10:
            values[name] = int(text)
        else:
            raise Refused("invalid_limit", _("Give a whole number."), field=name)
    return values


@staff_only(Role.MANAGER)
@require_POST
def clear_account(request):
    typed = request.POST
    try:
        shared_accounts.clear_account(typed.get("account", ""), by=request.user, reason=typed.get("reason", ""))
    except Refused as refused:
        say_no(request, refused)
        return show(request, status=refused.status, typed={"incident": typed.get("incident", "")})
    messages.success(request, _("The next batch pays into this account."))
    return HttpResponseRedirect(reverse("admin:payments"))


@staff_only(Role.MANAGER)
@require_POST
def read_statement(request):
    file = request.FILES.get("file")
    try:
        permissions.require(permissions.may_pay(request.user))
        if file is not None and file.problem == "too_large":
            raise Refused("too_large", TOO_LARGE % {"email": request.user.email}, field="file", status=413)
        if file is None or file.problem:
            raise Refused("file_required", _("Choose the bank’s file."), field="file")
        statement, known = settling.settle(file.file, by=request.user)
    except Refused as refused:
        return show(request, status=refused.status, refused=refused)
    if known:
        said = _("This file was already read on %(day)s: nothing changed.")
        messages.warning(request, said % {"day": f"{statement.at.astimezone(ROME):%d.%m.%Y %H:%M}"})
    else:
        said = _("Read: %(settled)d paid, %(returned)d came back, %(unmatched)d to look at.")
        messages.success(request, said % vars(statement))
    return HttpResponseRedirect(reverse("admin:payments") + "#statements")


def found(number):
    rows = Batch.objects.select_related("incident", "opened_by", "approved_by", "handed_over_by", "cancel_asked_by")
    batch = rows.filter(number=number).first() if number <= BIGGEST else None
    if batch is None:
        raise Http404
    return batch


@staff_only(Role.MANAGER)
@require_safe
def batch(request, number):
    return show_batch(request, number)


def show_batch(request, number, *, status=200):
    row = found(number)
    transfers = row.transfers.select_related("payout__claim", "payout__customer").order_by("pk")
    concerned = batches.is_concerned(request.user, row)
    row.live_total = row.transfers.filter(state="planned").aggregate(total=Sum("amount", default=ZERO))["total"]
    alone = row.taken_out_at is None and row.handed_over_at is None
    return page(
        request,
        "batch.html",
        status=status,
        title=str(row),
        batch=row,
        transfers=transfers[:SHOWN],
        shown=SHOWN,
        shared=owed.shared_in(row) if row.state == Batch.State.OPEN else [],
        alone=alone,
        may_approve=permissions.may_approve_batch(request.user, row, concerned=concerned),
        may_cancel=permissions.may_cancel_batch(request.user, row, alone or row.cancel_asked_by_id is None),
        cancellable=row.state in ("open", "approved", "written", "handed_over"),
    )


@staff_only(Role.MANAGER)
@require_POST
def step(request, number, what):
    """What a manager does with a batch."""
    found(number)
    act = STEPS.get(what)
    if act is None:
        raise Http404
    try:
        act(request, number)
    except Refused as refused:
        say_no(request, refused)
        return show_batch(request, number, status=refused.status)
    return HttpResponseRedirect(reverse("admin:batch", args=[number]))


def approve(request, number):
    seen = exact_amount(request.POST.get("total", ""), field="total")
    batches.approve_batch(number, by=request.user, total=seen, shared_reason=request.POST.get("shared_reason", ""))
    bank_files.write_file(number)
    messages.success(request, _("Approved. The file for the bank is ready."))


def cancel(request, number):
    batches.cancel_batch(number, by=request.user, reason=request.POST.get("reason", ""))


def exclude(request, number):
    count = batches.exclude_account(number, request.POST.get("account", ""), by=request.user)
    done = ngettext("%(count)d payment was taken out.", "%(count)d payments were taken out.", count)
    messages.success(request, done % {"count": count})


def keep(request, number):
    batches.keep_batch(number, by=request.user)


def hand_over(request, number):
    bank_files.handed_over(number, by=request.user)
    messages.success(request, _("Noted. When the bank answers, read its file on the page of payments."))


STEPS = {"approve": approve, "exclude": exclude, "cancel": cancel, "keep": keep, "hand-over": hand_over}


@staff_only(Role.MANAGER)
@require_safe
def bank_file(request, number):
    found(number)
    try:
        row, file = bank_files.opened(number, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show_batch(request, number, status=refused.status)
    name = f"pain001-{row.number}.xml"
    return secured(FileResponse(file, as_attachment=True, filename=name, content_type="application/xml"))
