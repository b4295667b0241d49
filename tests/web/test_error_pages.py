"""Pages of requests that went wrong: clear words, in both languages, and nothing typed is lost."""

import re

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from accounts.access import PUBLIC, access
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 (this module is the URLconf)
from config.urls import urlpatterns as real_urls
from tests import make

FAULTS = {"400": BadRequest("x"), "403": PermissionDenied("x"), "500": RuntimeError("x"), "503": OperationalError("x")}


@access(PUBLIC)
def fail(request, code):
    raise FAULTS[code]


@access(PUBLIC)
def take(request):
    return HttpResponse(f"{request.POST.get('text')} {len(request.FILES)}")


urlpatterns = [path("fail/<code>/", fail), path("take/", take), *real_urls]
pytestmark = pytest.mark.urls(__name__)
WORDS = {
    "400": "could not read this",
    "403": "not for your account",
    "404": "nothing here",
    "500": "on our side",
    "503": "Back in a moment",
}


@pytest.fixture
def forgiving():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("code", WORDS)
def test_every_error_has_its_page_with_the_number_of_the_request(forgiving, db, code):
    response = forgiving.get(f"/fail/{code}/" if code in FAULTS else "/nothing/here/")
    page = response.content.decode()
    assert response.status_code == int(code)
    assert WORDS[code] in page
    assert response.headers["X-Request-ID"] in page
    assert not re.search(r"<style|\sstyle=|Traceback", page)


def test_503_asks_to_come_back(forgiving, db):
    assert forgiving.get("/fail/503/").headers["Retry-After"] == "5"


@pytest.mark.parametrize("code", ["500", "503"])
def test_the_pages_of_our_own_faults_need_no_database(forgiving, code, page, anna, django_assert_num_queries):
    forgiving.force_login(anna)
    with django_assert_num_queries(2):  # session and person, before the view failed
        forgiving.get(f"/fail/{code}/")


def test_a_foreign_host_is_400(client, db):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.fixture
def strict():
    return Client(enforce_csrf_checks=True)


def test_i_20_a_form_without_token_is_shown_with_its_text_and_can_be_sent_again(strict, db):
    sent = {"text": 'Eine "Geschichte" <b>\nzwei', "other": ["1", "2"], "empty": ""}
    response = strict.post("/take/?step=2", {**sent, "csrfmiddlewaretoken": "old"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "nothing you typed is lost" in page
    assert "&lt;b&gt;<br>zwei" in page
    assert 'action="/take/?step=2"' in page
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.partition("<main")[2]))
    assert again["other"] == "2"
    token = again.pop("csrfmiddlewaretoken")
    response = strict.post("/take/?step=2", {"text": sent["text"], "csrfmiddlewaretoken": token})
    assert response.content.decode().startswith("Eine")


def test_i_20_a_token_of_another_session_is_refused_the_same_way(strict, db):
    strict.get("/verify/")
    other = Client(enforce_csrf_checks=True)
    token = other.get("/verify/").context["csrf_token"]
    response = strict.post("/take/", {"text": "kept", "csrfmiddlewaretoken": str(token)})
    assert response.status_code == 403
    assert "kept" in response.content.decode()


def test_i_20_a_form_of_another_site_is_named(strict, db):
    response = strict.post("/take/", {"text": "forged"}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert "https://evil.example" in response.content.decode()
    assert "Send it only if you wrote it yourself" in response.content.decode()


def test_i_20_passwords_and_tokens_are_never_shown_and_not_offered_again(strict, db):
    secrets = {"login": "anna@example.org", "password": "s3cret-1", "api_token": "s3cret-2", "code": "s3cret-3"}
    page = strict.post("/accounts/login/", secrets).content.decode()
    assert "anna@example.org" in page
    assert "s3cret" not in page
    assert "Send it again" not in page
    assert "Open the form anew" in page


def test_i_20_a_form_with_a_file_asks_for_the_file_again(strict, db):
    page = strict.post("/take/", {"text": "kept", "file": make.upload()}).content.decode()
    assert "kept" in page
    assert "Send it again" not in page


def test_a_form_beyond_all_limits_is_413(strict, db, settings):
    response = strict.generic(
        "POST", "/take/", b"--x--", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="900000000"
    )
    assert response.status_code == 413
    assert "too large" in response.content.decode()


def test_i_36_an_unknown_language_is_the_default_one(client, db, settings):
    client.cookies["language"] = "xx"
    assert '<html lang="en">' in client.get("/").content.decode()
    client.cookies.clear()
    response = client.post("/language/", {"language": "xx", "next": "/verify/"})
    assert response.headers["Location"] == "/verify/"
    assert "language" not in response.cookies


def test_i_36_the_language_is_kept_on_this_device(client, db):
    response = client.post("/language/", {"language": "it", "next": "/verify/?a=1"})
    assert response.headers["Location"] == "/verify/?a=1"
    assert '<html lang="it">' in client.get("/").content.decode()
    assert client.get("/language/").status_code == 405


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_i_36_the_language_leads_to_no_other_site(client, db, target):
    assert client.post("/language/", {"language": "it", "next": target}).headers["Location"] == "/"


def test_i_36_what_no_browser_sends_is_refused(client, db):
    assert client.get("/", headers={"Cookie": "language=" + "x" * 8192}).status_code == 400
    assert client.get("/", headers={f"X-Header-{n}": "1" for n in range(200)}).status_code == 400
    assert client.get("/" + "a" * 9000).status_code == 414
    assert client.get("/?q=" + "a" * 9000).status_code == 414
    assert client.get("/?q=" + "a" * 1000, headers={f"X-Header-{n}": "1" for n in range(50)}).status_code == 200
