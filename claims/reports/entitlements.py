"""What indemnity and refund give to each account of a roster, as SQL for all of them at once.

The rules are claims/rules/remedies; this says the same to PostgreSQL, and tests/mass/test_same_amounts.py holds the
two together to the cent. An account without an outage of its own shares the incident's: its days are found once, by
the rule.
"""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

import json
from datetime import timedelta

from claims.models import Service
from claims.rules.outage import outage_days
from claims.rules.remedies import REMEDIES

AUTOMATIC = ("indemnity", "refund")

# Of one account: how long its own outage was, and the Rome dates that count.
OWN_OUTAGE = """
    SELECT coalesce(sum(seconds), 0) AS seconds,
           coalesce(array_agg(day) FILTER (WHERE seconds >= 60 * %(min_minutes_per_day)s), '{}') AS days
    FROM (
        SELECT day, sum(extract(epoch FROM least(upper(piece), (day + 1)::timestamp AT TIME ZONE 'Europe/Rome')
                                - greatest(lower(piece), day::timestamp AT TIME ZONE 'Europe/Rome'))) AS seconds
        FROM (
            SELECT unnest(range_agg(tstzrange(begins, ends))) AS piece
            FROM (SELECT coalesce(lower(each), %(started_at)s) AS begins, coalesce(upper(each), %(ended_at)s) AS ends
                  FROM unnest(c.intervals) AS each WHERE NOT isempty(each)) AS closed
            WHERE begins < ends
        ) AS merged
        CROSS JOIN LATERAL (SELECT (lower(piece) AT TIME ZONE 'Europe/Rome')::date AS first,
            ((upper(piece) - interval '1 microsecond') AT TIME ZONE 'Europe/Rome')::date AS last) AS bounds
        CROSS JOIN LATERAL (SELECT first + n AS day FROM generate_series(0, last - first) AS n) AS dates
        GROUP BY day
    ) AS by_day
"""
# Only these accounts cost the arithmetic above; a join to it alone would do it for every account.
OWN = f"""
    SELECT c.id, outage.seconds, outage.days FROM chosen c CROSS JOIN LATERAL ({OWN_OUTAGE}) AS outage
    WHERE c.intervals IS NOT NULL AND EXISTS (SELECT FROM unnest(c.intervals) AS each WHERE NOT isempty(each))
"""
# `own` says whether an account has an outage of its own.
ACCOUNTS = """
    SELECT c.*, outage.id IS NOT NULL AS own, outage.seconds, outage.days
    FROM chosen c LEFT JOIN own_outages outage ON outage.id = c.id
"""
INDEMNITY = """
    SELECT c.*, quantity, rate,
           CASE WHEN t.service_id IS NULL OR too_short THEN 0 ELSE least(t.cap, gross) END AS amount,
           CASE WHEN t.service_id IS NULL THEN 'outside_terms'
                WHEN too_short OR least(t.cap, gross) = 0 THEN 'below_minimum'
                WHEN t.cap < gross THEN 'above_cap' ELSE '' END AS reason
    FROM accounts c
    LEFT JOIN jsonb_to_recordset(%(tariffs)s::jsonb) AS t (service_id bigint, rate numeric, cap numeric)
        ON t.service_id = c.service_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN own THEN cardinality(c.days) ELSE %(shared_days)s END AS quantity,
               CASE WHEN own THEN c.seconds < 60 * %(min_outage_minutes)s ELSE %(shared_too_short)s END AS too_short
    ) AS counted
    CROSS JOIN LATERAL (SELECT round(t.rate * quantity, 2) AS gross) AS made
"""
# Rounded half up without a quotient that was cut off before: in whole cents of 200 a + b over 2 b.
REFUND = """
    SELECT c.*, quantity, 0.00 AS rate,
           CASE WHEN gross > 0 THEN greatest(gross, %(refund_floor)s) ELSE 0 END AS amount,
           CASE WHEN period IS NULL THEN 'outside_terms' WHEN gross > 0 THEN '' ELSE 'below_minimum' END AS reason
    FROM accounts c
    CROSS JOIN LATERAL (
        SELECT CASE WHEN c.fee > 0 AND c.paid_from < c.paid_to THEN c.paid_to - c.paid_from END AS period,
               CASE WHEN own THEN (SELECT count(*) FROM unnest(c.days) AS day WHERE day >= c.paid_from
                                   AND day < c.paid_to)
                    ELSE {shared_days} END AS quantity
    ) AS counted
    CROSS JOIN LATERAL (SELECT
        div(200 * c.fee * quantity * %(refund_multiplier)s + period, 2 * period) / 100 AS gross) AS made
"""
STRETCH = "greatest(0, least(c.paid_to, %(until_{n})s::date) - greatest(c.paid_from, %(since_{n})s::date))"


def entitlements(incident, remedy, rules):
    """(SQL, parameters): CTEs `accounts` and `entitled` over a CTE `chosen` with columns of claims_customer.

    `entitled` has what `chosen` has, and `quantity` (outage days that count), `rate`, `amount` and `reason` ("" if the
    amount was not cut). `rules` are the terms that apply.
    """
    if remedy not in AUTOMATIC:
        raise ValueError(f"{remedy} is not granted without being asked")
    days = outage_days([incident.interval], min_minutes_per_day=rules.min_minutes_per_day)
    parameters = {
        "started_at": incident.started_at,
        "ended_at": incident.ended_at,
        "min_minutes_per_day": rules.min_minutes_per_day,
    }
    if remedy == "indemnity":
        query, more = INDEMNITY, of_indemnity(incident, rules, days)
    else:
        query, more = of_refund(rules, days)
    ctes = f"own_outages AS MATERIALIZED ({OWN}), accounts AS ({ACCOUNTS}), entitled AS ({query})"
    return ctes, parameters | more


def of_indemnity(incident, rules, days):
    services = Service.objects.filter(incident=incident).values_list("id", "kind")
    tariffs = [
        {"service_id": pk, "rate": str(tariff.rate * tariff.factor), "cap": str(tariff.cap)}
        for pk, kind in services
        if (tariff := rules.indemnity.get(kind))
    ]
    length = (incident.ended_at - incident.started_at) / timedelta(minutes=1)
    return {
        "tariffs": json.dumps(tariffs),
        "shared_days": len(days),
        "shared_too_short": length < rules.min_outage_minutes,
        "min_outage_minutes": rules.min_outage_minutes,
    }


def of_refund(rules, days):
    """The incident's days as stretches: how many of them lie in a paid period is then a subtraction for each."""
    parameters = {"refund_multiplier": rules.refund_multiplier, "refund_floor": rules.refund_floor}
    inside = []
    for n, (since, until) in enumerate(stretches(days)):
        inside.append(STRETCH.format(n=n))
        parameters |= {f"since_{n}": since, f"until_{n}": until}
    return REFUND.format(shared_days=" + ".join(inside) or "0"), parameters


def stretches(days):
    """Sorted dates as half-open [since, until) of dates that follow one another."""
    made = []
    for day in days:
        if made and made[-1][1] == day:
            made[-1] = (made[-1][0], day + timedelta(days=1))
        else:
            made.append((day, day + timedelta(days=1)))
    return made


def assessed(customer, remedy, rules):
    """The arithmetic of one account, as the rule explains it."""
    return REMEDIES[remedy].assess(customer.facts(), rules)
