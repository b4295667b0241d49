"""What PostgreSQL grants to a whole roster is to the cent, and with the same reason, what the rules grant to each."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.models import Customer
from claims.reports.entitlements import AUTOMATIC, assessed, entitlements
from claims.rules.terms import IndemnityTerms, Terms
from claims.rules.terms_bounds import NUMBERS
from tests.soak import rounds

# Around both changes of the clock and the Rome midnights beside them, in a leap year and in the demo's year.
ANCHORS = [
    datetime(2023, 1, 22, 23, tzinfo=UTC),
    datetime(2023, 3, 25, 23, tzinfo=UTC),
    datetime(2023, 3, 26, 1, tzinfo=UTC),
    datetime(2023, 10, 28, 22, tzinfo=UTC),
    datetime(2023, 10, 29, 1, tzinfo=UTC),
    datetime(2024, 2, 28, 23, tzinfo=UTC),
]
STEPS = [0, 1, 29, 30, 59, 60, 61, 119, 120, 121, 300, 1379, 1380, 1381, 1440, 1500, 2880, 5761]
CHOSEN = """
    WITH chosen AS (SELECT * FROM jsonb_to_recordset(%(roster)s::jsonb) AS account (id bigint, service_id bigint,
        fee numeric, paid_from date, paid_to date, intervals tstzrange[])), {}
    SELECT id, amount, reason, quantity FROM entitled ORDER BY id
