"""The cast and one incident, written into the database of a running Ristoro: `python -m tests.browser.seed`."""

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.db import transaction  # noqa: E402

from tests import make  # noqa: E402

CAST = {
    "anna": "claimant",
    "bruno": "claimant",
    "olga": "operator",
    "rita": "reviewer",
    "remo": "reviewer",
    "sara": "supervisor",
    "mara": "manager",
    "ada": "administrator",
}


@transaction.atomic
def seed():
    for name, role in CAST.items():
        person = make.person(name, role, language="en")
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    incident = make.incident()
    make.customer(
        incident, "anna@libero.example", service="paid", fee="19.99", paid_from="2022-06-01", paid_to="2023-06-01"
    )
    make.customer(incident, "bruno@virgilio.example", service="free")


if __name__ == "__main__":
    seed()
