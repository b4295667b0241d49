"""What every call answers to requests that are not what it expects."""

import json
from time import perf_counter
from unittest import mock

import pytest
from django.db import InterfaceError, OperationalError
from django.urls import get_resolver

from claims.models import Claim
from tests import make

pytestmark = pytest.mark.django_db

BROKEN = {
    "broken": b'{"incident": ',
    "empty": b"",
    "array": b"[]",
    "text": b'"incident"',
    "number": b"17",
    "null": b"null",
    "not a number": b'{"incident": NaN}',
    "infinite": b'{"incident": -Infinity}',
    "not UTF-8": b'{"incident": "\xff"}',
    "UTF-16": '{"incident": "x"}'.encode("utf-16"),
    "deep lists": b"[" * 1_000_000 + b"]" * 1_000_000,
    "deep objects": b'{"a":' * 300_000 + b"1" + b"}" * 300_000,
    "a deep field": b'{"narrative": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "raw control character": b'{"narrative": "\x00"}',
    "an endless number": b'{"incident": ' + b"9" * 100_000 + b"}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_i_01_what_is_no_json_object_is_malformed(call, anna, refusal, name):
    caller, start = call(anna), perf_counter()
    assert refusal(caller.raw("claims/", BROKEN[name])) == (400, "malformed_json")
    assert perf_counter() - start < 1
    assert not Claim.objects.exists()


def test_a_body_of_more_than_any_claim_may_hold_is_too_large(call, anna, refusal):
    assert refusal(call(anna).raw("claims/", b'{"narrative": "' + b"x" * (13 * 2**20) + b'"}')) == (413, "too_large")


def test_a_body_without_a_length_is_refused_instead_of_read_as_empty(call, anna, refusal):
    caller = call(anna)
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    answer = caller.client.generic("POST", "/api/v1/claims/", b"", content_type="application/json", **environ)
    assert refusal(answer) == (411, "length_required")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS", "PATCH"])
def test_i_17_a_wrong_method_is_405_with_those_that_are_allowed(call, anna, refusal, method):
    answer = call(anna).raw("claims/", b"", method=method)
    assert refusal(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, POST, HEAD"


def test_i_17_a_method_cannot_be_overridden_by_a_header(call, anna, incident):
    claim = make.draft(anna, incident)
    answer = call(anna).get(f"claims/{claim.reference}/", X_HTTP_Method_Override="PATCH")
    assert (answer.status_code, answer.json()["version"]) == (200, 1)


def test_head_is_answered_like_get(call, anna, incident):
    claim = make.draft(anna, incident)
    answer = call(anna).client.head(f"/api/v1/claims/{claim.reference}/")
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')


@pytest.mark.parametrize("accept", ["text/xml", "text/html", "application/xml;q=0.9, image/png"])
def test_i_18_nothing_but_json_is_answered(call, anna, refusal, accept):
    assert refusal(call(anna).get("claims/", Accept=accept)) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/xml",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-7",
        "application/json; charset=latin-1",
        'application/json; charset="utf-16"',
        "",
        "nonsense",
    ],
)
def test_i_18_nothing_but_json_in_utf8_is_read(call, anna, refusal, content_type):
    answer = call(anna).raw("claims/", b'{"incident": "x"}', content_type=content_type)
    assert refusal(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", 'application/json;charset="UTF-8"'])
def test_json_that_says_it_is_utf8_is_read(call, anna, incident, new_claim, content_type):
    answer = call(anna).raw("claims/", json.dumps(new_claim()), content_type=content_type)
    assert answer.status_code == 201


def test_i_19_another_host_is_refused(anonymous, db, refusal):
    assert refusal(anonymous.get("incidents/", Host="evil.example")) == (400, "bad_request")


def test_i_19_a_forwarded_host_is_ignored(call, anna, incident):
    for _ in range(2):
        make.draft(anna, incident)
    page = call(anna).get("claims/", {"limit": 1}, X_Forwarded_Host="evil.example").json()
    assert page["next"].startswith("http://testserver/")


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v2/claims/", "/api/v1/nothing/", "/api/v1/claims/4F7GH-9HQ2X/pay/"]
)
def test_an_unknown_address_is_a_problem_document_too(anonymous, db, refusal, path):
    assert refusal(anonymous.get(path)) == (404, "not_found")


@pytest.mark.parametrize("error", [OperationalError("the server went away"), InterfaceError("connection is closed")])
def test_a_database_that_is_away_is_503_with_the_time_to_come_back(call, anna, refusal, error):
    caller = call(anna)
    with mock.patch("claims.api.claims.known", side_effect=error):
        answer = caller.get("claims/")
    assert refusal(answer) == (503, "database_away")
    assert answer["Retry-After"] == "5"
    assert "went away" not in answer.content.decode()


def test_a_fault_of_ours_tells_nothing_about_our_insides(call, anna, refusal):
    caller = call(anna)
    caller.client.raise_request_exception = False
    with mock.patch("claims.api.claims.known", side_effect=KeyError("a secret")):
        answer = caller.get("claims/")
    assert refusal(answer) == (500, "internal_error")
    assert "secret" not in answer.content.decode()


def test_i_36_an_unknown_language_is_answered_in_the_default_one(anonymous, incident):
    assert anonymous.get("incidents/libero-2023/", Accept_Language="xx").json()["title"] == "Mail outage"
    assert anonymous.get("incidents/libero-2023/", Accept_Language="it").json()["title"] == "Disservizio della posta"


def test_problems_are_told_in_the_language_of_the_caller(anonymous, db):
    english = anonymous.get("claims/", Accept_Language="en").json()
    italian = anonymous.get("claims/", Accept_Language="it").json()
    assert english["code"] == italian["code"] == "token_required"


def test_answers_are_not_kept_by_anybody_on_the_way(call, anna, incident):
    claim = make.draft(anna, incident)
    assert call(anna).get(f"claims/{claim.reference}/")["Cache-Control"] == "no-store"
    assert call(anna).get("claims/none/")["Cache-Control"] == "no-store"


def test_every_view_of_the_api_names_its_rule_for_every_method():
    routes = [entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/"]
    views = [route.callback.cls for route in routes[0].url_patterns]
    assert len(views) >= 24
    for view in views:
        methods = {name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
        rule = view.access_rule
        assert set(rule) == methods if isinstance(rule, dict) else rule.name, view
