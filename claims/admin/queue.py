"""The queue: open claims by urgency, and the big button that takes the next one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import CASE_READERS, Role
from claims.actions import review
from claims.admin.filters import QueueFilters
from claims.admin.frame import page, say_no, staff_only
from claims.admin.receivers import chosen_person, is_number, warn_if_away
from claims.models import Claim, LossItem
from claims.models.claim import clock_stands
from claims.reports import desks, risk
from claims.reports.bars import know_bars
from claims.reports.thread import unread
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.outage import ROME
from claims.rules.statuses import UNDECIDED, WAITING
from claims.rules.urgency import RISKS

ROWS = 50


@staff_only(*CASE_READERS)
@require_safe
def queue(request):
    return show(request)


@staff_only(Role.REVIEWER, Role.SUPERVISOR)
@require_POST
def take_next(request):
    """Takes the most urgent free claim of the incident that is looked at, and opens it."""
    incident = read(request).values["incident"] or None
    try:
        claim = review.take_next(by=request.user, incident=incident)
    except Refused as refused:
        say_no(request, refused)
        return show(request, status=refused.status)
    if claim is None:
        messages.info(request, _("There is no free claim for you at the moment."))
        return HttpResponseRedirect(address(request))
    warn_if_away(request, request.user)
    return HttpResponseRedirect(reverse("admin:case", args=[claim.reference]))


@staff_only(Role.SUPERVISOR)
@require_POST
def assign(request):
    """Gives the chosen claims of the list to one reviewer; each that cannot be given is named with the reason."""
    to = chosen_person(request.POST.get("to", ""))
    if to is None:
        messages.error(request, _("Choose who should get these claims."))
        return show(request, status=422)
    given, refusal = 0, None
    for choice in request.POST.getlist("claim")[:ROWS]:
        reference, _at, version = choice.partition("@")
        try:
            review.assign(reference, by=request.user, to=to, version=int(version) if is_number(version) else None)
            given += 1
        except Refused as refused:
            refusal = refused
            messages.error(request, f"{reference}: {refused.message}")
    if refusal is not None and not given:
        return show(request, status=refusal.status)
    if given:
        told = ngettext("%(count)d claim is now with %(name)s.", "%(count)d claims are now with %(name)s.", given)
        messages.success(request, told % {"count": given, "name": to})
        warn_if_away(request, to)
    else:
        messages.info(request, _("Choose claims from the list first."))
    return HttpResponseRedirect(address(request))


@staff_only(Role.REVIEWER, Role.SUPERVISOR)
@require_POST
def take(request, reference):
    """Takes one claim from the list."""
    try:
        claim = review.take(reference, by=request.user)
    except Refused as refused:
        say_no(request, refused)
        return show(request, status=refused.status)
    return HttpResponseRedirect(reverse("admin:case", args=[claim.reference]))


def today():
    return timezone.now().astimezone(ROME).date()


def read(request):
    return QueueFilters(request.GET, person=request.user, today=today())


def address(request):
    query = read(request).query
    return reverse("admin:queue") + (f"?{query}" if query else "")


def show(request, status=200):
    filters = read(request)
    found = filters.applied_to(Claim.objects.visible_to(request.user).exclude(claimant=request.user))
    may_assign = request.user.has_role(Role.SUPERVISOR)
    claims = Paginator(found.by_urgency(today()).values_list("pk", flat=True), ROWS).get_page(request.GET.get("page"))
    return page(
        request,
        "queue.html",
        status=status,
        title=_("Queue"),
        filters=filters,
        claims=claims,
        rows=[row_of(request.user, claim) for claim in listed(Claim.objects.filter(pk__in=list(claims)))],
        receivers=desks.colleagues(today()) if may_assign else (),
        may_review=bool(permissions.may_review(request.user)),
    )


def row_of(person, claim):
    """The claim, and whether `person` may take it from the list."""
    claim.is_open = claim.status in UNDECIDED
    return claim, claim.status in WAITING and bool(permissions.may_take(person, claim))


def listed(claims):
    """rows() with what makes each risky and what bars people from it, in as many queries for three as for fifty."""
    found = list(rows(claims))
    with_risks(found)
    know_bars(found)
    return found


def with_risks(claims):
    """Each of them knows why it is risky, as long as that matters."""
    reasons = risk.reasons_of(claims)
    for claim in claims:
        claim.risks = [RISKS[code] for code in reasons[claim.pk]] if claim.status in UNDECIDED else []
    return claims


def rows(claims):
    """With everything a row shows, in one query; the main head is that of the largest loss."""
    largest = LossItem.objects.filter(claim=OuterRef("pk")).order_by("-amount", "pk")
    return (
        claims.select_related("claimant", "assigned_to", "terms")
        .annotate(
            main_head=Subquery(largest.values("head")[:1]),
            unread=unread(from_staff=False),
            stands=ExpressionWrapper(clock_stands(), output_field=BooleanField()),
        )
        .by_urgency(today())
    )
