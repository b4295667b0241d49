"""The cast, and the claimants nobody signs in as."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.roles import Role

PASSWORD = "ristoro-demo"  # noqa: S105 everybody may know it: check --deploy refuses these people
CAST = (
    ("anna", "Anna Ferri", Role.CLAIMANT),
    ("bruno", "Bruno Galli", Role.CLAIMANT),
    ("olga", "Olga Marin", Role.OPERATOR),
    ("rita", "Rita Sanna", Role.REVIEWER),
    ("remo", "Remo Basile", Role.REVIEWER),
    ("sara", "Sara Conte", Role.SUPERVISOR),
    ("mara", "Mara Testa", Role.MANAGER),
    ("marco", "Marco Villa", Role.MANAGER),
    ("ada", "Ada Longo", Role.ADMINISTRATOR),
)


def make_cast(joined):
    """{first name: User}; they all sign in with PASSWORD."""
    password = make_password(PASSWORD)
    cast = {}
    for first, name, role in CAST:
        cast[first] = add(f"{first}@example.org", name, role, joined, password=password)
    return cast


def add(email, name, role, joined, *, password=None, **more):
    """A person with a verified address; without a password they sign in by a code."""
    person = User.objects.create(
        email=email,
        name=name,
        password=password or make_password(None),
        is_staff=role is not Role.CLAIMANT,
        date_joined=joined,
        **more,
    )
    person.groups.add(Group.objects.get(name=role))
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    return person
