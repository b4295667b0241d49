"""What terms give to a roster beside other terms: counted part by part, and read together."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from claims.models import Customer
from claims.reports.entitlements import AUTOMATIC, assessed, entitlements

EXAMPLES = 10
EACH = 2  # accounts kept as examples of each kind of outcome
CHOSEN = """chosen AS MATERIALIZED (
    SELECT id, service_id, fee, paid_from, paid_to, intervals FROM claims_customer
    WHERE incident_id = %(incident)s AND id > %(after)s AND id <= %(last)s
)"""
# A line for each outcome: service, why the amount was cut now and before, and whether it is more or less than before.
COUNT = """
    SELECT now.service_id, now.reason, coalesce(before.reason, ''), sign(now.amount - coalesce(before.amount, 0)),
           count(*), sum(now.amount), coalesce(sum(before.amount), 0), count(p.id), coalesce(sum(p.amount), 0),
           min(now.id), max(now.id)
    FROM now LEFT JOIN before ON before.id = now.id
    LEFT JOIN claims_payout p ON p.customer_id = now.id AND p.remedy = %(remedy)s AND p.state <> 'cancelled'
    GROUP BY 1, 2, 3, 4
"""
BOUNDS = """
    SELECT count(*), max(id) FROM (
        SELECT id FROM claims_customer WHERE incident_id = %(incident)s AND id > %(after)s ORDER BY id LIMIT %(size)s
    ) AS part
"""
PARAMETER = re.compile(r"%\((\w+)\)s")


def part(incident, remedy, rules, against, *, after, last):
    """The lines of COUNT for the accounts with ids in (`after`, `last`]; `against` may be None."""
    made, parameters = entitlements(incident, remedy, rules)
    before = "SELECT id, 0.00 AS amount, '' AS reason FROM chosen WHERE false"
    if against is not None:
        sql, more = entitlements(incident, remedy, against)
        renamed = PARAMETER.sub(r"%(before_\1)s", sql)
        before = f"WITH {renamed} SELECT id, amount, reason FROM entitled"
        parameters |= {f"before_{name}": value for name, value in more.items()}
    query = (
        f"WITH {CHOSEN}, now AS (WITH {made} SELECT id, service_id, amount, reason FROM entitled),"
        f" before AS ({before}) {COUNT}"
    )
    parameters |= {"incident": incident.pk, "remedy": remedy, "after": after, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def bounds(incident_id, *, after, size):
    """(how many, the last id) of the next `size` accounts behind `after`."""
    with connection.cursor() as cursor:
        cursor.execute(BOUNDS, {"incident": incident_id, "after": after, "size": size})
        return cursor.fetchone()


def add(found, remedy, lines):
    """`found` (JSON) with the lines of one more part."""
    known = found.setdefault(remedy, {})
    for service, reason, before, sign, *numbers, first, last in lines:
        key = f"{service}|{reason}|{before}|{int(sign)}"
        old = known.get(key, {"numbers": [0, "0", "0", 0, "0"], "examples": []})
        sums = [
            str(Decimal(a) + b) if isinstance(a, str) else a + b for a, b in zip(old["numbers"], numbers, strict=True)
        ]
        examples = list(dict.fromkeys([*old["examples"], first, last]))[:EACH]
        known[key] = {"numbers": sums, "examples": examples}
    return found


@dataclass
class Sums:
    """Of some accounts: how many get how many euro by the terms, and by those compared with."""

    accounts: int = 0
    people: int = 0
    total: Decimal = Decimal("0.00")
    people_before: int = 0
    total_before: Decimal = Decimal("0.00")

    @property
    def more(self):
        return self.total - self.total_before

    @property
    def more_people(self):
        return self.people - self.people_before


@dataclass
class Costs:
    """Of one remedy. `reasons` {why: (now, before)}; `moved` {1: who get more, -1: less}; granted by runs until now."""

    remedy: str
    claimed: bool
    whole: Sums = field(default_factory=Sums)
    services: dict = field(default_factory=lambda: defaultdict(Sums))
    now: Counter = field(default_factory=Counter)
    before: Counter = field(default_factory=Counter)
    moved: Counter = field(default_factory=Counter)
    granted: int = 0
    granted_total: Decimal = Decimal("0.00")


def costs(preview):
    """The Costs of indemnity and refund that a preview has counted so far."""
    return [costs_of(preview, remedy) for remedy in AUTOMATIC]


def costs_of(preview, remedy):
    made = Costs(remedy, remedy in preview.rules.remedies_to_claim)
    for key, entry in preview.found.get(remedy, {}).items():
        service, reason, before, sign = key.split("|")
        number, total, total_before, granted, granted_total = entry["numbers"]
        gets, got = reason in GETS, before in GETS and preview.against_id is not None
        for sums in (made.whole, made.services[int(service)]):
            sums.accounts += number
            sums.people += number * gets
            sums.total += Decimal(total)
            sums.people_before += number * got
            sums.total_before += Decimal(total_before)
        made.now[reason] += number
        made.before[before] += number
        made.moved[int(sign)] += number
        made.granted += granted
        made.granted_total += Decimal(granted_total)
    made.services = dict(sorted(made.services.items()))
    return made


GETS = ("", "above_cap")


@dataclass(frozen=True)
class Example:
    customer: Customer
    remedy: str
    now: object
    before: object


def examples(preview):
    """Ten accounts, of as many kinds of outcome as there are, with the arithmetic of the rule."""
    turns = []
    for remedy in AUTOMATIC:
        kinds = preview.found.get(remedy, {}).values()
        turns += [(place, remedy, pk) for kind in kinds for place, pk in enumerate(kind["examples"])]
    turns.sort(key=lambda turn: turn[0])
    picked = sorted(turns[:EXAMPLES], key=lambda turn: (turn[1], turn[2]))
    found = Customer.objects.select_related("service", "incident").in_bulk({pk for _place, _remedy, pk in picked})
    against = preview.against.rules if preview.against else None
    return [
        Example(
            found[pk],
            remedy,
            assessed(found[pk], remedy, preview.rules),
            assessed(found[pk], remedy, against) if against else None,
        )
        for _place, remedy, pk in picked
        if pk in found
    ]
