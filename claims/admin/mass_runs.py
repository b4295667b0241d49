"""Mass runs: proposing one, seeing whom it pays before somebody else approves it, watching it walk over the roster."""

import csv

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from claims.actions import mass_counting
from claims.actions import mass_runs as actions
from claims.admin.frame import page, say_no, staff_only
from claims.admin.incidents import Step
from claims.admin.journal_words import done
from claims.admin.tags import euro
from claims.models import Incident, JournalEntry, MassRun
from claims.models.claim import REMEDIES
from claims.reports import mass_runs as reports
from claims.reports.dossier import harmless
from claims.reports.entitlements import AUTOMATIC
from claims.reports.no_details import without_details
from claims.reports.outbox import undeliverable
from claims.rules.errors import Refused
from evidence.delivery import secured

SHOWN = 100
WHY = {
    "below_minimum": (
        gettext_lazy("The outage was too short, or comes to less than a cent"),
        gettext_lazy("Nothing is due by the terms. Who disagrees files a claim."),
    ),
    "outside_terms": (
        gettext_lazy("The terms give this service nothing, or there is no paid period"),
        gettext_lazy("If the roster is wrong, load a corrected one before you propose."),
    ),
    "granted": (gettext_lazy("Granted before"), gettext_lazy("Nothing to do: nobody gets it twice.")),
    "claimed": (
        gettext_lazy("A claim for the same remedy is in hand, or gave something"),
        gettext_lazy("Its reviewer decides."),
    ),
    "no_channel": (
        gettext_lazy("Gets it, but no address of theirs works yet"),
        gettext_lazy("The notice waits and leaves by itself when the service is declared restored."),
    ),
}
ASKED = {
    "approve": Step("", gettext_lazy("Approve and start"), gettext_lazy("Approved. It starts within seconds.")),
    "cancel": Step(
        gettext_lazy("Cancel this mass run?"), gettext_lazy("Cancel the run"), gettext_lazy("The run was cancelled.")
    ),
}


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def runs(request):
    """All runs, and the form above them that proposes one."""
    if request.method in ("GET", "HEAD"):
        return show_all(request)
    code, remedy = request.POST.get("incident", ""), request.POST.get("remedy", "")
    try:
        made = mass_counting.begin(code, remedy, by=request.user)
    except Refused as refused:
        return show_all(request, status=refused.status, typed=request.POST, refused=refused)
    return HttpResponseRedirect(reverse("admin:mass-run", args=[made.pk]))


def show_all(request, *, status=200, typed=None, refused=None):
    made = MassRun.objects.select_related("incident", "proposed_by", "approved_by")[:SHOWN]
    return page(
        request,
        "mass_runs.html",
        status=status,
        title=_("Mass runs"),
        runs=made,
        incidents=Incident.objects.public(),
        remedies=[(code, label) for code, label in REMEDIES if code in AUTOMATIC],
        typed=typed or {},
        refused=refused,
    )


@staff_only(Role.MANAGER)
@require_safe
def run(request, run_id):
    return show(request, found(run_id))


def found(run_id):
    rows = MassRun.objects.select_related("incident", "terms", "proposed_by", "approved_by")
    if (made := rows.filter(pk=run_id).first()) is None:
        raise Http404
    return made


def show(request, made, status=200):
    examples = reports.examples(made)
    entries = JournalEntry.objects.of(made).exclude(action="grant").select_related("actor")
    return page(
        request,
        "mass_run.html",
        status=status,
        title=_("Mass run: %(run)s") % {"run": made},
        run=made,
        undeliverable=undeliverable(made),
        examples=[
            (each.customer, each.assessment.lines[0], int(each.assessment.lines[0].quantity)) for each in examples
        ],
        excluded=[(why, *WHY[why], number) for why, number in made.excluded.items()],
        entries=[(entry, done(entry.chain, entry.action)) for entry in entries],
        without=without_details(made) if made.granted else (0, 0, False),
        may_approve=made.state == MassRun.State.PROPOSED and request.user.pk != made.proposed_by_id,
    )


