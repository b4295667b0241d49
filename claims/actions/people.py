"""Finding or making the person an operator files for."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from claims.rules.errors import Refused
from claims.rules.text import clean_line


def claimant_for(*, email, name, phone=""):
    """The claimant with this address; a new person without a password if there is none.

    They sign in later by a code sent to that address. Raises Refused for an unusable address or
    for somebody who works here.
    """
    email = clean_line(email, field="email", limit=254).lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused("invalid_email", _("Write an e-mail address such as name@example.org."), field="email") from error
    person = User.objects.filter(email=email).first()
    if person is None:
        person = User(
            email=email,
            name=clean_line(name, field="name"),
            phone=clean_line(phone, field="phone", limit=40, required=False),
        )
        person.set_unusable_password()
        person.save()
        person.groups.add(Group.objects.get(name=Role.CLAIMANT))
    elif not person.is_active:
        raise Refused("invalid_email", _("This account is closed."), field="email")
    return person
