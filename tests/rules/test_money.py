"""Amounts: what is taken from programs (exact) and from people (typed)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.errors import Refused
from claims.rules.money import MOST, cents, exact_amount, typed_amount


def refusal(parse, text):
    with pytest.raises(Refused) as refused:
        parse(text, field="amount")
    return refused.value.code, refused.value.field, refused.value.status


I_03 = [
    "12.345",
    "1e9",
    "NaN",
    "Infinity",
    "-0.01",
    "+1.00",
    "0x10",
    "1,50",
    "١٢.٠٠",
    "1" * 30 + ".00",
    " 1.00",
    "1.00\n",
]
I_03 += ["", "12", "12.5", ".50", "1_000.00", "１２.００", 12, 12.5, None, True, ["12.50"], Decimal("12.50")]


@pytest.mark.parametrize("text", I_03)
def test_i_03_only_digits_a_point_and_two_decimals_are_an_amount(text):
    assert refusal(exact_amount, text) == ("invalid_amount", "amount", 422)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12,50", "12.50"),
        ("12.50", "12.50"),
        ("12,5", "12.50"),
        ("12", "12.00"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56", "1234.56"),
        ("1.234", "1234.00"),
        ("1.234.567,8", "1234567.80"),
        ("€ 12,50", "12.50"),
        ("12,50 €", "12.50"),
        ("  7  ", "7.00"),
        ("999.999.999,99", "999999999.99"),
    ],
)
def test_a_person_types_an_amount_the_italian_or_the_english_way(text, amount):
    assert typed_amount(text, field="amount") == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["", "€", "abc", "-5", "1e9", "NaN", "1.23.4", "1.2345", "1,2,3", "1€50", "1.234 567", "0x10", "١٢"]
    + ["9.999.999.999", "1" * 30, "1,50,00", "½", "1.50.00", None, 12, 12.5],
)
def test_what_cannot_be_meant_as_one_amount_is_refused(text):
    assert refusal(typed_amount, text) == ("invalid_amount", "amount", 422)


@given(st.decimals(0, MOST, places=2))
def test_every_amount_is_read_back_from_all_its_spellings(amount):
    exact = f"{amount:.2f}"
    assert exact_amount(exact, field="amount") == amount
    assert typed_amount(exact.replace(".", ","), field="amount") == amount
    english = f"{amount:,.2f}"
    assert typed_amount(english, field="amount") == amount
    assert typed_amount(english.translate(str.maketrans(",.", ".,")), field="amount") == amount


@given(st.text(max_size=20))
def test_no_text_becomes_anything_but_cents(text):
    for parse in (exact_amount, typed_amount):
        try:
            amount = parse(text, field="amount")
        except Refused:
            continue
        assert isinstance(amount, Decimal)
        assert 0 <= amount == cents(amount) <= MOST


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.005", "0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("-0.005", "-0.01")]
)
def test_cents_are_rounded_half_up(amount, rounded):
    assert str(cents(Decimal(amount))) == rounded
