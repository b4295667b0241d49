"""The way of money through the API: opened, approved, taken out, handed over, settled; and who may not."""

import io

import pytest

from claims.models import Batch, Claim
from claims.reports.batches import path_of
from tests.payouts.conftest import PAYER
from tests.payouts.test_settling import DAY
from tests.sepa import bank

ROOT = "/api/v1/batches/"


def post(api, person, address, body=None, *, key="1", file=None):
    content = {"file": file} if file else (body or {})
    return api(person).post(
        ROOT + address,
        content,
        format="multipart" if file else "json",
        headers={"Idempotency-Key": f"{address}{key}"},
    )


def upload(content):
    file = io.BytesIO(content)
    file.name = "statement.xml"
    return file


@pytest.mark.parametrize("who", ["anna", "olga", "rita", "sara", "ada"])
def test_the_doors_are_open_to_managers_only(request, api, till, who):
    person = request.getfixturevalue(who)
    number = Batch.objects.create(number=1, incident=till.incident, opened_by=till.mara).number
    assert api(person).get(ROOT).status_code == 403
    assert api(person).get(f"{ROOT}{number}/pain001.xml").status_code == 403
    for step in ("", f"{number}/approve/", f"{number}/cancel/", f"{number}/handed-over/", f"{number}/statement/"):
        assert post(api, person, step, {"incident": till.incident.code}).status_code == 403


def test_what_is_wrong_is_answered_with_its_code(api, till, mara, marco):
    def said(answer):
        return answer.status_code, answer.json()["code"]

    code = till.incident.code
    assert said(api(mara).post(ROOT, {"incident": code}, format="json")) == (400, "idempotency_key_required")
    assert said(post(api, mara, "", {"incident": code})) == (409, "nothing_to_pay")
    assert said(post(api, mara, "", {"incident": "nowhere"})) == (404, "not_found")
    assert said(post(api, mara, "", {"incident": code, "most_count": 0}))[0] == 422
    till.due()
    post(api, mara, "", {"incident": code}, key="2")
    assert said(post(api, mara, "1/approve/")) == (403, "four_eyes")
    assert said(post(api, marco, "1/approve/", {"total": "1.00"})) == (409, "stale")
    assert said(api(mara).get(f"{ROOT}1/pain001.xml")) == (409, "not_written")
    assert said(post(api, mara, "1/handed-over/")) == (409, "illegal_move")
    assert said(post(api, mara, "1/statement/", file=upload(b"<a/>")))[0] == 422
    assert said(post(api, mara, "9/approve/")) == (404, "not_found")
    assert said(api(mara).get(f"{ROOT}9/")) == (404, "not_found")


def test_from_what_is_owed_to_what_is_paid(api, till, mara, marco):
    claim = till.due(amount="89.90")
    opened = post(api, mara, "", {"incident": till.incident.code})
    again = post(api, mara, "", {"incident": till.incident.code})
    assert (opened.status_code, opened.content) == (again.status_code, again.content) == (201, opened.content)
    assert {name: opened.json()[name] for name in ("id", "status", "count", "total", "left_out", "further")} == {
        "id": 1,
        "status": "open",
        "count": 1,
        "total": "89.90",
        "left_out": {},
        "further": [],
    }
    approved = post(api, marco, "1/approve/", {"total": "89.90"}).json()
    assert approved["status"] == "written"
    first, second = (api(mara).get(f"{ROOT}1/pain001.xml") for _ in range(2))
    content = b"".join(first.streaming_content)
    assert content == b"".join(second.streaming_content) == path_of(Batch.objects.get()).read_bytes()
    assert first.headers["ETag"] == f'"{approved["sha256"]}"'
    assert post(api, mara, "1/handed-over/").json()["status"] == "handed_over"
    statement = bank.statement(bank.orders(content), iban=PAYER, today=DAY)
    read = post(api, mara, "1/statement/", file=upload(statement)).json()
    assert (read["settled"], read["unmatched"], read["already_read"]) == (1, [], False)
    assert post(api, mara, "1/statement/", key="2", file=upload(statement)).json()["already_read"] is True
    assert Claim.objects.get(pk=claim.pk).status == "paid"
    assert [batch["status"] for batch in api(mara).get(ROOT).json()["results"]] == ["closed"]
