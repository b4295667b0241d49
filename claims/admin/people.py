"""People and roles: an administrator finds somebody and says what they may do here."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Role
from claims.actions import staffing
from claims.admin.frame import page, say_no, staff_only
from claims.rules import permissions
from claims.rules.errors import Refused

ROWS = 50
LONGEST = 200
ROLES = {
    Role.CLAIMANT: (gettext_lazy("Claimant"), gettext_lazy("files and follows own claims")),
    Role.OPERATOR: (gettext_lazy("Operator"), gettext_lazy("files for people who call")),
    Role.REVIEWER: (gettext_lazy("Reviewer"), gettext_lazy("takes and decides claims")),
    Role.SUPERVISOR: (gettext_lazy("Supervisor"), gettext_lazy("countersigns and reassigns")),
    Role.MANAGER: (gettext_lazy("Manager"), gettext_lazy("opens and closes incidents, exports, sees the figures")),
    Role.ADMINISTRATOR: (gettext_lazy("Administrator"), gettext_lazy("gives and takes roles")),
}


@staff_only(Role.ADMINISTRATOR)
@require_safe
def people(request):
    """Who works here; with ?q= anybody."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = User.objects.prefetch_related("groups").order_by("name", "email")
    found = found.filter(Q(email__icontains=asked) | Q(name__icontains=asked)) if asked else found.filter(is_staff=True)
    listed = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = [(person, [ROLES[role][0] for role in ROLES if role in names_of(person)]) for person in listed]
    return page(request, "people.html", title=_("People and roles"), q=asked, people=listed, rows=rows)


def names_of(person):
    return {group.name for group in person.groups.all()}


def found(person_id):
    if (person := User.objects.filter(pk=person_id).first()) is None:
        raise Http404
    return person


@staff_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request, person_id):
    """One person's roles. Names, addresses and passwords are theirs to change."""
    somebody = found(person_id)
    if request.method in ("GET", "HEAD"):
        return show(request, somebody)
    chosen = request.POST.getlist("roles")
    return carried_out(request, person_id, lambda: staffing.set_roles(person_id, chosen, by=request.user))


@staff_only(Role.ADMINISTRATOR)
@require_POST
def switch(request, person_id):
    """Closes the account, or opens it again."""
    found(person_id)
    act = staffing.activate if request.POST.get("active") == "yes" else staffing.deactivate
    return carried_out(request, person_id, lambda: act(person_id, by=request.user))


def carried_out(request, person_id, act):
    try:
        act()
    except Refused as refused:
        say_no(request, refused)
        return show(request, found(person_id), status=refused.status)
    messages.success(request, _("Changed. Who was signed in has to sign in again."))
    return HttpResponseRedirect(reverse("admin:person", args=[person_id]))


def show(request, somebody, status=200):
    return page(
        request,
        "person.html",
        status=status,
        title=str(somebody),
        person=somebody,
        roles=[(role, name, does, role in somebody.roles) for role, (name, does) in ROLES.items()],
        may_change=bool(permissions.may_change_roles(request.user, somebody)),
        on_desk=somebody.assigned_claims.filter(status="in_review").count(),
    )
