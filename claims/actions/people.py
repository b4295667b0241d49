"""Finding or making the person an operator files for, and finding reviewers."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from claims.rules.errors import Refused
from claims.rules.text import clean_line

LONGEST = 254


def claimant_for(*, email, name, phone=""):
    """The claimant with this address; a new person without a password if there is none.

    They sign in later by a code sent to that address. Raises Refused for an unusable address or a
    closed account.
    """
    email = clean_line(email, field="email", limit=LONGEST).lower()
    try:
        validate_email(email if len(email) <= LONGEST else "")  # a capital may have become two characters
    except ValidationError as error:
        raise Refused("invalid_email", _("Write an e-mail address such as name@example.org."), field="email") from error
    person = User.objects.filter(email=email).first()
    if person is None:
        # Two operators may be on the telephone with the same person: the second one finds what the first one made.
        person, _made = User.objects.get_or_create(
            email=email,
            defaults={
                "name": clean_line(name, field="name"),
                "phone": clean_line(phone, field="phone", limit=40, required=False),
                "password": make_password(None),
            },
        )
        person.groups.add(Group.objects.get(name=Role.CLAIMANT))
    if not person.is_active:
        raise Refused("invalid_email", _("This account is closed."), field="email")
    return person


def reviewer_called(email):
    """The reviewer or supervisor with this address. Raises Refused `unknown_reviewer` for everybody else."""
    found = User.objects.filter(
        email=email.strip().lower(), is_active=True, groups__name__in=[Role.REVIEWER, Role.SUPERVISOR]
    ).first()
    if found is None:
        raise Refused("unknown_reviewer", _("No reviewer has this address."), field="to")
    return found
