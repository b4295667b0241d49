"""The three remedies: every example of the field, and laws that hold for all amounts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.money import ZERO, cents
from claims.rules.remedies import damages, indemnity, refund
from claims.rules.remedies.base import Facts
from claims.rules.remedies.damages import Finding
from claims.rules.terms import HEADS, IndemnityTerms, Terms
from tests.rules.test_outage import DEMO, SHORT

TERMS = Terms()
AMOUNT = st.decimals(Decimal("0.01"), Decimal("9999.99"), places=2)
SHARE = st.decimals(0, 100, places=2)


def test_the_demo_indemnity_is_6_24_and_48():
    assert [indemnity.assess(Facts(kind, DEMO), TERMS).net for kind in ("free", "paid", "business")] == [
        Decimal("6.00"),
        Decimal("24.00"),
        Decimal("48.00"),
    ]


def test_one_outage_day_of_a_paid_mailbox_is_6():
    assert indemnity.assess(Facts("paid", SHORT), TERMS).net == Decimal("6.00")


def test_an_outage_under_the_minimum_gives_nothing_and_says_so():
    start = datetime(2023, 1, 23, 5, tzinfo=UTC)
    almost = ((start, start.replace(hour=6, minute=59)),)
    assert indemnity.assess(Facts("paid", almost), TERMS).reasons == ("below_minimum",)
    whole = ((start, start.replace(hour=7)),)
    assert indemnity.assess(Facts("paid", whole), TERMS).net == Decimal("6.00")


def test_the_factor_does_not_raise_the_cap():
    terms = replace(TERMS, indemnity={"business": IndemnityTerms(Decimal("6.00"), Decimal("30.00"), Decimal(2))})
    assessment = indemnity.assess(Facts("business", DEMO), terms)
    assert (assessment.net, assessment.reasons) == (Decimal("30.00"), ("above_cap",))
    assert assessment.lines[0].gross == Decimal("48.00")


def test_a_service_without_a_tariff_gives_nothing():
    assert indemnity.assess(Facts("fax", DEMO), TERMS).reasons == ("outside_terms",)


def test_the_refund_of_a_small_fee_is_raised_to_the_floor():
    facts = Facts("paid", DEMO, Decimal("19.99"), date(2022, 6, 1), date(2023, 6, 1))
    assessment = refund.assess(facts, TERMS)
    assert (assessment.lines[0].gross, assessment.net) == (Decimal("0.22"), Decimal("1.00"))
    assert refund.assess(facts, replace(TERMS, refund_floor=ZERO)).net == Decimal("0.22")


def test_only_outage_days_inside_the_paid_period_count():
    facts = Facts("paid", DEMO, Decimal("120.00"), date(2023, 1, 25), date(2024, 1, 25))
    assert refund.assess(facts, replace(TERMS, refund_floor=ZERO)).net == Decimal("0.66")
    before = Facts("paid", DEMO, Decimal("120.00"), date(2022, 1, 23), date(2023, 1, 23))
    assert refund.assess(before, TERMS).reasons == ("below_minimum",)


def test_a_leap_year_has_366_days():
    facts = Facts("paid", DEMO, Decimal("366.00"), date(2023, 1, 24), date(2024, 1, 24))
    assert refund.assess(facts, replace(TERMS, refund_floor=ZERO)).net == Decimal("3.01")
    leap = ((datetime(2024, 1, 22, 23, tzinfo=UTC), datetime(2024, 1, 26, 17, tzinfo=UTC)),)
    facts = Facts("paid", leap, Decimal("366.00"), date(2024, 1, 1), date(2025, 1, 1))
    assert refund.assess(facts, replace(TERMS, refund_floor=ZERO)).net == Decimal("4.00")


@pytest.mark.parametrize(
    ("fee", "paid_from", "paid_to"),
    [
        (ZERO, date(2022, 6, 1), date(2023, 6, 1)),
        (Decimal("19.99"), None, date(2023, 6, 1)),
        (Decimal("19.99"), date(2022, 6, 1), None),
        (Decimal("19.99"), date(2023, 6, 1), date(2023, 6, 1)),
    ],
)
def test_without_a_fee_or_a_period_there_is_no_refund(fee, paid_from, paid_to):
    assert refund.assess(Facts("paid", DEMO, fee, paid_from, paid_to), TERMS).reasons == ("outside_terms",)


@given(fee=AMOUNT, multiplier=st.integers(1, 5))
def test_the_line_of_a_refund_explains_its_cents(fee, multiplier):
    terms = replace(TERMS, refund_floor=ZERO, refund_multiplier=Decimal(multiplier))
    for line in refund.assess(Facts("paid", DEMO, fee, date(2022, 6, 1), date(2023, 6, 1)), terms).lines:
        assert abs(line.quantity * line.rate - line.gross) <= Decimal("0.00501")


def test_damages_with_a_head_cap_and_an_offset_net_665_90():
    findings = [
        Finding(1, "missed_opportunity", Decimal("1200.00"), Decimal("900.00"), Decimal(25)),
        Finding(2, "extra_expense", Decimal("89.90"), Decimal("89.90")),
        Finding(3, "non_material", Decimal("500.00"), ZERO),
    ]
    assessment = damages.assess(findings, TERMS, indemnity_granted=Decimal("24.00"), refund_granted=Decimal("0.22"))
    assert (assessment.total, assessment.net) == (Decimal("689.90"), Decimal("665.90"))
    assert [(line.gross, line.net) for line in assessment.lines] == [
        (Decimal("675.00"), Decimal("600.00")),
        (Decimal("89.90"), Decimal("89.90")),
        (ZERO, ZERO),
    ]
    assert assessment.reasons == ("above_cap",)


def test_damages_with_a_service_value_are_net_of_the_refund_too():
    findings = [
        Finding(1, "service_value", Decimal("19.99"), Decimal("10.00")),
        Finding(2, "extra_expense", Decimal("33.35"), Decimal("33.35"), Decimal(10)),
    ]
    assessment = damages.assess(findings, TERMS, indemnity_granted=Decimal("24.00"), refund_granted=Decimal("0.22"))
    assert (assessment.total, assessment.net) == (Decimal("40.02"), Decimal("15.80"))


def test_the_net_is_never_below_zero():
    findings = [Finding(1, "extra_expense", Decimal("5.00"), Decimal("5.00"))]
    assessment = damages.assess(findings, TERMS, indemnity_granted=Decimal("24.00"))
    assert (assessment.total, assessment.offsets, assessment.net) == (Decimal("5.00"), Decimal("5.00"), ZERO)


def test_the_cap_of_the_claim_comes_after_those_of_the_heads():
    findings = [Finding(number, "extra_expense", Decimal("3000.00"), Decimal("3000.00")) for number in (1, 2)]
    assessment = damages.assess(findings, TERMS)
    assert (assessment.total, assessment.net, assessment.reasons) == (
        TERMS.damages_cap,
        TERMS.damages_cap,
        ("above_cap",),
    )


@pytest.mark.parametrize(
    ("awarded", "share", "reduced"),
    [("33.35", "10", "30.02"), ("0.01", "50", "0.01"), ("0.01", "51", "0.00"), ("10.00", "33.33", "6.67")],
)
def test_the_own_share_is_rounded_half_up_item_by_item(awarded, share, reduced):
    finding = Finding(1, "extra_expense", Decimal("100.00"), Decimal(awarded), Decimal(share))
    assert finding.reduced == Decimal(reduced)


FINDING = st.builds(
    lambda head, claimed, part, share: Finding(1, head, claimed, cents(claimed * part / 100), share),
    st.sampled_from(sorted(HEADS)),
    AMOUNT,
    st.integers(0, 100),
    SHARE,
)
GRANTED = st.decimals(0, 500, places=2)


@given(st.lists(FINDING, max_size=8), GRANTED, GRANTED)
def test_an_assessment_adds_up_and_stays_between_zero_and_its_caps(findings, indemnity_granted, refund_granted):
    made = damages.assess(findings, TERMS, indemnity_granted=indemnity_granted, refund_granted=refund_granted)
    heads = sum((line.net for line in made.lines), ZERO)
    assert made.total == min(heads, TERMS.damages_cap)
    assert 0 <= made.net == made.total - made.offsets <= made.total <= TERMS.damages_cap
    assert all(line.cap is None or line.net <= line.cap for line in made.lines)
    assert sum((finding.reduced for finding in findings), ZERO) == sum((line.gross for line in made.lines), ZERO)
    assert all(
        isinstance(amount, Decimal) and amount == cents(amount) for amount in (made.total, made.offsets, made.net)
    )


@given(st.lists(FINDING, min_size=1, max_size=5), st.data())
def test_a_higher_award_never_lowers_the_total(findings, data):
    changed = data.draw(st.integers(0, len(findings) - 1))
    more = data.draw(st.decimals(findings[changed].awarded, findings[changed].claimed, places=2))
    higher = [replace(each, awarded=more) if at == changed else each for at, each in enumerate(findings)]
    assert damages.assess(higher, TERMS).total >= damages.assess(findings, TERMS).total


def test_an_assessment_is_stored_with_amounts_as_text():
    stored = damages.assess([Finding(1, "extra_expense", Decimal("5.00"), Decimal("5.00"))], TERMS).to_json()
    assert stored["total"] == stored["lines"][0]["net"] == "5.00"
    assert stored["lines"][0]["cap"] is None
