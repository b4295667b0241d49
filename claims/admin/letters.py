"""The letters of a case, handed out by evidence, which writes down who read them."""

from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.roles import CASE_READERS
from claims.admin.cases import address, found
from claims.admin.documents import why
from claims.admin.frame import page, staff_only
from claims.models import Letter
from claims.rules.errors import Refused
from evidence import delivery
from evidence.errors import FileRefused


@staff_only(*CASE_READERS)
@require_safe
def letter(request, reference, code):
    claim = found(request, reference)
    wanted = Letter.objects.of(claim).filter(code=code).first()
    if wanted is None or claim.claimant_id == request.user.pk:
        raise Http404
    try:
        if wanted.document is None:
            raise Refused("not_printed_yet", _("This letter is being printed. Try again in a minute."), status=409)
        return delivery.deliver(
            wanted.document, by=request.user, why=why(claim), request_id=request.id, headers=request.headers
        )
    except (Refused, FileRefused) as refused:
        return page(
            request, "refused.html", status=refused.status, title=_("Letter"), refused=refused, back=address(claim)
        )
