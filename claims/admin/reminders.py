"""Asking those once more whom a mass run cannot pay: how many they are, and the button."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from claims.actions import reminders
from claims.admin.frame import page, say_no, staff_only
from claims.admin.incidents import Step
from claims.admin.mass_runs import found, show
from claims.admin.tags import euro
from claims.reports.no_details import without_details
from claims.rules.errors import Refused


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def remind(request, run_id):
    """Asks, saying whom; then marks the run, and the notices are written by chunks."""
    made = found(run_id)
    back = reverse("admin:mass-run", args=[run_id])
    if request.method in ("GET", "HEAD"):
        words = Step(question(made), _("Ask them once more"), "")
        changes = [
            _("Each of them gets one notice, at the first address that works."),
            _("They can be asked again after %(days)d days.") % {"days": reminders.PAUSE.days},
        ]
        return page(request, "confirm.html", title=str(made), words=words, changes=changes, back=back)
    try:
        reminders.remind(run_id, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show(request, found(run_id), status=refused.status)
    messages.success(request, _("The notices leave within minutes."))
    return HttpResponseRedirect(back)


def question(made):
    count, total, more = without_details(made)
    number = number_format(count, force_grouping=True)
    if more:
        return _("Ask more than %(number)s people where to pay?") % {"number": number}
    words = ngettext(
        "Ask %(number)s person where to pay %(total)s?", "Ask %(number)s people where to pay %(total)s in all?", count
    )
    return words % {"number": number, "total": euro(total)}
