"""The clock on the case page: hold, end of a hold, and a supervisor's extension."""

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Role
from claims.actions import deadlines, holds
from claims.admin.cases import REVIEWING, carried_out
from claims.admin.frame import staff_only
from claims.rules.errors import Refused
from claims.rules.moments import typed_day


@staff_only(*REVIEWING)
@require_POST
def hold(request, reference):
    def wait():
        holds.hold(
            reference,
            by=request.user,
            until=typed_day(request.POST.get("until", ""), field="until"),
            reason=request.POST.get("reason", ""),
            note=request.POST.get("note", ""),
        )
        messages.success(request, _("The claim is on hold. It comes back to its reviewer by itself."))

    return carried_out(request, reference, wait)


@staff_only(*REVIEWING)
@require_POST
def resume(request, reference):
    def go_on():
        holds.resume(reference, by=request.user, note=request.POST.get("note", ""))
        messages.success(request, _("The review goes on."))

    return carried_out(request, reference, go_on)


@staff_only(Role.SUPERVISOR)
@require_POST
def extend(request, reference):
    def prolong():
        typed = request.POST.get("days", "").strip()
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 4):
            raise Refused("invalid_days", _("Write a number of days."), field="days")
        claim = deadlines.extend(
            reference,
            by=request.user,
            days=int(typed),
            basis=request.POST.get("basis", ""),
            note=request.POST.get("note", ""),
        )
        messages.success(request, _("The time to decide is prolonged by %(days)s days.") % {"days": typed})
        return claim

    return carried_out(request, reference, prolong)
