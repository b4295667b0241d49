"""Sending a notice that failed once more."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import Role
from claims.actions import notices
from claims.admin.frame import page, staff_only
from claims.rules.errors import Refused


@staff_only(Role.SUPERVISOR, Role.MANAGER)
@require_POST
def retry(request, notice_id):
    back = reverse("admin:claims_notice_changelist")
    try:
        notices.retry(notice_id, by=request.user)
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        return page(request, "refused.html", status=refused.status, title=_("Notices"), refused=refused, back=back)
    messages.success(request, _("The notice is in the outbox again."))
    return HttpResponseRedirect(reverse("admin:claims_notice_change", args=[notice_id]))
