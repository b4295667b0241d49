"""A decision must be complete, within what was claimed, reasoned, and say what its amounts say."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from claims.rules.errors import Refused
from claims.rules.remedies.damages import Finding
from claims.rules.verdict import check_findings, check_outcome, fitting_outcome


@dataclass
class Item:
    pk: int
    amount: Decimal = Decimal("100.00")
    head: str = "extra_expense"


def entry(pk=1, awarded="100.00", share="0", reasons=("accepted_in_full",)):
    return {"id": pk, "awarded": Decimal(awarded), "share": Decimal(share), "reasons": list(reasons)}


CODES = {"accepted_in_full", "late", "no_evidence"}


def refusals(given, items=None):
    with pytest.raises(Refused) as refused:
        check_findings(given, items or [Item(1)], CODES)
    assert refused.value.status == 422
    return [(field, code) for field, code, _message in refused.value.errors]


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (entry(awarded="100.01"), "awarded", "over_claimed"),
        (entry(awarded="-0.01"), "awarded", "invalid_amount"),
        (entry(awarded="NaN"), "awarded", "invalid_amount"),
        (entry(awarded="Infinity"), "awarded", "invalid_amount"),
        (entry(awarded="33.335"), "awarded", "invalid_amount"),
        (entry(share="-1"), "share", "invalid_share"),
        (entry(share="100.01"), "share", "invalid_share"),
        (entry(share="NaN"), "share", "invalid_share"),
        (entry(share="33.333"), "share", "invalid_share"),
        (entry(reasons=["because"]), "reasons", "unknown_reason"),
        (entry(awarded="99.99", reasons=[]), "reasons", "reason_required"),
        (entry(share="1", reasons=[]), "reasons", "reason_required"),
        (entry(pk=2), "id", "unknown_item"),
    ],
)
def test_i_25_what_is_wrong_is_named_at_its_field(wrong, field, code):
    assert refusals([wrong]) == [(f"items.0.{field}", code)]


def test_i_25_every_loss_is_decided_once():
    assert refusals([]) == [("items", "item_undecided")]
    assert refusals([entry(), entry()]) == [("items.1.id", "unknown_item")]
    assert refusals([entry(1)], [Item(1), Item(2)]) == [("items", "item_undecided")]


def test_i_25_everything_wrong_is_told_at_once():
    wrong = [entry(1, "100.01"), entry(2, reasons=["because"])]
    assert refusals(wrong, [Item(1), Item(2)]) == [
        ("items.0.awarded", "over_claimed"),
        ("items.1.reasons", "unknown_reason"),
    ]


def test_findings_come_in_the_order_of_the_claim_with_reasons_once():
    found = check_findings([entry(2, reasons=["late", "late"]), entry(1)], [Item(1), Item(2)], CODES)
    assert [finding.item for finding in found] == [1, 2]
    assert found[1].reasons == ("late",)


def test_a_full_award_without_an_own_share_needs_no_reason():
    assert check_findings([entry(reasons=[])], [Item(1)], CODES)[0].reduced == Decimal("100.00")


def finding(awarded, share="0", claimed="100.00"):
    return Finding(1, "extra_expense", Decimal(claimed), Decimal(awarded), Decimal(share))


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([finding("100.00")], "approved"),
        ([finding("100.00", "25")], "approved"),
        ([finding("0.00")], "rejected"),
        ([finding("0.00"), finding("0.00")], "rejected"),
        ([finding("100.00"), finding("0.00")], "partly_approved"),
        ([finding("99.99")], "partly_approved"),
        ([finding("0.01")], "partly_approved"),
        ([finding("100.00", "100")], "rejected"),
        ([finding("0.01", "60", "0.01")], "rejected"),
        ([finding("100.00", "100"), finding("100.00")], "approved"),
    ],
)
def test_the_outcome_says_what_the_amounts_say(findings, outcome):
    assert fitting_outcome(findings) == outcome
    for given in ("approved", "partly_approved", "rejected"):
        if given == outcome:
            check_outcome(given, findings)
        else:
            with pytest.raises(Refused) as refused:
                check_outcome(given, findings)
            assert (refused.value.code, refused.value.field) == ("outcome_mismatch", "outcome")


@pytest.mark.parametrize("outcome", ["", "paid", "APPROVED", None])
def test_an_unknown_outcome_is_refused(outcome):
    with pytest.raises(Refused) as refused:
        check_outcome(outcome, [finding("100.00")])
    assert refused.value.code == "unknown_outcome"
