"""A roster that a mass run granted something to, and people who read what is sent to its addresses."""

from allauth.account.models import EmailAddress

from accounts.models import User
from claims.actions import account_details
from claims.models import Customer, Payout
from tests import make
from tests.mass.test_mass_runs import approved, walk
from tests.payouts.conftest import Till, iban_of

HOURS = 48


class Roster(Till):
    """Accounts p0, p1 … of an incident, 24.00 each; p0's other address is second0@example.net."""

    def __init__(self, rita, mara, marco, *, size=3):
        super().__init__(make.crowd(size), rita, mara, marco)
        Customer.objects.filter(login="p0@libero.example").update(second_contact="second0@example.net")
        self.run = walk(approved(self.incident, mara, marco), size=100)

    def account(self, number=0):
        return Customer.objects.get(incident=self.incident, login=f"p{number}@libero.example")

    def payout(self, number=0):
        return Payout.objects.get(customer=self.account(number))

    def give(self, number=0, *, by=None, iban=None, **more):
        by = by or reader(f"p{number}@example.net")
        return account_details.give_account_details(
            self.account(number).pk, by=by, iban=iban or iban_of(number), holder="Vera", **more
        )[0]


def reader(address, *, confirmed=True):
    """Who signs in with `address`."""
    person = User.objects.filter(email=address).first() or make.person(address.split("@")[0], "claimant", email=address)
    EmailAddress.objects.get_or_create(user=person, email=address, defaults={"verified": confirmed, "primary": True})
    return person
