"""Damages are net of what a mass run granted the same account, by its row of the roster or by its name."""

from decimal import Decimal

import pytest

from claims.models import Payout
from claims.reports.granted import granted_beside
from tests import make
from tests.mass.test_mass_runs import approved, walk


@pytest.fixture
def granted(incident, mara, marco):
    for remedy in ("indemnity", "refund"):
        walk(approved(incident, mara, marco, remedy))


def test_a_decision_takes_off_what_the_runs_granted(granted, anna, incident, rita):
    claim = make.decided(anna, incident, rita, items=[make.item("689.90", head="data_loss")])
    (decision,) = claim.decisions.all()
    assert {each["remedy"]: each["granted"] for each in decision.assessment["deductions"]} == {
        "indemnity": "24.00",
        "refund": "1.00",
    }
    assert decision.net == Decimal("665.90")  # the refund counts against the value of the service only


def test_what_was_cancelled_and_what_others_got_does_not_count(granted, bruno, anna, incident):
    claim = make.draft(bruno, incident, login="bruno@virgilio.example")
    assert granted_beside(claim).to_json() == {"indemnity": "6.00", "refund": "0.00"}
    Payout.objects.filter(customer__login="bruno@virgilio.example").update(state="cancelled")
    assert granted_beside(claim).to_json() == {"indemnity": "0.00", "refund": "0.00"}
    nobody = make.draft(anna, incident, login="nobody@libero.example", login_explanation="Mine")
    assert granted_beside(nobody).to_json() == {"indemnity": "0.00", "refund": "0.00"}


def test_an_account_that_came_on_the_roster_after_its_claim_is_found_by_its_name(anna, incident, mara, marco):
    claim = make.draft(anna, incident, login="Late@Libero.example", login_explanation="Mine")
    make.customer(incident, "late@libero.example")
    walk(approved(incident, mara, marco))
    assert claim.customer is None
    assert granted_beside(claim).to_json() == {"indemnity": "24.00", "refund": "0.00"}


@pytest.mark.parametrize(("remedy", "granted_before"), [("indemnity", "24.00"), ("refund", "1.00")])
def test_who_claims_what_a_run_granted_gets_only_what_is_more(granted, anna, incident, rita, remedy, granted_before):
    """The terms let it be claimed later on: nobody gets the same remedy twice."""
    make.later_terms(incident, remedies_to_claim=("damages", "indemnity", "refund"))
    claim = make.decided(anna, incident, rita, remedy=remedy, items=[make.item("30.00", head="extra_expense")])
    (decision,) = claim.decisions.all()
    assert (decision.total, decision.offsets) == (Decimal("30.00"), Decimal(granted_before))
    assert decision.net == Decimal("30.00") - Decimal(granted_before)
