"""Outages as anybody may read of them."""

import json

import pytest

from tests import make

pytestmark = pytest.mark.django_db


def test_an_outage_tells_services_remedies_window_and_terms(anonymous, incident):
    told = anonymous.get("incidents/libero-2023/").json()
    assert told["started_at"] == "2023-01-22T23:00:00Z"
    assert told["window"] == {"open": True, "closes_at": None}
    assert {service["kind"] for service in told["services"]} == {"free", "paid", "business"}
    assert told["remedies"] == [
        {"remedy": "indemnity", "how": "automatic"},
        {"remedy": "refund", "how": "automatic"},
        {"remedy": "damages", "how": "claim"},
    ]
    assert told["terms"]["damages_cap"] == "5000.00"
    assert told["terms"]["version"] == 1


def test_what_only_staff_needs_to_know_of_the_terms_is_not_told(anonymous, incident):
    assert "countersign_limit" not in json.dumps(anonymous.get("incidents/libero-2023/").json())


def test_an_outage_that_is_being_prepared_is_as_unknown_as_none(anonymous, db, problem):
    make.incident("secret-2026", state="draft")
    hidden, unknown = anonymous.get("incidents/secret-2026/"), anonymous.get("incidents/none-2026/")
    assert problem(hidden) == problem(unknown) == (404, "not_found", [])
    assert hidden.content == unknown.content
    assert anonymous.get("incidents/").json()["results"] == []


def test_lists_take_as_many_queries_for_many_as_for_few(anonymous, incident, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert len(anonymous.get("incidents/").json()["results"]) == 1
    for number in range(20):
        make.incident(f"outage-{number}")
    with django_assert_num_queries(3):
        assert len(anonymous.get("incidents/").json()["results"]) == 21


def test_filters_nobody_declared_are_refused(anonymous, incident, problem):
    assert problem(anonymous.get("incidents/?state=draft")) == (400, "invalid_filter", [("state", "invalid_filter")])
