"""Outages as anybody may read of them."""

import json

import pytest

from claims.actions import terms
from claims.rules.terms import Terms
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


def test_managers_read_every_version_of_the_terms_and_the_next_one(api, mara, marco, rita, incident):
    draft = terms.save(incident.code, by=mara, terms=Terms(appeal_days=60), revision=0)
    terms.propose(incident.code, by=mara, revision=1, reason="Fairer.")
    address = f"/api/v1/incidents/{incident.code}/terms/"
    read = api(marco).get(address).json()
    assert [each["version"] for each in read["versions"]] == [1]
    assert read["draft"]["values"]["appeal_days"] == 60
    assert {name: read["draft"][name] for name in ("status", "revision", "based_on", "proposed_by", "reason")} == {
        "status": "proposed",
        "revision": 1,
        "based_on": 1,
        "proposed_by": "Mara",
        "reason": "Fairer.",
    }
    terms.approve(incident.code, by=marco, draft_id=draft.pk)
    read = api(marco).get(address).json()
    newest, first = read["versions"]
    assert (newest["version"], newest["proposed_by"], newest["approved_by"]) == (2, "Mara", "Marco")
    assert (first["version"], first["proposed_by"], first["values"]["appeal_days"]) == (1, "", 30)
    assert read["draft"] is None
    assert api(marco).get(address + "?x=1").status_code == 400
    assert [api(who).get(address).status_code for who in (rita, None)] == [403, 401]
