"""Sign-in: password, code, too many tries, long passwords, where one arrives."""

import pytest
from django.core.cache import cache

from tests import make
from tests.accounts.conftest import code_in

ANNA = {"login": "anna@example.org", "password": make.PASSWORD}


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


def sign_in(client, **more):
    return client.post("/accounts/login/", {**ANNA, **more})


def test_a_claimant_arrives_at_her_cases_and_a_reviewer_at_the_workplace(client, anna, rita, confirmed):
    confirmed(anna), confirmed(rita)
    assert sign_in(client).headers["Location"] == "/claims/"
    client.logout()
    assert sign_in(client, login="rita@example.org").headers["Location"] == "/admin/"


def test_the_address_is_taken_in_any_case_of_letters(client, anna, confirmed):
    confirmed(anna)
    assert sign_in(client, login=" ANNA@Example.ORG ").status_code == 302


def test_an_address_that_was_never_confirmed_is_confirmed_first(client, anna, post):
    assert sign_in(client).headers["Location"] == "/accounts/confirm-email/"
    [message] = post()
    assert client.post("/accounts/confirm-email/", {"code": code_in(message)}).headers["Location"] == "/claims/"


def test_a_closed_account_does_not_sign_in(client, anna, confirmed):
    confirmed(anna)
    anna.is_active = False
    anna.save()
    sign_in(client)
    assert client.get("/accounts/profile/").status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "javascript:alert(1)", "/\\evil.example", "https://evil.example/"]
)
def test_i_34_a_foreign_next_goes_to_claims(client, anna, confirmed, target):
    confirmed(anna)
    assert sign_in(client, next=target).headers["Location"] == "/claims/"


def test_next_within_the_site_is_followed(client, anna, confirmed):
    confirmed(anna)
    assert sign_in(client, next="/verify/?code=ABC").headers["Location"] == "/verify/?code=ABC"


def test_i_22_an_unknown_person_and_a_wrong_password_read_the_same(client, anna, confirmed):
    confirmed(anna)
    wrong = sign_in(client, password="wrong").content.decode()
    unknown = sign_in(client, login="anno@example.org", password="wrong").content.decode()
    assert "not correct" in wrong
    assert without_what_differs(wrong) == without_what_differs(unknown).replace("anno@", "anna@")


def without_what_differs(page):
    return "\n".join(line for line in page.splitlines() if "csrf" not in line.lower())


def test_i_22_a_hundred_wrong_passwords_end_in_429(client, anna, confirmed):
    confirmed(anna)
    answers = [sign_in(client, password=f"wrong {number}").status_code for number in range(100)]
    assert answers[:5] == [200] * 5
    assert set(answers[5:]) == {429}
    refused = sign_in(client)
    assert refused.status_code == 429
    assert "_auth_user_id" not in client.session


def test_i_22_a_password_of_4096_characters_is_400(client, anna, confirmed):
    confirmed(anna)
    for path in ("/accounts/login/", "/accounts/signup/"):
        response = client.post(path, {**ANNA, "password1": "x", "password": "x" * 4096})
        assert response.status_code == 400
    assert sign_in(client, password="x" * 1024).status_code == 200


def test_sign_in_by_code_from_the_mail(client, anna, post):
    response = client.post("/accounts/login/code/", {"email": "anna@example.org"})
    assert response.headers["Location"] == "/accounts/login/code/confirm/"
    [message] = post()
    response = client.post("/accounts/login/code/confirm/", {"code": code_in(message)})
    assert response.headers["Location"] == "/claims/"


def test_a_code_works_once(client, anna, post):
    client.post("/accounts/login/code/", {"email": "anna@example.org"})
    code = code_in(post()[0])
    client.post("/accounts/login/code/confirm/", {"code": code})
    client.logout()
    client.post("/accounts/login/code/confirm/", {"code": code})
    assert client.get("/accounts/profile/").status_code == 302


def test_a_code_for_nobody_shows_the_same_page_and_the_mail_says_so(client, anna, post):
    client.post("/accounts/login/code/", {"email": "anna@example.org"})
    known = client.get("/accounts/login/code/confirm/").content.decode()
    client.logout()
    client.post("/accounts/login/code/", {"email": "anno@example.org"})
    unknown = client.get("/accounts/login/code/confirm/").content.decode()
    assert without_what_differs(known) == without_what_differs(unknown).replace("anno@", "anna@")
    assert "No account has it" in post()[1].body


def test_sign_out_needs_a_post(page, anna):
    client = page(anna)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/accounts/profile/").status_code == 200
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert client.get("/accounts/profile/").status_code == 302
