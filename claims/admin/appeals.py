"""What a supervisor does at the ends of a case: takes in a late draft, opens an ended claim again."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.roles import Role
from claims.actions import endings, intake
from claims.admin.cases import carried_out, found
from claims.admin.frame import staff_only
from claims.models import Claim
from claims.rules import permissions
from claims.rules.errors import Refused


@staff_only(Role.SUPERVISOR)
@require_POST
def submit_late(request, reference):
    """Takes a draft whose time is over, because its claimant asked for it."""

    def take_in():
        permissions.require(permissions.may_submit_late(request.user, claim))
        reason, declared = request.POST.get("reason", ""), request.POST.get("declaration") == "on"
        intake.submit_claim(reference, by=request.user, declaration=declared, late_reason=reason)
        messages.success(request, _("The claim is submitted; its claimant is told."))

    claim = found(request, reference)
    return carried_out(request, reference, take_in)


@staff_only(Role.SUPERVISOR)
@require_POST
def reopen(request, reference):
    chosen = request.POST.get("to", "")
    to = User.objects.filter(pk=chosen).first() if chosen.isascii() and chosen.isdecimal() else None

    def open_again():
        if chosen and to is None:
            raise Refused("unknown_person", _("Choose who should get this claim."), field="to")
        claim = endings.reopen(reference, by=request.user, reason=request.POST.get("reason", ""), to=to)
        if claim.is_draft:
            messages.success(request, _("It is a draft again, and its claimant is told. You cannot see it any more."))
        else:
            messages.success(request, _("The claim is open again, with %(name)s.") % {"name": claim.assigned_to})

    claim = found(request, reference)
    response = carried_out(request, reference, open_again)
    if response.status_code == 302 and not Claim.objects.visible_to(request.user).filter(pk=claim.pk).exists():
        return HttpResponseRedirect(reverse("admin:queue"))
    return response
