"""All documents of a case at once: as a ZIP with a manifest, and as one PDF with an index."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponseRedirect, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import CASE_READERS
from claims.actions import archiving, bundles
from claims.admin.cases import address, found
from claims.admin.frame import page, staff_only
from claims.rules.errors import Refused
from evidence.delivery import secured


@staff_only(*CASE_READERS)
@require_safe
def archive(request, reference):
    claim = found(request, reference)
    try:
        name, pieces = archiving.archive(claim.reference, by=request.user, request_id=request.id)
    except Refused as refused:
        return refusal(request, claim, refused)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return secured(StreamingHttpResponse(pieces, content_type="application/zip", headers=headers))


@staff_only(*CASE_READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def bundle(request, reference):
    """GET hands it out, POST asks for it."""
    claim = found(request, reference)
    try:
        if request.method == "POST":
            made = bundles.request_bundle(claim.reference, by=request.user)
            if made.state != made.State.READY:
                messages.success(request, _("The bundle is being built. It is here in a minute."))
            return HttpResponseRedirect(f"{address(claim)}?tab=evidence#bundle")
        made, file = bundles.opened(claim.reference, by=request.user, request_id=request.id)
    except Refused as refused:
        return refusal(request, claim, refused)
    name = f"{claim.reference}-bundle.pdf"
    return secured(FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf"))


def refusal(request, claim, refused):
    if refused.status == 404:
        raise Http404
    back = address(claim) + "?tab=evidence"
    return page(request, "refused.html", status=refused.status, title=claim.reference, refused=refused, back=back)
