"""Indennizzo: a flat amount for each outage day, for everybody affected, without proof of loss."""

from decimal import Decimal

from claims.rules.money import ZERO, cents
from claims.rules.outage import outage_days, total_minutes
from claims.rules.remedies.base import Assessment, Line


def assess(facts, terms):
    """min(cap, rate x outage days x factor); zero with `below_minimum` for a short outage."""
    tariff = terms.indemnity.get(facts.service_kind)
    if tariff is None:
        return Assessment(reasons=("outside_terms",))
    if total_minutes(facts.intervals) < terms.min_outage_minutes:
        return Assessment(reasons=("below_minimum",))
    days = Decimal(len(outage_days(facts.intervals, min_minutes_per_day=terms.min_minutes_per_day)))
    rate = tariff.rate * tariff.factor
    gross = cents(rate * days)
    net = min(tariff.cap, gross)
    if net == ZERO:
        return Assessment(reasons=("below_minimum",))
    line = Line("indemnity", "outage_days", days, rate, gross, net, cap=tariff.cap)
    return Assessment((line,), total=net, net=net, reasons=("above_cap",) if net < gross else ())
