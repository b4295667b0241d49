"""The code of a voucher: shown to its claimant when asked for, never in a mail and to nobody else."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.access import SIGNED_IN, access
from claims.actions import vouchers
from claims.reports.fulfilment import given_to
from claims.rules import permissions
from claims.web.cases_own import own_claim


@sensitive_variables("code")
@access(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@own_claim
def voucher(request, claim, award):
    """Asks first: a code on the screen can be read by whoever stands behind."""
    permissions.require(permissions.may_settle(request.user, claim))
    found = next((each for each in given_to(claim) if each.pk == award and each.kind == "voucher"), None)
    if found is None:
        raise Http404
    code = ""
    if request.method == "POST":
        found.voucher, code = vouchers.reveal(claim.reference, award, by=request.user)
    return render(request, "claimant/voucher.html", {"claim": claim, "gift": found, "code": code})
