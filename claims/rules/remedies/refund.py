"""Rimborso: the part of a paid fee that falls on outage days."""

from decimal import Decimal

from claims.rules.money import ZERO, cents
from claims.rules.outage import outage_days
from claims.rules.remedies.base import Assessment, Line

PER_DAY = Decimal("0.000001")  # euro a day, exact enough that quantity x rate gives the cents of gross


def assess(facts, terms):
    """fee x outage days in the paid period / days of the period x multiplier, rounded once, raised to the floor."""
    if not facts.fee or facts.paid_from is None or facts.paid_to is None or facts.paid_from >= facts.paid_to:
        return Assessment(reasons=("outside_terms",))
    days = outage_days(facts.intervals, min_minutes_per_day=terms.min_minutes_per_day)
    inside = sum(facts.paid_from <= day < facts.paid_to for day in days)
    period = (facts.paid_to - facts.paid_from).days
    gross = cents(facts.fee * inside * terms.refund_multiplier / period)
    if gross == ZERO:
        return Assessment(reasons=("below_minimum",))
    net = max(gross, terms.refund_floor)
    rate = (facts.fee * terms.refund_multiplier / period).quantize(PER_DAY)
    line = Line("refund", "outage_days", Decimal(inside), rate, gross, net)
    return Assessment((line,), total=net, net=net)
