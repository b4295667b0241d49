"""Deciding by API: what is given beside money, why somebody signs, taking a proposal back."""

import pytest

from tests import make


@pytest.fixture
def post(api):
    """post(person, claim, step, body) sends one step of a claim."""

    def send(person, claim, step, body):
        headers = {"Idempotency-Key": f"{step}-{len(sent)}"}
        sent.append(step)
        return api(person).post(f"/api/v1/claims/{claim.reference}/{step}/", body, format="json", headers=headers)

    sent = []
    return send


def verdict(claim, **more):
    items = [{"id": item.pk, "awarded": "120.00", "reasons": ["accepted_in_full"]} for item in claim.items.all()]
    return {"outcome": "approved", "items": items, **more}


def test_benefits_are_given_and_read_by_both_sides(api, post, anna, incident, rita):
    claim = make.taken(anna, incident, rita)
    given = [{"kind": "subscription_month", "quantity": 3}]
    answer = post(rita, claim, "decide", verdict(claim, awards=given))
    assert (answer.status_code, answer.json()["awards"], answer.json()["signature_reasons"]) == (200, given, [])
    hers = api(anna).get(f"/api/v1/claims/{claim.reference}/").json()
    assert hers["awards"] == given
    assert "signature_reasons" not in hers


@pytest.mark.parametrize(
    ("award", "code"),
    [
        ({"kind": "gold", "quantity": 1}, "unknown_benefit"),
        ({"kind": "storage_gb", "quantity": 101}, "over_limit"),
        ({"kind": "storage_gb", "quantity": "1"}, "invalid_quantity"),
        ({"kind": "storage_gb", "quantity": 0}, "invalid_quantity"),
        ({"kind": "storage_gb", "quantity": 1, "euro": "1.00"}, "unknown_field"),
    ],
)
def test_a_wrong_benefit_is_422(post, anna, incident, rita, award, code):
    claim = make.taken(anna, incident, rita)
    answer = post(rita, claim, "decide", verdict(claim, awards=[award]))
    assert answer.status_code == 422
    assert code in [error["code"] for error in answer.json()["errors"]]


def test_a_proposal_says_why_it_waits_and_is_taken_back(post, anna, incident, rita, sara):
    claim = make.taken(anna, incident, rita)
    answer = post(rita, claim, "decide", verdict(claim, ask_signature=True))
    assert answer.json()["signature_reasons"] == ["asked"]
    assert post(anna, claim, "recall", {}).status_code == 403
    assert post(sara, claim, "recall", {}).json()["code"] == "not_decider"
    assert post(rita, claim, "recall", {}).json()["status"] == "in_review"
    again = post(rita, claim, "recall", {})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
