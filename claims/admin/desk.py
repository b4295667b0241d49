"""The first page: what the person who signs in came to do."""

from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.roles import STAFF, Role
from claims.actions import clock
from claims.admin.dashboard import dashboard
from claims.admin.frame import page, staff_only
from claims.admin.queue import rows, with_risks
from claims.models import Claim, Incident
from claims.reports import desks
from claims.reports.thread import mentions_of, waiting_for
from claims.rules.statuses import Status

MOST = 20
RESPONSIBLE = (Role.SUPERVISOR, Role.MANAGER)


@staff_only(*STAFF)
@require_safe
def desk(request):
    person = request.user
    return page(
        request,
        "desk.html",
        title=_("Desk"),
        mine=on_desk(person) if person.has_role(Role.REVIEWER, Role.SUPERVISOR) else None,
        waiting=Claim.objects.visible_to(person).waiting().exclude(claimant=person).count()
        if person.has_role(Role.REVIEWER, Role.SUPERVISOR)
        else 0,
        mentions=mentions_of(person),
        unread=list(rows(waiting_for(person))[:MOST]) if person.has_role(Role.REVIEWER, Role.SUPERVISOR) else (),
        to_sign=to_sign(person) if person.has_role(Role.SUPERVISOR) else None,
        late=list(rows(Claim.objects.asking_late().exclude(claimant=person))[:MOST])
        if person.has_role(Role.SUPERVISOR)
        else (),
        filed=filed_by(person) if person.has_role(Role.OPERATOR) else None,
        incidents=Incident.objects.filter(state="open") if person.has_role(Role.OPERATOR) else (),
        dashboard=dashboard(request.GET) if person.has_role(*RESPONSIBLE) else None,
        administrator=person.has_role(Role.ADMINISTRATOR),
    )


def on_desk(person):
    """All cases that `person` has: what was returned first, then what to work on, then what waits and until when."""
    return with_risks(desks.on_desk(rows(Claim.objects.exclude(claimant=person)), person, clock.today()))


def to_sign(person):
    """Proposed decisions that wait for somebody other than their decider."""
    waiting = Claim.objects.visible_to(person).filter(status=Status.AWAITING_COUNTERSIGNATURE)
    return list(rows(waiting.exclude(claimant=person).exclude(assigned_to=person))[:MOST])


def filed_by(person):
    """The newest claims an operator filed for others."""
    filed = Claim.objects.filter(filed_by=person).exclude(claimant=person)
    return list(filed.select_related("claimant", "incident").order_by("-id")[:MOST])
