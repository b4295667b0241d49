"""How long the documents of a case are kept: legal holds, and the certificates of what was deleted."""

from django.contrib import messages
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import CASE_READERS, Role
from claims.actions import legal_holds
from claims.admin.cases import carried_out, found
from claims.admin.frame import page, staff_only
from claims.reports.retention import certificates_of

KEEPERS = (Role.SUPERVISOR, Role.MANAGER)


@staff_only(*KEEPERS)
@require_POST
def place(request, reference):
    def keep():
        legal_holds.place(reference, by=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, _("Nothing of this claim is deleted until the legal hold is lifted."))

    return carried_out(request, reference, keep)


@staff_only(*KEEPERS)
@require_POST
def lift(request, reference):
    def let_go():
        legal_holds.lift(reference, by=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, _("The legal hold is lifted."))

    return carried_out(request, reference, let_go)


@staff_only(*CASE_READERS)
@require_safe
def certificates(request, reference):
    """What was deleted of a case, to be printed: each file by its hash, and when it was found absent."""
    claim = found(request, reference)
    if claim.claimant_id == request.user.pk:
        return page(request, "own.html", status=403, title=claim.reference, claim=claim)
    title = _("Proof of deletion")
    return page(request, "deletions.html", title=title, claim=claim, certificates=certificates_of(claim))
