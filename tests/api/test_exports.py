"""Exports by API."""

from uuid import uuid4

import pytest

from claims.actions.exports import build_batch
from claims.models import Export
from tests import make

pytestmark = pytest.mark.django_db


def test_an_export_is_asked_for_and_its_progress_told(call, mara, incident):
    answer = call(mara).post("exports/", {"filters": {"incident": "libero-2023", "status": "approved"}})
    assert answer.status_code == 202
    told = answer.json()
    assert (told["report"], told["format"], told["status"], told["rows"]) == ("claims", "csv", "queued", 0)
    assert call(mara).get(f"exports/{told['id']}/").json() == told


@pytest.mark.parametrize("who", ["anna", "olga", "rita", "ada"])
def test_other_roles_export_nothing(call, request, incident, refusal, who):
    caller = call(request.getfixturevalue(who))
    assert refusal(caller.post("exports/", {})) == (403, "wrong_role")
    for path in ("", "content"):
        assert refusal(caller.get(f"exports/{uuid4()}/{path}")) == (403, "wrong_role")
    assert refusal(caller.post(f"exports/{uuid4()}/cancel/")) == (403, "wrong_role")


def test_i_31_the_export_of_another_is_as_unknown_as_none(call, mara, marco, incident, problem):
    export = call(mara).post("exports/", {}).json()["id"]
    other = call(marco)
    for path, method in (("", other.get), ("content", other.get), ("cancel/", other.post)):
        foreign, unknown = method(f"exports/{export}/{path}"), method(f"exports/{uuid4()}/{path}")
        assert problem(foreign) == problem(unknown) == (404, "not_found", [])


@pytest.mark.parametrize(
    "body",
    [
        {"report": "secrets"},
        {"format": "exe"},
        {"filters": {"password": "x"}},
        {"filters": {"status": "x"}},
        {"filters": {"from": "yesterday"}},
        {"filters": {"incident": "none-2026"}},
        {"filters": []},
        {"report": None},
        {"rows": 1},
        {"filters": {"incident": {"a": 1}}},
        {"filters": {"bom": "x"}},
        {"filters": {"status": ["approved"]}},
        {"filters": {"from": "9999-99-99"}},
    ],
)
def test_what_cannot_be_exported_is_refused(call, mara, incident, problem, body):
    status, _code, errors = problem(call(mara).post("exports/", body))
    assert status == 422
    assert errors
    assert not Export.objects.exists()


def test_i_31_more_than_three_at_once_are_429(call, mara, incident, refusal):
    caller = call(mara)
    assert [caller.post("exports/", {}).status_code for _ in range(3)] == [202] * 3
    assert refusal(caller.post("exports/", {})) == (429, "too_many_exports")


def test_i_31_an_export_is_cancelled(call, mara, incident, refusal):
    caller = call(mara)
    export = caller.post("exports/", {}).json()["id"]
    assert caller.post(f"exports/{export}/cancel/").json()["status"] == "cancelled"
    assert refusal(caller.post(f"exports/{export}/cancel/")) == (409, "illegal_move")
    assert refusal(caller.get(f"exports/{export}/content")) == (409, "not_ready")


@pytest.mark.django_db(transaction=True)
def test_a_ready_export_is_fetched_as_an_attachment(call, mara, anna, incident):
    make.submitted(anna, incident)
    caller = call(mara)
    export = caller.post("exports/", {"filters": {"bom": True}}).json()["id"]
    assert build_batch() == 1
    answer = caller.get(f"exports/{export}/content", Accept="text/csv")
    content = b"".join(answer.streaming_content)
    assert content.startswith("\ufeff".encode())
    assert answer["Content-Disposition"] == 'attachment; filename="claims.csv"'
    assert answer["ETag"].strip('"') == caller.get(f"exports/{export}/").json()["sha256"]
    assert "no-store" in answer["Cache-Control"]
