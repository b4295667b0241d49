"""A session that ended in mid-form loses nothing that was typed."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from accounts.access import SIGNED_IN, access
from claims.web.kept import keeps_text, kept
from config.urls import urlpatterns as real_urls
from tests import make


@keeps_text
@access(SIGNED_IN)
def form(request):
    text = request.POST or kept(request) or {}
    return HttpResponse("|".join(f"{name}={','.join(text.getlist(name))}" for name in text))


urlpatterns = [path("form/", form), *real_urls]
pytestmark = pytest.mark.urls(__name__)
TYPED = {"narrative": "A long story 😤", "amount": ["1,00", "2,00"], "password": "secret", "iban": "IT60X"}


def sign_in(client, person, address):
    client.force_login(person)
    return client.get(address).content.decode()


def where_to(response):
    """The address sign-in leads back to."""
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/?next=")
    return response.headers["Location"].partition("next=")[2].replace("%3F", "?").replace("%3D", "=")


def test_a_form_sent_without_a_session_is_offered_again_after_sign_in(client, anna):
    address = where_to(client.post("/form/", TYPED))
    page = sign_in(client, anna, address)
    assert "narrative=A long story 😤" in page
    assert "amount=1,00,2,00" in page
    assert "secret" not in page
    assert "IT60X" not in page


def test_the_sign_in_page_says_that_the_text_is_kept(client, db):
    page = client.get(client.post("/form/", TYPED).headers["Location"]).content.decode()
    assert "What you typed is kept" in page


def test_it_survives_a_real_sign_in(client, anna):
    response = client.post("/form/", TYPED)
    login = client.post("/accounts/login/code/?next=" + response.headers["Location"].partition("next=")[2])
    assert login.status_code == 200
    assert "narrative" in sign_in(client, anna, where_to(response))


def test_an_idle_session_keeps_the_text_for_its_own_person_only(page, anna, bruno, time_machine):
    start = timezone.now()
    for person, expected in ((anna, True), (bruno, False)):
        client = Client()
        time_machine.move_to(start, tick=False)
        client.force_login(anna)
        client.get("/form/")
        time_machine.move_to(start + timedelta(hours=2, seconds=1), tick=False)
        address = where_to(client.post("/form/", TYPED))
        assert ("A long story" in sign_in(client, person, address)) is expected


def test_it_is_handed_out_once_at_its_own_address_and_for_an_hour(client, anna, time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00", tick=False)
    first, second = (where_to(client.post("/form/", TYPED)) for _number in range(2))
    assert "narrative" in sign_in(client, anna, first)
    assert client.get(first).content == b""
    time_machine.move_to("2026-03-01 11:00:01+00:00", tick=False)
    assert client.get(second).content == b""


def test_somebody_else_with_the_address_gets_nothing(client, anna):
    address = where_to(client.post("/form/", TYPED))
    assert sign_in(Client(), anna, address) == ""


def test_more_text_than_any_form_holds_is_not_kept(client, db):
    assert where_to(client.post("/form/", {"narrative": "x" * 200_001})) == "/form/"


def test_at_most_three_forms_are_kept(client, anna):
    addresses = [where_to(client.post("/form/", {"n": str(number)})) for number in range(4)]
    client.force_login(anna)
    assert [client.get(address).content for address in addresses] == [b"", b"n=1", b"n=2", b"n=3"]


def test_a_robot_cannot_fill_the_session_table_with_text(client, db):
    kept_forms = [("kept" in where_to(Client().post("/form/", {"n": "x"}))) for _number in range(32)]
    assert kept_forms == [True] * 30 + [False] * 2


def test_a_form_without_a_valid_token_is_not_kept(anna):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/form/", TYPED).status_code == 403
    assert "kept" not in strict.session


def test_with_a_session_nothing_changes(page, anna):
    assert "narrative=A long story" in page(anna).post("/form/", TYPED).content.decode()
    assert make.PASSWORD not in page(anna).get("/form/").content.decode()
