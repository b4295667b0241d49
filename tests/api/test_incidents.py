"""Outages as anybody may read of them."""

import json
from itertools import count

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


def test_managers_write_and_answer_terms_and_read_every_version(api, mara, marco, rita, incident):
    address = f"/api/v1/incidents/{incident.code}/terms/"
    keys = count()

    def send(who, step="", match=None, **body):
        headers = {"Idempotency-Key": f"terms {next(keys)}", **({"If-Match": match} if match else {})}
        return api(who).post(address + step, body, format="json", headers=headers)

    written = send(mara, values={"appeal_days": 60})
    assert (written.status_code, written.headers["ETag"], written.json()["based_on"]) == (200, '"1"', 1)
    assert written.json()["values"]["decision_days"] == 45
    for wrong, status, code in (
        (send(marco, values={"appeal_days": 50}), 409, "stale"),
        (send(marco, match='"7"', values={"appeal_days": 50}), 412, "stale"),
        (send(marco, match='"1"', values={"appeal_days": -1}), 422, "invalid_terms"),
        (send(marco, match='"1"', values={"holds_that_pause": [{}]}), 422, "invalid_terms"),
        (send(marco, match='"1"', values={"damages_cap": "1e400"}), 422, "invalid_terms"),
        (send(marco, match='"1"', values=[]), 422, "invalid_value"),
        (send(mara, "propose/", reason="Fairer."), 428, "precondition_required"),
        (send(mara, "approve/", draft="x"), 422, "invalid_quantity"),
        (send(rita, values={}), 403, "wrong_role"),
    ):
        assert (wrong.status_code, wrong.json()["code"]) == (status, code), wrong.json()
    assert send(marco, match='"1"', values={"hold_days": 30}).json()["values"]["appeal_days"] == 60
    proposed = send(mara, "propose/", match='"2"', reason="Fairer.").json()
    read = api(marco).get(address).json()
    assert [each["version"] for each in read["versions"]] == [1]
    assert (read["draft"]["status"], read["draft"]["proposed_by"], read["draft"]["id"]) == (
        "proposed",
        "Mara",
        proposed["id"],
    )
    assert send(mara, "approve/", draft=proposed["id"]).status_code == 403
    assert send(marco, "approve/", draft=proposed["id"]).json()["answered_by"] == "Marco"
    read = api(marco).get(address).json()
    newest, first = read["versions"]
    assert (newest["version"], newest["proposed_by"], newest["approved_by"]) == (2, "Mara", "Marco")
    assert (first["version"], first["proposed_by"], first["values"]["appeal_days"]) == (1, "", 30)
    assert read["draft"] is None
    again = send(marco, values={"appeal_days": 90}).json()
    assert send(mara, "reject/", draft=again["id"], note="No").json()["code"] == "illegal_move"
    assert send(mara, "withdraw/", draft=again["id"]).json()["status"] == "withdrawn"
    assert api(marco).get(address + "?x=1").status_code == 400
    assert [api(who).get(address).status_code for who in (rita, None)] == [403, 401]