"""


def by_sql(incident, remedy, terms, roster):
    query, parameters = entitlements(incident, remedy, terms)
    rows = [
        {
            "id": number,
            "service_id": each.service_id,
            "fee": str(each.fee),
            "paid_from": each.paid_from and each.paid_from.isoformat(),
            "paid_to": each.paid_to and each.paid_to.isoformat(),
            "intervals": None if each.intervals is None else list(map(written, each.intervals)),
        }
        for number, each in enumerate(roster)
    ]
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN.format(query), parameters | {"roster": json.dumps(rows)})
        return [(amount, reason, quantity) for _id, amount, reason, quantity in cursor.fetchall()]


def written(each):
    """A range as PostgreSQL reads it."""
    if each.isempty:
        return "empty"
    lower, upper = ("" if end is None else end.isoformat() for end in (each.lower, each.upper))
    return f"{each._bounds[0]}{lower},{upper}{each._bounds[1]}"


def by_rules(remedy, terms, roster):
    made = []
    for each in roster:
        found = assessed(each, remedy, terms)
        (reason,) = found.reasons or ("",)
        made.append((found.net, reason, found.lines[0].quantity if found.lines else None))
    return made


def assert_same(incident, terms, roster):
    for remedy in AUTOMATIC:
        ours, theirs = by_sql(incident, remedy, terms, roster), by_rules(remedy, terms, roster)
        for customer, (amount, reason, quantity), (net, code, days) in zip(roster, ours, theirs, strict=True):
            about = (remedy, terms, incident.interval, customer.facts(), customer.intervals)
            assert (amount, reason) == (net, code), about
            assert days is None or days == quantity, about


# --- what may come


def moment(dice, anchors):
    jitter = timedelta(microseconds=dice.choice([0, 0, 0, 1, -1, 999_999]))
    return dice.choice(anchors) + timedelta(minutes=dice.choice(STEPS) * dice.choice([-1, 0, 1])) + jitter


def some_terms(dice):
    """Terms as managers may write them: telling values, and any within the bounds, up to these."""

    def one(name, *telling):
        if dice.random() < 0.7:
            return Decimal(dice.choice(telling))
        bound = NUMBERS[name]
        step = Decimal(1).scaleb(-bound.places)
        return dice.choice([bound.low, bound.high, dice.randint(int(bound.low / step), int(bound.high / step)) * step])

    def tariff():
        rate = one("indemnity.rate", "0", "0.01", "1.50", "6.00", "3.333", "0.005")
        cap = one("indemnity.cap", "0.00", "0.01", "5.00", "20.00", "100.00")
        return IndemnityTerms(rate, cap, one("indemnity.factor", "1", "2", "0.5", "1.333"))

    made = Terms(
        min_minutes_per_day=int(one("min_minutes_per_day", 1, 30, 59, 60, 61, 720, 1380, 1440, 1441, 1500)),
        min_outage_minutes=int(one("min_outage_minutes", 0, 1, 60, 119, 120, 121, 1440, 3000)),
        indemnity={kind: tariff() for kind in ("free", "paid", "business") if dice.random() < 0.85},
        refund_multiplier=one("refund_multiplier", "1", "2", "0.5", "1.075", "0"),
        refund_floor=one("refund_floor", "0.00", "0.01", "1.00", "5.00"),
    )
    return Terms.from_json(made.to_json())


def some_intervals(dice, anchors):
    """None, none, empty, open at an end, the wrong way round, overlapping, touching."""
    if dice.random() < 0.4:
        return None
    made = []
    for _ in range(dice.choice([0, 1, 1, 2, 3, 5])):
        start = None if dice.random() < 0.08 else moment(dice, anchors)
        end = None if dice.random() < 0.08 else moment(dice, anchors)
        if start and end and start > end:
            start, end = end, start
        bounds = dice.choice(["[)", "[)", "[)", "[]", "(]", "()"])
        empty = start is not None and start == end and bounds != "[]"
        made.append(DateTimeTZRange(empty=True) if empty else DateTimeTZRange(start, end, bounds))
    return made


def some_customer(dice, incident, services, anchors):
    days = dice.choice([None, 1, 2, 28, 30, 90, 365, 366, 730])
    since = dice.choice(ANCHORS).date() + timedelta(days=dice.randint(-400, 3))
    fee = dice.choice(
        ["0.00", "0.01", "0.37", "19.99", "120.00", "999999999.99", f"{dice.randint(0, 99999) / 100:.2f}"]
    )
    return Customer(
        incident=incident,
        service=dice.choice(services),
        fee=Decimal(fee),
        paid_from=since if days else None,
        paid_to=since + timedelta(days=days) if days else None,
        intervals=some_intervals(dice, anchors),
    )


def assert_same_by(dice, incident, size):
    anchors = ANCHORS if dice.random() < 0.1 else [dice.choice(ANCHORS)]  # a year of outage takes the rule long
    start, end = sorted([moment(dice, anchors), moment(dice, anchors)])
    incident.started_at, incident.ended_at = start, end + timedelta(microseconds=start == end)
    services = list(incident.services.all())
    roster = [some_customer(dice, incident, services, anchors) for _ in range(size)]
    assert_same(incident, some_terms(dice), roster)


# --- the proofs


@settings(max_examples=rounds(30, 2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(min_value=0))
@pytest.mark.soak
def test_every_account_of_a_random_roster_gets_the_same_by_both(incident, seed):
    assert_same_by(random.Random(seed), incident, 120)


@settings(max_examples=rounds(60, 1000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.randoms(use_true_random=False))
@pytest.mark.soak
def test_one_account_after_the_other_gets_the_same_by_both(incident, dice):
    """Small ones: what fails here is shrunk to the least that fails."""
    assert_same_by(dice, incident, 1)


def account(incident, *intervals, service="paid", **fields):
    ranges = [DateTimeTZRange(start, end, "[)") for start, end in intervals] or None
    return Customer(incident=incident, service=incident.services.get(code=service), intervals=ranges, **fields)


def at(month, day, hour, minute=0, year=2023):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("remedy", "expected", "fields", "intervals"),
    [
        ("indemnity", "6.00", {"service": "free"}, ()),
        ("indemnity", "24.00", {}, ()),
        ("indemnity", "48.00", {"service": "business"}, ()),
        ("indemnity", "6.00", {}, [(at(1, 23, 5), at(1, 23, 5, 59)), (at(1, 24, 22, 30), at(1, 25, 1))]),
        ("refund", "1.00", {"fee": "19.99", "paid_from": date(2022, 6, 1), "paid_to": date(2023, 6, 1)}, ()),
        ("refund", "0.66", {"fee": "120.00", "paid_from": date(2023, 1, 25), "paid_to": date(2024, 1, 25)}, ()),
        ("refund", "0.00", {"fee": "0.00", "paid_from": date(2023, 1, 25), "paid_to": date(2024, 1, 25)}, ()),
        # The night of 26 March has 23 hours, that of 29 October 25: in UTC both are from midnight to midnight in Rome.
        ("indemnity", "6.00", {}, [(at(3, 25, 23), at(3, 26, 22))]),
        ("indemnity", "6.00", {}, [(at(10, 28, 22), at(10, 29, 23))]),
        # An hour on each side of a Rome midnight, and a minute less on one of them.
        ("indemnity", "12.00", {}, [(at(3, 26, 21), at(3, 26, 23))]),
        ("indemnity", "6.00", {}, [(at(3, 26, 21, 1), at(3, 26, 23, 1))]),
    ],
)  # fmt: skip
def test_the_examples_of_the_field_come_out_of_the_database(incident, remedy, expected, fields, intervals):
    floor = Decimal("0.00") if expected == "0.66" else Decimal("1.00")
    fields = {**fields, "fee": Decimal(fields.get("fee", "0.00"))}
    terms = Terms(refund_floor=floor)
    roster = [account(incident, *intervals, **fields)]
    assert by_sql(incident, remedy, terms, roster)[0][0] == Decimal(expected)
    assert_same(incident, terms, roster)


def test_half_a_cent_is_rounded_up_by_both(incident):
    """0.005 a day and a fee whose part of the day is exactly half a cent."""
    tariff = {"paid": IndemnityTerms(Decimal("0.005"), Decimal("20.00"))}
    one_day = [(at(1, 23, 5), at(1, 23, 9))]
    paid = {"fee": Decimal("1.50"), "paid_from": date(2023, 1, 1), "paid_to": date(2023, 10, 28)}  # 300 days
    roster = [account(incident, *one_day, **paid)]
    terms = Terms(indemnity=tariff, refund_floor=Decimal("0.00"))
    assert by_sql(incident, "indemnity", terms, roster) == [(Decimal("0.01"), "", 1)]
    assert by_sql(incident, "refund", terms, roster) == [(Decimal("0.01"), "", 1)]
    assert_same(incident, terms, roster)


def test_damages_are_not_granted_without_being_asked(incident):
    with pytest.raises(ValueError, match="damages"):
        entitlements(incident, "damages", Terms())
