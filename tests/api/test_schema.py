"""The schema says what the API does, and the page that shows it needs nobody else."""

import json
import re
from unittest import mock

import pytest
from django.core.management import call_command
from django.urls import get_resolver

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def schema(anonymous, db):
    return json.loads(anonymous.get("/api/schema/?format=json").content)


def routes():
    """Every route below /api/v1/ with its methods, walked from the URLs."""
    api = next(entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/")
    for entry in api.url_patterns:
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", f"/api/{entry.pattern}")
        if path.startswith("/api/v1/"):
            yield path, {name for name in METHODS if hasattr(entry.callback.cls, name)}


def operations(schema):
    for path, entry in schema["paths"].items():
        for method, operation in entry.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def test_the_schema_is_valid_and_without_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    assert (tmp_path / "schema.yml").stat().st_size > 10_000


def test_the_schema_describes_all_routes_and_no_others(schema):
    described = {path: set(entry) & METHODS for path, entry in schema["paths"].items()}
    assert described == dict(routes())


def test_the_schema_is_made_once_for_each_language(anonymous, db):
    first = anonymous.get("/api/schema/?format=json")
    with mock.patch("drf_spectacular.generators.SchemaGenerator.get_schema", side_effect=AssertionError):
        for query in ("", "&lang=xx", "&lang=" + "y" * 500):
            assert anonymous.get(f"/api/schema/?format=json{query}").content == first.content


def test_every_operation_tells_its_problems_as_problem_documents(schema):
    for name, operation in operations(schema):
        problems = {code: answer for code, answer in operation["responses"].items() if code[0] in "45"}
        assert len([code for code in problems if code[0] == "4"]) >= 2, name
        for code, answer in problems.items():
            assert list(answer["content"]) == ["application/problem+json"], (name, code)
        assert operation["summary"], name
        assert operation["tags"], name


def test_what_is_not_public_asks_for_a_token_and_says_so(schema):
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    public = {name for name, operation in operations(schema) if {} in operation.get("security", [{}])}
    assert public == {
        "POST /api/v1/token/",
        "GET /api/v1/incidents/",
        "GET /api/v1/incidents/{code}/",
        "POST /api/v1/incidents/{code}/eligibility/",
    }
    for name, operation in operations(schema):
        assert ("401" in operation["responses"]) == (name not in public or name.endswith("token/")), name


def test_requests_hold_nothing_but_what_is_declared(schema):
    requests = {name: entry for name, entry in schema["components"]["schemas"].items() if name.endswith("Request")}
    assert len(requests) >= 14
    for name, entry in requests.items():
        assert entry["additionalProperties"] is False, name


def test_every_body_has_an_example(schema):
    for name, operation in operations(schema):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        assert content is None or content["examples"], name


def test_keys_and_versions_are_in_the_schema(schema):
    def header(path, method, name):
        found = schema["paths"][path][method]["parameters"]
        return next((entry.get("required", False) for entry in found if entry["name"] == name), None) if found else None

    claim = "/api/v1/claims/{reference}/"
    assert header(claim + "submit/", "post", "Idempotency-Key") is True
    assert header(claim, "patch", "If-Match") is True
    assert not header("/api/v1/claims/", "post", "Idempotency-Key")


def test_the_schema_has_a_title_a_version_and_an_introduction(schema):
    assert (schema["info"]["title"], schema["info"]["version"]) == ("Ristoro", "1")
    assert "Idempotency-Key" in schema["info"]["description"]
    assert {tag["name"] for tag in schema["tags"]} == {
        "sign-in",
        "incidents",
        "claims",
        "evidence",
        "review",
        "payments",
        "awards",
        "exports",
    }


def test_the_page_loads_its_own_files_only_and_keeps_our_policy(client, db):
    answer = client.get("/api/docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 5
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*src=)", page)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    script = client.get(addresses[-1])
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()
    assert "http" not in re.sub(r'"http"', "", script.content.decode()).replace("application/http", "")