@staff_only(Role.MANAGER)
@require_safe
def progress(request, run_id):
    """How far it is, alone: the page asks for it every two seconds while something goes on, then for all of itself."""
    made = found(run_id)
    response = render(request, "admin/_mass_run.html", {"run": made, "undeliverable": undeliverable(made)})
    if made.state not in (MassRun.State.COUNTING, MassRun.State.APPROVED):
        response["HX-Refresh"] = "true"  # other buttons, and what happened
    return response


@staff_only(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request, run_id, step):
    """Asks, saying what will change; then approves or cancels."""
    made, words = found(run_id), ASKED[step]
    back = reverse("admin:mass-run", args=[run_id])
    if request.method in ("GET", "HEAD"):
        if step == "approve":
            words = Step(question(made), words.button, words.done)
        return page(request, "confirm.html", title=str(made), words=words, changes=changes(made, step), back=back)
    try:
        (actions.approve if step == "approve" else actions.cancel)(run_id, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show(request, found(run_id), status=refused.status)
    messages.success(request, words.done)
    return HttpResponseRedirect(back)


def question(made):
    people = number_format(made.people, force_grouping=True)
    words = ngettext("Grant %(total)s to %(people)s person?", "Grant %(total)s to %(people)s people?", made.people)
    return words % {"total": euro(made.total), "people": people}


def changes(made, step):
    """What will be different afterwards, as sentences."""
    if step == "cancel" and made.state == MassRun.State.COUNTING:
        return [_("Nobody gets anything by it.")]
    if step == "cancel":
        return [
            _("Nobody gets anything by it any more."),
            _("What was granted until now stays: %(total)s.") % {"total": euro(made.granted_total)},
        ]
    return [
        _("Each of them gets a notice at once, or when their mailbox works again."),
        _("The roster of this incident cannot be changed until the run is finished or cancelled."),
        _("What is granted cannot be taken back here; the run can be paused and cancelled."),
    ]


@staff_only(Role.MANAGER)
@require_POST
def switch(request, run_id, step):
    """Pauses the run, or lets it go on."""
    made = found(run_id)
    try:
        (actions.pause if step == "pause" else actions.resume)(run_id, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show(request, made, status=refused.status)
    return HttpResponseRedirect(reverse("admin:mass-run", args=[run_id]))


@staff_only(Role.MANAGER)
@require_safe
def exceptions(request, run_id):
    """Those of one kind (`why`) or of all, page by page in the order of the roster."""
    made, why, after = found(run_id), kind_of(request), request.GET.get("after", "")
    after = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    rows, following = reports.exceptions_page(made, why=why, after=after, most=SHOWN)
    return page(
        request,
        "mass_run_exceptions.html",
        title=_("Exceptions: %(run)s") % {"run": made},
        run=made,
        rows=[(each, *WHY[each.why]) for each in rows],
        why=why,
        kind=WHY.get(why),
        kinds=[(each, WHY[each][0]) for each in made.excluded],
        number=made.excluded.get(why),
        after=after,
        following=following,
    )


def kind_of(request):
    """Which exceptions somebody wants to see, "" for all."""
    why = request.GET.get("why", "")
    if why and why not in WHY:
        raise Http404
    return why


class Line:
    """Where csv.writer may write a line: it is handed on at once."""

    def write(self, line):
        return line


@staff_only(Role.MANAGER)
@require_safe
def download(request, run_id):
    """The exceptions as CSV, streamed: there may be millions."""
    made, why, writer = found(run_id), kind_of(request), csv.writer(Line())
    head = [_("Account"), _("Service"), _("Why"), _("What can be done"), _("Amount, euro")]
    reasons = {why: tuple(map(str, words)) for why, words in WHY.items()}

    def lines():
        yield writer.writerow(head)
        for each in reports.exceptions(made, why=why):
            yield writer.writerow([harmless(each.login), each.service, *reasons[each.why], each.amount])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="exceptions-{made.pk}{why and f"-{why}"}.csv"'
    return secured(response)
