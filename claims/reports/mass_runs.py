"""What a mass run would give, and to whom it gives nothing: counted, with examples, and one by one."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from django.db import connection, transaction

from claims.models import Customer, Service
from claims.models.patience import be_patient
from claims.reports.entitlements import assessed, entitlements
from claims.rules.remedies.base import Assessment

EXAMPLES = 10
# The next accounts of the roster, in their order.
CHOSEN = """
    chosen AS MATERIALIZED (
        SELECT * FROM claims_customer WHERE incident_id = %(incident)s AND id > %(after)s ORDER BY id LIMIT %(size)s
    ), bounds AS MATERIALIZED (SELECT count(*) AS walked, coalesce(max(id), %(after)s) AS last FROM chosen)
"""
# The first address of an account that works, as claims/rules/channels.py finds it; the account itself is the last one.
USABLE = "CASE {} END".format(
    " ".join(
        f"WHEN {condition} lower(split_part(c.{name}, '@', -1)) <> ALL(%(broken)s::text[])"
        f" AND lower(c.{name}) NOT IN (SELECT address FROM claims_badaddress WHERE NOT complaint) THEN c.{name}"
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
        AND p.customer_id > %(after)s AND p.customer_id <= (SELECT last FROM bounds)
    LEFT JOIN (
        {CLAIMED} AND k.customer_id > %(after)s AND k.customer_id <= (SELECT last FROM bounds)
    ) k ON k.customer_id = c.id
"""
# A line for each amount: thousands at most. The first and the last account of it serve as examples.
LINES = """
    SELECT excluded, no_channel, service_id, amount::numeric(11, 2)::text, count(*), min(id), max(id) FROM standing
    GROUP BY excluded, no_channel, service_id, amount
"""
KEY = 4  # columns of a line that tell it from the others
EXCEPTIONS = """
    SELECT walked, last, found.* FROM bounds LEFT JOIN (
        SELECT id, login, service_id, why, amount::numeric(11, 2) FROM (
            SELECT *, CASE WHEN excluded <> '' THEN excluded WHEN no_channel THEN 'no_channel' ELSE '' END AS why
            FROM standing
        ) AS judged WHERE why <> '' AND %(why)s IN ('', why) ORDER BY id LIMIT %(most)s
    ) AS found ON true ORDER BY id
"""
AT_ONCE = 20_000
PATIENCE = 3  # seconds of looking for exceptions; then somebody has to ask for more


@dataclass(frozen=True)
class Count:
    """`people` get `total` euro; `excluded` is {why: how many}, `no_channel` among the people cannot be told yet.

    `examples` are ids of accounts that get something, of as many amounts as can be.
    """

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

    id: int
    login: str
    service: str
    why: str
    amount: Decimal


def query(run, tail, *, after, size):
    """(SQL, parameters) over CTE `standing`: the next `size` accounts, what each gets and why not; and `bounds`."""
    made, parameters = entitlements(run.incident, run.remedy, run.terms.rules)
    parameters |= {
        "incident": run.incident_id,
        "remedy": run.remedy,
        "run": run.pk,
        "broken": sorted(Service.objects.broken_domains(run.incident_id)),
        "after": after,
        "size": size,
    }
    return f"WITH {CHOSEN}, {made}, standing AS ({STANDING}) {tail}", parameters


def count_chunk(run, *, size):
    """(lines, accounts, the last one's id) of the next `size` accounts after those that were counted."""
    tail = f"SELECT walked, last, lines.* FROM bounds LEFT JOIN ({LINES}) AS lines ON true"
    with connection.cursor() as cursor:
        cursor.execute(*query(run, tail, after=run.counted_to, size=size))
        rows = cursor.fetchall()
    return [list(line) for _walked, _last, *line in rows if line[0] is not None], *rows[0][:2]


def added(tally, lines):
    """The lines of two parts of a roster as those of both together."""
    sums = {tuple(line[:KEY]): line[KEY:] for line in tally}
    for *key, number, lowest, highest in lines:
        before, first, last = sums.get(tuple(key), (0, lowest, highest))
        sums[tuple(key)] = [before + number, min(first, lowest), max(last, highest)]
    return [[*key, *rest] for key, rest in sums.items()]


def summed(tally):
    """The Count that lines make."""
    people, total, excluded, first, last = 0, Decimal("0.00"), Counter(), [], []
    for why, no_channel, _service, amount, number, lowest, highest in sorted(tally, key=most_first):
        if why:
            excluded[why] += number
            continue
        people, total = people + number, total + Decimal(amount) * number
        first.append(lowest)
        last.append(highest)
        if no_channel:
            excluded["no_channel"] += number
    return Count(people, total, dict(excluded), list(dict.fromkeys(first + last))[:EXAMPLES])


def most_first(line):
    _why, _no_channel, service, amount, number, *_ids = line
    return -number, service, Decimal(amount)


def examples(run):
    """The accounts picked when it was proposed, with the arithmetic of the rule."""
    found = Customer.objects.select_related("service", "incident").in_bulk(run.examples)
    return [Example(found[pk], assessed(found[pk], run.remedy, run.terms.rules)) for pk in run.examples]


def exceptions(run, *, why=""):
    """Those who get nothing by this run, or cannot be told yet, in the order of the roster, or those of one kind."""
    after = 0
    while after is not None:
        found, after = some_exceptions(run, why=why, after=after)
        yield from found


def exceptions_page(run, *, why="", after=0, most=100):
    """([LeftOut], the id to go on after, or None at the end): at most `most`, or what was found within PATIENCE."""
    rows, until = [], monotonic() + PATIENCE
    while after is not None and len(rows) < most and monotonic() < until:
        found, after = some_exceptions(run, why=why, after=after, most=most - len(rows))
        rows += found
    return rows, after


def some_exceptions(run, *, why="", after=0, most=None, size=AT_ONCE):
    """([LeftOut], what to go on after) among the next `size` accounts, at most `most`; None: that was the end.

    `why`: of this kind only.
    """
    names = {service.pk: str(service) for service in run.incident.services.all()}
    sql, parameters = query(run, EXCEPTIONS, after=after, size=size)
    with transaction.atomic(), connection.cursor() as cursor:
        be_patient()
        cursor.execute(sql, parameters | {"why": why, "most": most})
        rows = cursor.fetchall()
    walked, last = rows[0][:2]
    found = [LeftOut(pk, login, names[service], why, amount) for _w, _l, pk, login, service, why, amount in rows if pk]
    if most and len(found) == most:
        return found, found[-1].id
    return found, last if walked == size else None
