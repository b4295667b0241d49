"""What is given beside money: kinds and limits of the terms, nothing with a rejection."""

import pytest

from claims.actions import decisions, explained
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita)


def decide(claim, by, awards, outcome="approved", **findings):
    return decisions.decide(
        claim.reference, by=by, outcome=outcome, items=make.findings(claim, **findings), awards=awards
    )


@pytest.mark.parametrize(
    ("award", "code", "field"),
    [
        ({"kind": "gold", "quantity": 1}, "unknown_benefit", "kind"),
        ({"kind": "storage_gb", "quantity": 101}, "over_limit", "quantity"),
        ({"kind": "storage_gb", "quantity": 0}, "invalid_quantity", "quantity"),
        ({"kind": "storage_gb", "quantity": -3}, "invalid_quantity", "quantity"),
        ({"kind": "storage_gb", "quantity": True}, "invalid_quantity", "quantity"),
        ({"kind": "subscription_month", "quantity": 1}, "duplicate_benefit", "kind"),
    ],
)
def test_a_benefit_that_is_not_right_is_refused_at_its_field(claim, rita, refused, award, code, field):
    with refused(422, code, f"awards.1.{field}"):
        decide(claim, rita, [{"kind": "subscription_month", "quantity": 2}, award])
    assert not claim.decisions.exists()


def test_what_is_wrong_with_losses_and_benefits_is_told_at_once(claim, rita, refused):
    with refused(422, "unknown_reason") as caught:
        decide(claim, rita, [{"kind": "gold", "quantity": 1}], reasons=["because"])
    assert [field for field, _code, _text in caught.value.errors] == ["items.0.reasons", "awards.0.kind"]


def test_benefits_are_kept_with_the_decision_and_told(claim, rita):
    decision = decide(claim, rita, [{"kind": "storage_gb", "quantity": 100}]).decisions.get()
    assert [(gift.kind, gift.quantity) for gift in explained.benefits(decision)] == [("storage_gb", 100)]


def test_nothing_but_a_benefit_is_a_part_and_no_rejection(claim, rita, refused):
    given = [{"kind": "subscription_month", "quantity": 3}]
    with refused(422, "outcome_mismatch", "outcome"):
        decide(claim, rita, given, "rejected", awarded="0.00", reasons=["no_evidence"])
    made = decide(claim, rita, given, "partly_approved", awarded="0.00", reasons=["no_evidence"])
    assert (made.status, made.decisions.get().total) == ("partly_approved", 0)
