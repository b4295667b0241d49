"""Was this account affected, and what may it get? Answered alike, and in the same time, for any account."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from claims.models import Customer, Service
from claims.rules.filing import clean_login
from claims.rules.remedies import REMEDIES

AUTOMATIC, CLAIM = "automatic", "claim"


@dataclass(frozen=True)
class Entry:
    """One remedy: whether it may apply to this account, and whether it comes by itself or must be claimed."""

    remedy: str
    may_apply: bool
    how: str


@dataclass(frozen=True)
class Eligibility:
    affected: bool
    remedies: tuple


def check(incident, login):
    """The Eligibility of account `login` in `incident`, as far as the roster knows.

    Somebody who is not on the roster may still claim damages and explain why. Nothing is told that
    belongs to the account's owner: no amount, no service, no address. An unknown account costs the
    same work as a known one, done on a stand-in, so that time tells nothing either. Raises Refused
    `invalid_login`.
    """
    login = clean_login(login)
    found = Customer.objects.with_login(incident, login).select_related("service").first()
    customer = found or stand_in(incident, login)
    customer.incident = incident
    facts, terms = customer.facts(), incident.terms.rules
    affected = found is not None
    entries = []
    for remedy, rules in REMEDIES.items():
        if remedy in terms.remedies_to_claim:
            entries.append(Entry(remedy, affected, CLAIM))
        else:
            entries.append(Entry(remedy, bool(rules.assess(facts, terms).net) and affected, AUTOMATIC))
    return Eligibility(affected, tuple(entries))


def stand_in(incident, login):
    """An account as there are many, never stored."""
    return Customer(
        login=login,
        service=Service(kind=Service.Kind.PAID),
        fee=Decimal("19.99"),
        paid_from=incident.started_at.date() - timedelta(days=200),
        paid_to=incident.started_at.date() + timedelta(days=165),
    )
