"""Who acts at the command line in the name of a manager."""

from django.core.management.base import CommandError

from accounts.models import User
from accounts.roles import Role


def manager(email):
    """The manager with this address; only the action says whether they may."""
    found = User.objects.filter(email=email.lower(), is_active=True, groups__name=Role.MANAGER).first()
    if found is None:
        raise CommandError(f"{email} is no manager.")
    return found
