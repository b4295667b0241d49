"""The whole story by API: filed, proven, submitted, told by mail, taken, decided by two, read, exported."""

import csv
import io

import pytest

from claims.actions.exports import build_batch
from claims.actions.notices import deliver_batch
from evidence.scanning import scan_batch
from tests import make
from tests.api.conftest import new_item

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_goes_from_filing_to_export_by_api(
    incident, anna, rita, sara, mara, anonymous, call, new_claim, mailoutbox
):
    token = anonymous.post("token/", {"email": anna.email, "password": make.PASSWORD}).json()["token"]
    hers = call(None)
    hers.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert anonymous.get("incidents/").json()["results"][0]["code"] == "libero-2023"
    asked = anonymous.post("incidents/libero-2023/eligibility/", {"login": "anna@libero.example"})
    assert asked.json()["affected"] is True

    filed = hers.post("claims/", new_claim(items=[new_item(amount="900.00"), new_item(head="late_payment")]))
    assert filed.status_code == 201, filed.content
    claim = filed.json()
    assert claim["status"] == "draft"
    assert claim["totals"]["claimed"] == "1020.00"
    path = f"claims/{claim['reference']}/"
    document = hers.attach(claim["reference"])
    assert (document.status_code, document.json()["state"]) == (201, "pending")
    assert scan_batch() == 1
    assert hers.get(path + "evidence/").json()["results"][0]["state"] == "clean"
    content = hers.get(f"{path}evidence/{document.json()['id']}/content")
    assert b"".join(content.streaming_content) == make.PDF
    submitted = hers.post(path + "submit/", {"declaration": True})
    assert (submitted.status_code, submitted.json()["status"]) == (200, "submitted")
    assert deliver_batch() == 1
    assert claim["reference"] in mailoutbox[0].body

    taken = call(rita).post("review/next/", {"incident": "libero-2023"})
    assert (taken.status_code, taken.json()["reference"]) == (200, claim["reference"])
    assert taken.json()["assigned_to"] == rita.email
    listed = call(rita).get(path + "checklist/").json()
    looked = [{"code": code, "result": "pass", "note": "Looked at."} for code in listed["missing"]]
    answered = call(rita).patch(path + "checklist/", {"entries": looked})
    assert (answered.status_code, answered.json()["missing"]) == (200, [])
    decided = call(rita).post(
        path + "decide/",
        {
            "outcome": "partly_approved",
            "items": [
                {"id": claim["items"][0]["id"], "awarded": "800.00", "share": "25.00", "reasons": ["own_contribution"]},
                {"id": claim["items"][1]["id"], "awarded": "0.00", "reasons": ["no_evidence"]},
            ],
            "note": "Proven by the invoice.",
        },
    )
    assert (decided.status_code, decided.json()["status"]) == (200, "awaiting_countersignature")
    assert decided.json()["items"][0]["awarded"] == "800.00"
    waiting = hers.get(path).json()
    assert (waiting["status"], waiting["items"][0]["awarded"], waiting["totals"]["net"]) == ("in_review", None, None)
    signed = call(sara).post(path + "countersign/")
    assert (signed.status_code, signed.json()["status"]) == (200, "partly_approved")
    final = hers.get(path).json()
    assert final["totals"] == {"claimed": "1020.00", "total": "600.00", "offsets": "0.00", "net": "600.00"}
    assert final["items"][0]["share"] == "25.00"
    assert final["items"][1]["reasons"] == ["no_evidence"]
    assert deliver_batch() == 1
    assert len(mailoutbox) == 2

    actions = [event["action"] for event in call(sara).get(path + "events/").json()["results"]]
    assert actions == ["open", "attach", "submit", "take", "check", "propose", "countersign"]
    told = hers.get(path + "events/").json()["results"]
    assert [event["action"] for event in told] == ["open", "attach", "submit", "take", "decide"]
    assert {event["hash"] for event in told} == {""}

    wish = call(mara).post("exports/", {"report": "claims", "format": "csv", "filters": {"incident": "libero-2023"}})
    assert (wish.status_code, wish.json()["status"]) == (202, "queued")
    assert build_batch() == 1
    export = call(mara).get(f"exports/{wish.json()['id']}/").json()
    assert (export["status"], export["rows"]) == ("ready", 1)
    fetched = call(mara).get(f"exports/{wish.json()['id']}/content")
    rows = list(csv.DictReader(io.StringIO(b"".join(fetched.streaming_content).decode())))
    assert [row["reference"] for row in rows] == [claim["reference"]]
