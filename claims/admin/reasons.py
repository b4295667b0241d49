"""The reasons of decisions: what reviewers pick and claimants read, written anew by managers."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import CASE_READERS, Role
from claims.actions import wording as actions
from claims.admin.frame import page, say_no, staff_only
from claims.models import ReasonText
from claims.reports import wording
from claims.rules import permissions
from claims.rules.errors import Refused

FIELDS = (
    ("staff_it", gettext_lazy("For the staff, in Italian"), 1),
    ("staff_en", gettext_lazy("For the staff, in English"), 1),
    ("claimant_it", gettext_lazy("For the claimant, in Italian"), 4),
    ("claimant_en", gettext_lazy("For the claimant, in English"), 4),
)


@staff_only(*CASE_READERS)
@require_safe
def reasons(request):
    may_write = bool(permissions.may_word_reasons(request.user))
    return page(request, "reasons.html", title=_("Reasons"), texts=wording.newest().values(), may_write=may_write)


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def new_reason(request):
    return written(request, request.POST.get("code", "").strip(), None, ())


@staff_only(*CASE_READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def reason(request, code):
    """The versions of one reason, newest first; a manager writes the next one."""
    versions = list(ReasonText.objects.filter(code=code).select_related("written_by").order_by("-version"))
    if not versions:
        raise Http404
    return written(request, code, versions[0], versions)


def written(request, code, newest, versions):
    """The form, empty or as typed; saved unless the person only wants to see it first."""
    texts = {name: getattr(newest, name, "") for name, _label, _rows in FIELDS}
    version, refused, status = newest.version if newest else 0, None, 200
    retired = newest.retired if newest else False
    if request.method == "POST":
        texts = {name: request.POST.get(name, "") for name in texts}
        version, retired = number(request.POST.get("version")), "retired" in request.POST
        if "preview" not in request.POST:
            try:
                made = actions.write_reason(code, by=request.user, version=version, retired=retired, **texts)
                messages.success(request, _("Version %(version)d holds from now on.") % {"version": made.version})
                return HttpResponseRedirect(reverse("admin:reason", args=[made.code]))
            except Refused as refusal:
                refused, status = refusal, refusal.status
                say_no(request, refused)
    return page(
        request,
        "reason.html",
        status=status,
        title=str(newest or _("New reason")),
        code=code,
        newest=newest,
        versions=versions,
        fields=fields(texts, refused),
        texts=texts,
        version=version,
        retired=retired,
        code_error=errors_of(refused).get("code", ""),
        may_write=bool(permissions.may_word_reasons(request.user)),
    )


def fields(texts, refused):
    errors = errors_of(refused)
    return [
        {"name": name, "label": label, "rows": rows, "value": texts[name], "error": errors.get(name, "")}
        for name, label, rows in FIELDS
    ]


def errors_of(refused):
    return {field: message for field, _code, message in refused.errors} if refused else {}


def number(text):
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
