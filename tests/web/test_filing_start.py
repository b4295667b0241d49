"""The first page: which incident, which account, whose claim."""

import pytest

from claims.models import Claim, Incident
from tests import make

START = "/incidents/libero-2023/claim/"


def test_somebody_not_signed_in_is_asked_to_and_comes_back(client, incident):
    response = client.get(START)
    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={START}")


def test_a_login_typed_before_signing_in_is_not_lost(client, anna, incident, signs_in):
    response = client.post(START, {"login": "anna@libero.example"})
    assert response.status_code == 302
    back = signs_in(client, anna, response.url)
    assert back.startswith(START)
    assert 'value="anna@libero.example"' in client.get(back).content.decode()
    assert not Claim.objects.exists()


@pytest.mark.parametrize("code", ["nowhere", "secret-2024"])
def test_an_unknown_incident_and_one_not_yet_public_are_the_same_404(page, anna, incident, code):
    make.incident("secret-2024", state=Incident.State.DRAFT)
    assert page(anna).get(f"/incidents/{code}/claim/").status_code == 404


def test_when_the_time_is_over_the_page_says_so(page, anna, db, text_of):
    make.incident(state=Incident.State.CLOSED)
    response = page(anna).get(START)
    assert response.status_code == 409
    assert "The time to file a claim for this outage is over." in text_of(response)


@pytest.mark.parametrize(
    ("login", "code"),
    [("", "required"), ("anna", "invalid_login"), ("a@b\0c", "invalid_characters"), ("a" * 900 + "@x.it", "too_long")],
)
def test_a_login_that_is_none_is_refused_at_its_field(page, anna, incident, codes, login, code):
    response = page(anna).post(START, {"login": login})
    assert response.status_code == 422
    assert codes(response) == {"login": [code]}
    assert 'href="#id_login"' in response.content.decode()
    assert not Claim.objects.exists()


def test_starting_twice_for_the_same_account_goes_on_with_the_same_draft(page, anna, incident):
    client = page(anna)
    first = client.post(START, {"login": "anna@libero.example"})
    assert client.post(START, {"login": "ANNA@libero.example"}).url == first.url
    assert Claim.objects.count() == 1
    client.post(START, {"login": "other@libero.example"})
    assert Claim.objects.count() == 2


def test_a_draft_already_begun_is_offered(page, anna, incident):
    draft = make.draft(anna, incident)
    assert f"/claims/{draft.reference}/check/" in page(anna).get(START).content.decode()


def test_somebody_elses_draft_is_not_offered(page, anna, bruno, incident):
    draft = make.draft(bruno, incident)
    assert draft.reference not in page(anna).get(START).content.decode()
