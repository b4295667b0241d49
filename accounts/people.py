"""What changes about a person when roles are given or taken: groups, the right to enter, and every sign-in."""

from django.contrib.auth.models import Group
from django.db.models import F

from accounts.models import ApiToken, User
from accounts.roles import STAFF


def give_roles(person, roles):
    """Exactly `roles`, from the next request on; inside the caller's transaction."""
    person.groups.set(Group.objects.filter(name__in=roles))
    person.is_staff = not STAFF.isdisjoint(roles)
    person.save(update_fields=["is_staff"])
    person.forget_roles()
    end_sign_ins(person)


def let_in(person, active):
    """Opens or closes the account."""
    person.is_active = active
    person.save(update_fields=["is_active"])
    person.forget_roles()
    end_sign_ins(person)


def end_sign_ins(person):
    """Every session and API token of this person is worth nothing any more."""
    User.objects.filter(pk=person.pk).update(generation=F("generation") + 1)
    ApiToken.objects.filter(user=person).delete()
