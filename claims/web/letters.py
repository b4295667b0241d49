"""The letters of decisions: fetched by the claimant, or by the operator who filed for them."""

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import SIGNED_IN, access
from claims.models import Letter
from claims.rules.errors import Refused
from claims.web.cases_own import own_claim, refusal
from evidence import delivery
from evidence.errors import FileRefused

WHY = "letter, fetched by its claimant"


@access(SIGNED_IN)
@require_safe
@own_claim
def letter(request, claim, code):
    found = Letter.objects.of(claim).filter(code=code).first()
    if found is None:
        raise Http404
    if found.document is None:
        raise Refused("not_printed_yet", _("This letter is being printed. Try again in a minute."), status=409)
    try:
        return delivery.deliver(
            found.document, by=request.user, why=WHY, request_id=request.id, headers=request.headers
        )
    except FileRefused as refused:
        return refusal(request, refused, claim=claim)
