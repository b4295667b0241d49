"""The queue: open claims by urgency, and the big button that takes the next one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import CASE_READERS, Role
from claims.actions import review
from claims.admin.filters import QueueFilters
from claims.admin.frame import page, say_no, staff_only
from claims.models import Claim, LossItem
from claims.models.claim import clock_stands
from claims.reports.thread import unread
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.outage import ROME
from claims.rules.statuses import UNDECIDED, WAITING

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
    return HttpResponseRedirect(reverse("admin:case", args=[claim.reference]))


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
    claims = Paginator(found.by_urgency(today()).values_list("pk", flat=True), ROWS).get_page(request.GET.get("page"))
    return page(
        request,
        "queue.html",
        status=status,
        title=_("Queue"),
        filters=filters,
        claims=claims,
        rows=[row_of(request.user, claim) for claim in rows(Claim.objects.filter(pk__in=list(claims)))],
        may_review=bool(permissions.may_review(request.user)),
    )


def row_of(person, claim):
    """The claim, and whether `person` may take it from the list."""
    claim.is_open = claim.status in UNDECIDED
    return claim, claim.status in WAITING and bool(permissions.may_take(person, claim))


def rows(claims):
    """With everything a row shows, in one query; the main head is that of the largest loss."""
    largest = LossItem.objects.filter(claim=OuterRef("pk")).order_by("-amount", "pk")
    return (
        claims.select_related("claimant", "assigned_to")
        .annotate(
            main_head=Subquery(largest.values("head")[:1]),
            unread=unread(from_staff=False),
            stands=ExpressionWrapper(clock_stands(), output_field=BooleanField()),
        )
        .by_urgency(today())
    )
