"""Who works here: giving and taking roles, letting people in and out."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import people
from accounts.models import User
from accounts.roles import Role
from claims.actions import journal, rights
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.statuses import WITH_REVIEWER


@transaction.atomic
def set_roles(person_id, roles, *, by):
    """Gives the person exactly `roles` and ends their sessions and tokens. Returns the person.

    Raises Refused: 403 `own_roles`, 404 `not_found`, 409 `assigned_claims` for a reviewer with claims on the
    desk, 422 `unknown_role`.
    """
    person = locked(person_id, by=by)
    if unknown := set(roles) - set(Role):
        raise Refused("unknown_role", _("There is no role “%(role)s”.") % {"role": min(unknown)}, field="roles")
    roles = {Role(role) for role in roles}
    if roles.isdisjoint({Role.REVIEWER, Role.SUPERVISOR}):
        check_desk(person)
    before = set(person.roles)
    people.give_roles(person, roles)
    facts = {"given": sorted(roles - before), "taken": sorted(before - roles)}
    journal.record(f"person:{person.pk}", "set roles", by=by, facts=facts)
    return person


@transaction.atomic
def deactivate(person_id, *, by):
    """Closes the account: its sessions and tokens end at once, its work stays."""
    return switched(person_id, False, "deactivate", by=by)


@transaction.atomic
def activate(person_id, *, by):
    """Opens the account again."""
    return switched(person_id, True, "activate", by=by)


def switched(person_id, active, action, *, by):
    person = locked(person_id, by=by)
    if person.is_active == active:
        raise Refused("illegal_move", _("This account already is as you want it."), status=409)
    if not active:
        check_desk(person)
    people.let_in(person, active)
    journal.record(f"person:{person.pk}", action, by=by)
    return person


def locked(person_id, *, by):
    """The person, locked until the transaction ends. Rights are read again after the lock."""
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise Refused("not_found", _("There is no such person."), status=404)
    rights.look_again(by)
    permissions.require(permissions.may_change_roles(by, person))
    return person


def check_desk(person):
    """Claims must not be left on the desk of somebody who can no longer work on them."""
    left = person.assigned_claims.filter(status__in=WITH_REVIEWER).count()
    if left:
        raise Refused(
            "assigned_claims",
            _("%(name)s still has %(count)d open claims. A supervisor must hand them over first.")
            % {"name": person, "count": left},
            status=409,
        )
