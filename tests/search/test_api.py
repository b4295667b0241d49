"""Searching by the API: in one claim, and for staff in all they may read."""

import pytest

from evidence.models import Search
from tests import make
from tests.search.test_searching import OFFER, REPLY, holding

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(anna, incident):
    made = make.submitted(anna, incident)
    holding(made, OFFER, REPLY)
    return made


def test_staff_find_pages_in_all_claims(claim, rita, api):
    answer = api(rita).get("/api/v1/search/", {"q": "proposta"})
    assert answer.status_code == 200
    [hit] = answer.json()["results"]
    assert (hit["claim"], hit["name"], hit["kind"], hit["page"]) == (claim.reference, "prova.txt", "mail", 1)
    assert {"text": "proposte", "match": True} in hit["passage"]
    assert Search.objects.get().reader == rita


def test_claimants_do_not_search_in_all(claim, anna, api):
    assert api(anna).get("/api/v1/search/", {"q": "proposta"}).status_code == 403
    assert not Search.objects.exists()


@pytest.mark.parametrize("who", ["anna", "rita"])
def test_the_documents_of_a_claim_are_found_by_their_words(claim, request, api, who):
    person = request.getfixturevalue(who)
    address = f"/api/v1/claims/{claim.reference}/evidence/"
    answer = api(person).get(address, {"q": "proposta"}).json()
    [document] = answer["results"]
    assert document["places"][0]["page"] == 1
    assert len(api(person).get(address).json()["results"]) == 3
    assert "places" not in api(person).get(address).json()["results"][0]


def test_the_claim_of_another_is_unknown(claim, bruno, api):
    assert api(bruno).get(f"/api/v1/claims/{claim.reference}/evidence/", {"q": "proposta"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"q": "x" * 5_000}, "too_long"),
        ({"q": "a\0"}, "invalid_filter"),
        ({"q": "x", "status": "nonsense"}, "invalid_filter"),
        ({"q": "x", "incident": "nonsense"}, "invalid_filter"),
        ({"q": "x", "kind": "nonsense"}, "invalid_filter"),
        ({"q": "x", "page": "2"}, "invalid_cursor"),
        ({"q": "x", "cursor": "nonsense"}, "invalid_cursor"),
    ],
)
def test_what_cannot_be_asked_is_400(claim, rita, api, query, code):
    answer = api(rita).get("/api/v1/search/", query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_next_page_is_by_cursor(claim, rita, api):
    holding(claim, *(f"Una ricevuta per il cliente della posta numero {number}" for number in range(25)))
    first = api(rita).get("/api/v1/search/", {"q": "ricevuta numero"}).json()
    assert len(first["results"]) == 20
    second = api(rita).get(first["next"]).json()
    assert len(second["results"]) == 5
    assert second["next"] is None
    assert api(rita).get(second["previous"]).json()["results"] == first["results"]
