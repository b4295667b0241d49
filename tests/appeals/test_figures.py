"""Appeals, and what they changed, as managers count them."""

from decimal import Decimal

import pytest

from claims.actions import appeals, review
from claims.models import Benefit
from claims.reports import figures
from claims.reports.figures import Scope
from claims.rules.appeals import Result, check_not_worse, has_changed, is_worse
from claims.rules.errors import Refused
from claims.rules.terms import Terms
from tests import make
from tests.appeals.conftest import days_later, decide


def through(claimant, incident, first, second, *, before, after):
    claim = decide(make.taken(claimant, incident, first), first, awarded=before)
    appeals.appeal(claim.reference, by=claimant, grounds="Why?")
    review.take(claim.reference, by=second)
    return decide(claim, second, awarded=after)


def test_appeals_and_changes_are_counted_in_the_period_they_fell_in(anna, incident, rita, remo):
    through(anna, incident, rita, remo, before="50.00", after="50.00")
    through(anna, incident, rita, remo, before="50.00", after="60.00")
    claim = decide(make.taken(anna, incident, rita), rita, awarded="50.00")
    appeals.appeal(claim.reference, by=anna, grounds="Why?")
    scope = Scope()
    assert (figures.appeals_filed(scope), figures.decided_on_appeal(scope)) == (3, (2, 1))
    other = Scope(incident="elsewhere")
    assert (figures.appeals_filed(other), figures.decided_on_appeal(other)) == (0, (0, 0))
    with days_later(2):
        later = Scope(first=figures.today())
        assert (figures.appeals_filed(later), figures.decided_on_appeal(later)) == (0, (0, 0))


def test_what_is_given_beside_money_counts_as_a_change(anna, incident, rita, remo):
    claim = through(anna, incident, rita, remo, before="50.00", after="50.00")
    Benefit.objects.create(decision=claim.decisions.latest("round"), kind="storage_gb", quantity=5)
    assert figures.decided_on_appeal(Scope()) == (1, 1)


def result(net, offsets="0.00", **benefits):
    return Result(Decimal(net), Decimal(offsets), benefits)


@pytest.mark.parametrize(
    ("first", "second", "worse"),
    [
        (result("100.00"), result("100.00"), False),
        (result("100.00"), result("99.99"), True),
        (result("100.00"), result("76.00", "24.00"), False),  # the indemnity was granted in the meantime
        (result("100.00"), result("75.99", "24.00"), True),
        (result("76.00", "24.00"), result("76.00"), False),
        (result("76.00", "24.00"), result("75.00"), True),
        (result("0.00"), result("0.00"), False),
        (result("10.00", storage_gb=5), result("10.00"), True),
        (result("10.00", storage_gb=5), result("500.00", storage_gb=4), True),
        (result("10.00"), result("10.00", storage_gb=4), False),
    ],
)
def test_worse_is_less_money_or_less_beside_it(first, second, worse):
    assert is_worse(first, second) is worse
    if worse:
        with pytest.raises(Refused, match="may not get less"):
            check_not_worse(first, second, Terms())
    check_not_worse(first, second, Terms(appeal_may_worsen=True))


def test_less_and_more_are_both_a_change():
    assert has_changed(result("1.00"), result("2.00"))
    assert has_changed(result("2.00"), result("1.00"))
    assert not has_changed(result("2.00", storage_gb=1), result("2.00", storage_gb=1))
