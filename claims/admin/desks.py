"""Desks: who has how much, who is away, and handing over all of one desk, which shows first what it will do."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Role
from claims.actions import absence, clearing, clock
from claims.admin.frame import page, say_no, staff_only
from claims.admin.queue import rows, with_risks
from claims.admin.receivers import chosen_person, is_number
from claims.models import Claim
from claims.reports import desks
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.moments import typed_day
from claims.rules.text import NOTE, clean_text

QUEUE = "queue"


@staff_only(Role.SUPERVISOR)
@require_safe
def overview(request):
    """Everybody who has a desk."""
    people = list(desks.colleagues(clock.today()))
    return page(request, "desks.html", title=_("Desks"), people=people)


def found(request, person_id):
    """Somebody with a desk, if the person who asks may clear it: 403 before 404, so that nothing is learnt."""
    if not permissions.may_clear_desk(request.user, User(pk=person_id)):
        raise PermissionDenied
    person = User.objects.filter(pk=person_id, groups__name__in=desks.DESKS).first()
    if person is None:
        raise Http404
    return person


@staff_only(Role.REVIEWER, Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request, person_id):
    """One desk. A POST shows what handing it over would do, and with `go=do` does what was shown."""
    person = found(request, person_id)
    if request.method != "POST":
        return show(request, person)
    try:
        if request.POST.get("go") == "do":
            report(
                request, clearing.clear_desk(person.pk, by=request.user, moves=moves_of(request), note=note_of(request))
            )
            return back_to(person)
        return show(request, person, plan=planned(request, person))
    except Refused as refused:
        say_no(request, refused)
        return show(request, person, status=refused.status)


def note_of(request):
    return clean_text(request.POST.get("note", ""), field="note", limit=NOTE)


def planned(request, person):
    ids = [typed for typed in request.POST.getlist("to") if is_number(typed)]
    receivers = list(desks.reviewers().filter(pk__in=ids).exclude(pk=person.pk))
    if bool(receivers) == (request.POST.get("how") == QUEUE):
        raise Refused("required", _("Choose colleagues, or the queue."), field="to")
    note_of(request)
    return desks.plan(person, receivers, by=request.user, today=clock.today())


def moves_of(request):
    """What was shown and confirmed: {reference: User or None}."""
    people, moves = {}, {}
    for line in request.POST.getlist("move"):
        reference, _to, chosen = line.partition(">")
        if chosen == QUEUE:
            moves[reference] = None
            continue
        if chosen not in people:
            people[chosen] = chosen_person(chosen)
        if people[chosen] is None:
            raise Refused("unknown_person", _("Choose who should get these claims."), field="to")
        moves[reference] = people[chosen]
    return moves


def report(request, cleared):
    count = len(cleared.moved)
    done = ngettext("%(count)d case was handed over.", "%(count)d cases were handed over.", count)
    messages.success(request, done % {"count": count})
    for claim, refused in cleared.kept:
        messages.warning(request, f"{claim.reference}: {refused.message}")


@staff_only(Role.REVIEWER, Role.SUPERVISOR)
@require_POST
def undo(request, person_id):
    """Takes the newest handing over of this desk back, where its cases did not go on."""
    person = found(request, person_id)
    newest = desks.clearing_of(person)
    try:
        if newest is None:
            raise Refused("nothing_to_undo", _("There is nothing to undo."), status=409)
        report(request, clearing.take_back(newest.pk, by=request.user))
    except Refused as refused:
        say_no(request, refused)
        return show(request, person, status=refused.status)
    return back_to(person)


@staff_only(Role.REVIEWER, Role.SUPERVISOR)
@require_POST
def away(request, person_id):
    """Notes from when to when somebody is away, or that they are back."""
    person = found(request, person_id)
    try:
        if request.POST.get("go") == "back":
            absence.end_absence(person.pk, by=request.user)
            messages.success(request, _("The absence is taken away."))
        else:
            days = {name: typed_day(request.POST.get(name, ""), field=name) for name in ("since", "until")}
            absence.note_absence(person.pk, by=request.user, **days)
            messages.success(request, _("The absence is noted."))
    except Refused as refused:
        say_no(request, refused)
        return show(request, person, status=refused.status)
    return back_to(person)


def back_to(person):
    return HttpResponseRedirect(reverse("admin:desk-of", args=[person.pk]))


def show(request, person, *, status=200, plan=None):
    today = clock.today()
    claims = Claim.objects.visible_to(request.user).exclude(claimant=request.user)
    return page(
        request,
        "desk_of.html",
        status=status,
        title=str(person),
        person=person,
        mine=person == request.user,
        absence=desks.absence_of(person, today),
        cases=with_risks(desks.on_desk(rows(claims), person, today)),
        colleagues=[other for other in desks.colleagues(today) if other != person],
        clearing=desks.clearing_of(person),
        plan=plan,
        may_take=bool(permissions.may_review(person)),
    )
