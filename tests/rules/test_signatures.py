"""Why a second person signs: each reason alone and together, and a sample that can be proven again."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.remedies.damages import Finding
from claims.rules.signatures import REASONS, Band, reasons_to_sign, sampled, strays
from claims.rules.terms import Terms

TERMS = Terms()
AMOUNT = st.decimals(0, 9999, places=2)


def finding(awarded="100.00", share="0", head="extra_expense"):
    return Finding(1, head, Decimal("9999.00"), Decimal(awarded), Decimal(share))


def why(total="100.00", findings=(), terms=TERMS, remedy="damages", bands=None, asked=False, number=1):
    return reasons_to_sign(
        Decimal(total),
        findings,
        terms,
        remedy=remedy,
        reference="XC7MX-Q9H7G",
        number=number,
        bands=bands or {},
        asked=asked,
    )


@pytest.mark.parametrize(("total", "due"), [("500.00", ()), ("500.01", ("amount",)), ("0.00", ())])
def test_above_the_limit(total, due):
    assert why(total) == due


def test_a_remedy_whose_decisions_are_always_signed():
    always = replace(TERMS, countersign_remedies=("refund",))
    assert why("0.00", terms=always, remedy="refund") == ("remedy",)
    assert why("0.00", terms=always) == ()


@pytest.mark.parametrize(
    ("awarded", "share", "due"),
    [
        ("125.00", "0", False),
        ("125.01", "0", True),
        ("75.00", "0", False),
        ("74.99", "0", True),
        ("150.00", "25", False),  # 112.50 after the own share
        ("0.00", "0", True),
    ],
)
def test_an_award_further_from_the_median_than_a_quarter_strays(awarded, share, due):
    terms = replace(TERMS, band_tolerance=Decimal("0.25"))
    bands = {"extra_expense": Band(Decimal("100.00"), 20)}
    assert why(findings=[finding(awarded, share)], terms=terms, bands=bands) == (("band",) if due else ())
    assert why(findings=[finding(awarded, share, "data_loss")], terms=terms, bands=bands) == ()


def test_a_band_of_too_few_items_and_terms_without_a_tolerance_say_nothing():
    terms = replace(TERMS, band_tolerance=Decimal("0.25"))
    assert not strays(Decimal("900.00"), Band(Decimal("100.00"), 19), terms)
    assert not strays(Decimal("900.00"), None, terms)
    assert not strays(Decimal("900.00"), Band(Decimal("100.00"), 99), TERMS)


def test_beside_a_median_of_nothing_every_award_strays():
    terms = replace(TERMS, band_tolerance=Decimal("0.25"))
    assert strays(Decimal("0.01"), Band(Decimal("0.00"), 20), terms)
    assert not strays(Decimal("0.00"), Band(Decimal("0.00"), 20), terms)


def test_all_reasons_are_told_in_their_order():
    terms = replace(
        TERMS,
        countersign_remedies=("damages",),
        band_tolerance=Decimal("0.25"),
        sample_rates={"damages": Decimal(1)},
    )
    bands = {"extra_expense": Band(Decimal("100.00"), 20)}
    assert why("600.00", [finding("600.00")], terms, bands=bands, asked=True) == tuple(REASONS)


def test_the_sample_is_this_one_today_and_in_ten_years():
    """Whoever changes the salt or the sum can no longer prove which decisions were picked."""
    picked = [n for n in range(1, 200) if sampled("XC7MX-Q9H7G", n, Decimal("0.05"))]
    assert picked == [18, 22, 50, 54, 74, 88, 93, 105, 107, 113, 121, 127, 143, 177, 197]


def test_about_the_rate_is_picked_and_each_round_anew():
    picked = sum(sampled(f"REF-{n}", 1, Decimal("0.05")) for n in range(20_000))
    assert 850 < picked < 1150
    assert len({sampled("XC7MX-Q9H7G", n, Decimal("0.5")) for n in range(1, 20)}) == 2


@given(st.text(max_size=20), st.integers(1, 9), st.decimals(0, 1, places=4), st.decimals(0, 1, places=4))
def test_a_higher_rate_picks_all_that_a_lower_one_picks(reference, number, one, other):
    low, high = sorted((one, other))
    assert sampled(reference, number, low) <= sampled(reference, number, high)
    assert not sampled(reference, number, Decimal(0))
    assert sampled(reference, number, Decimal(1))


@given(AMOUNT, AMOUNT, st.integers(0, 60), st.decimals(0, 2, places=2), st.booleans())
def test_the_band_is_the_formula_of_the_field_and_reasons_are_never_lost(awarded, median, items, tolerance, asked):
    terms = replace(TERMS, band_tolerance=tolerance)
    codes = why(str(awarded), [finding(str(awarded))], terms, bands={"extra_expense": Band(median, items)}, asked=asked)
    far = awarded != median if median == 0 else abs(awarded - median) / median > tolerance
    assert ("band" in codes) == (far and items >= 20)
    assert ("amount" in codes) == (awarded > Decimal("500.00"))
    assert ("asked" in codes) == asked
    assert set(codes) <= set(REASONS)
