"""Forgotten, changed and first passwords."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests import make
from tests.accounts.conftest import code_in

NEW = "un gatto sul tetto"


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


def test_a_forgotten_password_is_chosen_anew_with_the_code_from_the_mail(client, anna, confirmed, post):
    confirmed(anna)
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    [message] = post()
    code = code_in(message)
    assert client.post("/accounts/password/reset/confirm/", {"code": code}).status_code == 302
    client.post("/accounts/password/reset/complete/", {"password1": NEW, "password2": NEW})
    anna.refresh_from_db()
    assert anna.check_password(NEW)
    [told] = post()
    assert told.subject == "La tua password è cambiata"


def test_i_24_an_unknown_address_shows_the_same_page(client, anna, confirmed, post):
    confirmed(anna)
    pages = []
    for email in ("anna@example.org", "anno@example.org"):
        response = client.post("/accounts/password/reset/", {"email": email}, follow=True)
        page = response.content.decode().replace("anno@", "anna@")
        pages.append("\n".join(line for line in page.splitlines() if "csrf" not in line.lower()))
        client.logout()
    assert pages[0] == pages[1]
    assert [("There is no account" in message.subject) for message in post()] == [False, True]


def test_i_24_a_code_is_refused_the_second_time(client, anna, confirmed, post):
    confirmed(anna)
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    code = code_in(post()[0])
    client.post("/accounts/password/reset/confirm/", {"code": code})
    client.post("/accounts/password/reset/complete/", {"password1": NEW, "password2": NEW})
    other = Client()
    other.post("/accounts/password/reset/", {"email": "anna@example.org"})
    response = other.post("/accounts/password/reset/confirm/", {"code": code})
    assert response.status_code == 200
    assert "Incorrect code" in response.content.decode()


def test_i_24_a_code_is_refused_after_an_hour(client, anna, confirmed, post, time_machine):
    confirmed(anna)
    time_machine.move_to("2026-03-01 10:00:00+00:00", tick=False)
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    code = code_in(post()[0])
    time_machine.move_to("2026-03-01 11:00:01+00:00", tick=False)
    client.post("/accounts/password/reset/confirm/", {"code": code})
    assert client.get("/accounts/password/reset/complete/").status_code == 302


def test_i_24_a_poisoned_host_gets_into_no_mail(client, anna, confirmed, post, settings):
    confirmed(anna)
    settings.ALLOWED_HOSTS = ["*"]
    for path in ("/accounts/password/reset/", "/accounts/login/code/"):
        for email in ("anna@example.org", "nobody@example.org"):
            Client(headers={"host": "evil.example"}).post(path, {"email": email})
    messages = post()
    assert len(messages) == 4
    for message in messages:
        everything = message.message().as_string() + message.body + message.alternatives[0][0]
        assert "evil" not in everything
        assert settings.SITE_URL in message.body


def test_changing_the_password_ends_every_other_session(page, anna, confirmed):
    confirmed(anna)
    client, elsewhere = page(anna), Client()
    elsewhere.force_login(anna)
    response = client.post(
        "/accounts/password/change/", {"oldpassword": make.PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert response.headers["Location"] == "/accounts/profile/"
    assert client.get("/accounts/profile/").status_code == 200
    assert elsewhere.get("/accounts/profile/").status_code == 302


def test_a_wrong_present_password_changes_nothing(page, anna, confirmed):
    confirmed(anna)
    form = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    assert page(anna).post("/accounts/password/change/", form).status_code == 200
    anna.refresh_from_db()
    assert anna.check_password(make.PASSWORD)


def test_somebody_who_signed_in_by_code_chooses_a_first_password(page, anna, confirmed):
    confirmed(anna)
    anna.set_unusable_password()
    anna.save()
    client = page(anna)
    assert client.get("/accounts/password/change/").headers["Location"] == "/accounts/password/set/"
    assert client.get("/accounts/password/set/").status_code == 200
    client.post("/accounts/password/set/", {"password1": NEW, "password2": NEW})
    anna.refresh_from_db()
    assert anna.check_password(NEW)


@pytest.mark.parametrize("password", ["kurz", "1234567890", "password123", "anna@example.org"])
def test_weak_passwords_are_refused(client, password, db):
    form = {"name": "Anna", "email": "anna@example.org", "password1": password}
    response = client.post("/accounts/signup/", form)
    assert response.status_code == 200
    assert 'href="#id_password1"' in response.content.decode()
