"""Awards in kind through the API: opened, approved, taken out, handed over, confirmed; and who may not."""

import io

import pytest

from claims.models import Confirmation, FulfilmentFile, Voucher
from tests.awards.conftest import answer

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/award-files/"


def post(api, person, address, body=None, *, key="1", file=None, **fields):
    content = {"file": file, **fields} if file else (body or {})
    headers = {"Idempotency-Key": f"{address}{key}"}
    return api(person).post(address, content, format="multipart" if file else "json", headers=headers)


def upload(content):
    file = io.BytesIO(content)
    file.name = "answers.csv"
    return file


def said(answered):
    return answered.status_code, answered.json()["code"]


def test_what_is_wrong_is_answered_with_its_code(api, counter, mara, rita):
    code = counter.incident.code
    opening = {"incident": code, "kind": "storage_gb"}
    assert said(api(mara).post(ROOT, opening, format="json")) == (400, "idempotency_key_required")
    assert said(post(api, rita, ROOT, opening))[0] == 403
    assert said(post(api, mara, ROOT, opening)) == (409, "nothing_to_give")
    assert said(post(api, mara, ROOT, {**opening, "kind": "gold"})) == (422, "unknown_kind")
    assert said(post(api, mara, ROOT, {**opening, "most": 0}))[0] == 422
    assert said(post(api, mara, f"{ROOT}9/approve/")) == (404, "not_found")
    assert said(api(mara).get(f"{ROOT}{2**40}/")) == (404, "not_found")
    counter.due(voucher=20)
    assert said(post(api, mara, ROOT, {"incident": code, "kind": "voucher"})) == (409, "pool_empty")
    fresh = {"incident": code, "value": 20, "expires_on": "2099-12-31", "count": 1}
    for more in ({"expires_on": "soon"}, {"value": 0}, {"count": 100_001}, {"extra": 1}):
        assert post(api, mara, "/api/v1/vouchers/", {**fresh, **more}).status_code == 422, more
    assert Voucher.objects.count() == 0


def test_from_a_fresh_code_to_what_is_given(api, counter, mara, marco):
    counter.due(voucher=20)
    code = counter.incident.code
    fresh = {"incident": code, "value": 20, "expires_on": "2099-12-31", "count": 2}
    made = [post(api, mara, "/api/v1/vouchers/", fresh).json() for _time in range(2)]
    pool = {"value": 20, "free": 2, "used": 0, "stale": 0, "waiting": 1, "missing": 0, "next_expiry": "2099-12-31"}
    assert made == [{"incident": code, "pools": [pool]}] * 2
    assert Voucher.objects.count() == 2
    opened = post(api, mara, ROOT, {"incident": code, "kind": "voucher"}).json()
    at = f"{ROOT}{opened['id']}/"
    assert (opened["status"], opened["count"], opened["sha256"]) == ("open", 1, "")
    assert said(post(api, mara, f"{at}approve/")) == (403, "four_eyes")
    approved = post(api, marco, f"{at}approve/").json()
    contents = [api(mara).get(f"{at}content") for _time in range(2)]
    first, second = (b"".join(content.streaming_content) for content in contents)
    assert first == second
    assert (contents[0].headers["ETag"], len(first)) == (f'"{approved["sha256"]}"', approved["size"])
    assert said(post(api, mara, f"{at}cancel/", {"reason": "No"})) == (409, "taken_out")
    file = FulfilmentFile.objects.get()
    assert said(post(api, mara, f"{at}confirmation/", file=upload(answer(file)))) == (409, "not_handed_over")
    assert post(api, mara, f"{at}handed-over/").json()["status"] == "handed_over"
    content = answer(file, more=["G999999-1"])
    dry = post(api, mara, f"{at}confirmation/", file=upload(content), dry_run="true", key="2").json()
    expected = {"lines": 2, "given": 1, "refused": 0, "known": 0}
    unmatched = [{"fulfilment_id": "G999999-1", "note": "unknown"}]
    assert dry == {"already_read": False, "dry_run": True, **expected, "unmatched": unmatched}
    assert Confirmation.objects.count() == 0
    assert said(post(api, mara, f"{at}confirmation/", file=upload(content), dry_run="yes", key="3"))[0] == 422
    for key, known in (("4", False), ("5", True)):
        read = post(api, mara, f"{at}confirmation/", file=upload(content), key=key).json()
        assert (read["already_read"], read["given"]) == (known, 1)
    assert api(mara).get(at).json()["status"] == "closed"
    assert [row["id"] for row in api(mara).get(ROOT).json()["results"]] == [opened["id"]]
    assert api(mara).get(f"/api/v1/incidents/{code}/vouchers/").json()["pools"][0]["used"] == 1
