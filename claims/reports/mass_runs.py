"""What a mass run would give, and to whom it gives nothing: counted, with examples, and one by one."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

from claims.models import Customer, Service
from claims.models.patience import be_patient
from claims.reports.entitlements import assessed, entitlements
from claims.rules.remedies.base import Assessment

EXAMPLES = 10
WHOLE = "chosen AS NOT MATERIALIZED (SELECT * FROM claims_customer WHERE incident_id = %(incident)s)"
# The first address of an account that works, as claims/rules/channels.py finds it; the account itself is the last one.
USABLE = "CASE {} END".format(
    " ".join(
        f"WHEN {condition} lower(split_part(c.{name}, '@', -1)) <> ALL(%(broken)s::text[]) THEN c.{name}"
        for name, condition in (
            ("contact", "c.contact <> '' AND"),
            ("second_contact", "strpos(c.second_contact, '@') > 0 AND"),
            ("login", ""),
        )
    )
)
# Accounts whose claim for the same remedy is in hand or gave something: a reviewer has the word there.
CLAIMED = """
    SELECT DISTINCT k.customer_id FROM claims_claim k
    WHERE k.incident_id = %(incident)s AND k.remedy = %(remedy)s AND k.customer_id IS NOT NULL AND (
        k.status NOT IN ('draft', 'withdrawn', 'expired', 'rejected', 'closed')
        OR EXISTS (SELECT FROM claims_decision d WHERE d.claim_id = k.id AND d.state = 'effective' AND d.net > 0))
"""
STANDING = f"""
    SELECT c.*, {USABLE} IS NULL AS no_channel,
           CASE WHEN c.amount = 0 THEN c.reason WHEN p.id IS NOT NULL THEN 'granted'
                WHEN k.customer_id IS NOT NULL THEN 'claimed' ELSE '' END AS excluded
    FROM entitled c
    LEFT JOIN claims_payout p ON p.customer_id = c.id AND p.remedy = %(remedy)s AND p.state <> 'cancelled'
        AND p.run_id IS DISTINCT FROM %(run)s
    LEFT JOIN ({CLAIMED}) k ON k.customer_id = c.id
"""
# A line for each amount: thousands at most. The first and the last account of it serve as examples.
COUNT = """
    SELECT excluded, no_channel, service_id, amount, count(*), min(id), max(id) FROM standing
    GROUP BY excluded, no_channel, service_id, amount ORDER BY count(*) DESC, service_id, amount
"""
EXCEPTIONS = """
    SELECT login, service_id, CASE WHEN excluded <> '' THEN excluded ELSE 'no_channel' END, amount::numeric(11, 2)
    FROM standing WHERE excluded <> '' OR no_channel ORDER BY id
"""


@dataclass(frozen=True)
class Count:
    """`people` get `total` euro; `excluded` is {why: how many}, `no_channel` among the people cannot be told yet.

    `examples` are ids of accounts that get something, of as many amounts as can be.
    """

    roster: int
    people: int
    total: Decimal
    excluded: dict
    examples: list


@dataclass(frozen=True)
class Example:
    customer: Customer
    assessment: Assessment


@dataclass(frozen=True)
class LeftOut:
    """An account that gets nothing, or cannot be told yet."""

    login: str
    service: str
    why: str
    amount: Decimal


def query(incident, remedy, terms, tail, *, run=None):
    """(SQL, parameters) over CTE `standing`: the whole roster, what it gets and why not."""
    made, parameters = entitlements(incident, remedy, terms.rules)
    parameters |= {
        "incident": incident.pk,
        "remedy": remedy,
        "run": run.pk if run else None,
        "broken": sorted(Service.objects.broken_domains(incident.pk)),
    }
    return f"WITH {WHOLE}, {made}, standing AS ({STANDING}) {tail}", parameters


def count(incident, remedy, terms):
    """What `remedy` would give to the roster as it is."""
    roster, people, total, excluded, first, last = 0, 0, Decimal("0.00"), Counter(), [], []
    with connection.cursor() as cursor:
        cursor.execute(*query(incident, remedy, terms, COUNT))
        for why, no_channel, _service, amount, number, lowest, highest in cursor.fetchall():
            roster += number
            if why:
                excluded[why] += number
                continue
            people, total = people + number, total + amount * number
            first.append(lowest)
            last.append(highest)
            if no_channel:
                excluded["no_channel"] += number
    examples = list(dict.fromkeys(first + last))[:EXAMPLES]
    return Count(roster, people, total, dict(excluded), examples)


def examples(run):
    """The accounts picked when it was proposed, with the arithmetic of the rule."""
    found = Customer.objects.select_related("service", "incident").in_bulk(run.examples)
    return [Example(found[pk], assessed(found[pk], run.remedy, run.terms.rules)) for pk in run.examples]


def exceptions(run, *, most=None):
    """Those who get nothing by this run, or cannot be told yet, in the order of the roster."""
    names = {service.pk: str(service) for service in run.incident.services.all()}
    sql, parameters = query(run.incident, run.remedy, run.terms, EXCEPTIONS, run=run)
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        be_patient()
        cursor.execute(sql + (f" LIMIT {int(most)}" if most else ""), parameters)
        for login, service, why, amount in cursor:
            yield LeftOut(login, names[service], why, amount)
