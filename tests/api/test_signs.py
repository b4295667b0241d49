"""The fit with the outage and like claims, as programs of the staff read them."""

import pytest

from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita, is_checked=False)


def path(claim, what):
    return f"/api/v1/claims/{claim.reference}/{what}/"


@pytest.mark.parametrize("what", ["fit", "alike"])
def test_the_claimant_and_whoever_reviews_an_own_claim_is_refused(call, incident, anna, claim, what):
    assert call(anna).get(path(claim, what)).status_code == 403
    rosa = make.person("rosa", "claimant", "reviewer")
    own = make.submitted(rosa, incident, login="bruno@virgilio.example")
    answer = call(rosa).get(path(own, what))
    assert (answer.status_code, answer.json()["code"]) == (403, "own_claim")


def test_the_fit_is_told_in_utc_with_its_flags(call, anna, incident, rita):
    make.customer(incident, "own@libero.example", intervals=[("2023-01-23T05:00Z", "2023-01-23T07:00Z")])
    claim = make.taken(anna, incident, rita, login="own@libero.example", is_checked=False)
    told = call(rita).get(path(claim, "fit")).json()
    assert told["outage"] == [{"start": "2023-01-23T05:00:00Z", "end": "2023-01-23T07:00:00Z"}]
    harm = told["facts"][0]
    assert (harm["what"], harm["at"], harm["in_outage"]) == ("loss", "2023-01-24T09:30:00Z", False)
    (flag,) = told["flags"]
    assert (flag["code"], flag["head"], flag["document"]) == ("after_restoration", "extra_expense", None)
    assert "1 day after the service was restored" in flag["said"]


def test_like_claims_are_named_to_who_may_read_them_and_else_counted(call, bruno, incident, claim, rita):
    twin = make.submitted(bruno, incident, login="bruno@virgilio.example")
    rosa = make.person("rosa", "claimant", "reviewer")
    make.submitted(rosa, incident, login="bruno@virgilio.example")
    told = call(rita).get(path(claim, "alike")).json()
    assert twin.reference in [each["reference"] for each in told["claims"]]
    assert (len(told["claims"]), told["hidden"]) == (2, 0)
    assert told["claims"][0]["matches"][0] == {
        "why": "same_file",
        "label": "The same file",
        "score": 100,
        "document": str(claim.attachments.get().document_id),
    }
    told = call(rosa).get(path(claim, "alike")).json()
    assert ([each["reference"] for each in told["claims"]], told["hidden"]) == ([twin.reference], 1)


def test_more_documents_and_claims_cost_no_more_queries(call, incident, claim, rita, django_assert_max_num_queries):
    mine, counts = call(rita), {}
    for more in (3, 30):
        for number in range(more):
            make.attachment(claim, content=b"%PDF-1.4 " + f"{more} {number}".encode())
            other = make.person(f"other{more}{number}", "claimant")
            make.submitted(other, incident, login="bruno@virgilio.example")
        for what in ("fit", "alike"):
            with django_assert_max_num_queries(counts.get(what, 16)) as few:
                assert mine.get(path(claim, what)).status_code == 200
            counts[what] = len(few)
