"""Terms go to the database and come back the same."""

from decimal import Decimal

import pytest

from claims.rules.errors import Refused
from claims.rules.terms import IndemnityTerms, Terms


def test_terms_come_back_as_they_were():
    terms = Terms(
        indemnity={"paid": IndemnityTerms(Decimal("6.10"), Decimal("99.90"), Decimal("1.5"))},
        head_caps={"data_loss": Decimal("10.00")},
        damages_cap=Decimal("1.00"),
        decision_days=7,
        remedies_to_claim=("damages", "refund"),
    )
    assert Terms.from_json(terms.to_json()) == terms


def test_what_is_missing_has_its_default():
    assert Terms.from_json({}) == Terms()


@pytest.mark.parametrize(
    "values",
    [
        {"damages_cap": "a lot"},
        {"damages_cap": None},
        {"unknown": 1},
        {"head_caps": {"invented": "1.00"}},
        {"head_caps": []},
        {"indemnity": {"paid": {"rate": "1.00"}}},
        {"indemnity": {"paid": {"rate": "x", "cap": "1.00"}}},
    ],
)
def test_terms_that_cannot_be_read_are_refused(values):
    with pytest.raises(Refused) as refused:
        Terms.from_json(values)
    assert refused.value.code == "invalid_terms"
