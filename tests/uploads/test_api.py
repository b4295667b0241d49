"""The same files in pieces through the API: refusals are problem documents, repeating begins nothing twice."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from claims.actions import messages
from claims.rules.terms import Terms
from evidence.models import Document, Upload
from tests import make
from tests.evidence import files
from tests.uploads.conftest import Tus

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(api, draft):
    return lambda person, claim=draft: Tus(api(person), claim.reference, "/api/v1")


@pytest.fixture
def tus(program, anna):
    return program(anna)


def code_of(answer):
    """(status, code) of a problem document that speaks the protocol too."""
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Content-Type"] == "application/problem+json"
    content = json.loads(answer.content)
    assert content["status"] == answer.status_code
    return answer.status_code, content["code"]


def test_what_would_be_refused_in_the_end_is_refused_before_a_byte_is_sent(tus, program, anna, incident):
    assert code_of(tus.begin(0)) == (422, "empty_file")
    assert code_of(tus.begin(25 * 2**20 + 1)) == (413, "too_large")
    assert code_of(tus.begin(10, kind="poem")) == (422, "unknown_kind")
    assert code_of(tus.begin(10, item="99999")) == (422, "unknown_item")
    assert code_of(tus.begin(10, answers="x")) == (422, "unknown_item")
    assert code_of(tus.begin(10, **{"for": "fun"})) == (400, "malformed_upload")
    full = make.draft(anna, make.incident("full-2023", terms=Terms(most_files=1)))
    make.attachment(full)
    assert code_of(program(anna, full).begin(10)) == (409, "too_many_files")
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Upload-Length": "10"}, (412, "unsupported_version")),
        ({"Tus-Resumable": "1.0.0"}, (400, "malformed_upload")),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "ten"}, (400, "malformed_upload")),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "a !"}, (400, "malformed_upload")),
    ],
)
def test_what_is_not_the_protocol_begins_nothing(tus, headers, expected):
    assert code_of(tus.client.post(tus.base, headers=headers)) == expected
    assert not Upload.objects.exists()


def test_a_file_in_pieces_becomes_a_document_of_its_kind_and_loss(tus, draft):
    item = draft.items.get().pk
    began = tus.begin(len(make.PDF), "fattura.pdf", kind="invoice", item=item)
    assert began.status_code == 201
    assert began.headers["Upload-Offset"] == "0"
    assert began.headers["Upload-Expires"]
    assert tus.address == f"/api/v1/claims/{draft.reference}/uploads/{began.json()['id']}/"
    assert tus.patch(make.PDF[:50], 0).headers["Upload-Offset"] == "50"
    assert tus.offset() == 50
    assert (tus.row().json()["offset"], tus.row().json()["document"]) == (50, None)
    last = tus.patch(make.PDF[50:], 50)
    assert (last.status_code, last.headers["Upload-Offset"], last.content) == (204, str(len(make.PDF)), b"")
    told = tus.row().json()["document"]
    assert (told["name"], told["kind"], told["item"]) == ("fattura.pdf", "invoice", item)
    assert told["sha256"] == hashlib.sha256(make.PDF).hexdigest()
    assert tus.client.get(f"/api/v1/claims/{draft.reference}/evidence/").json()["results"] == [told]


def test_the_same_key_begins_one_file_and_says_where_it_is_again(tus):
    tus.headers = {"Idempotency-Key": "begin"}
    first, again = tus.begin(10), tus.begin(10)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Upload.objects.count() == 1
    assert code_of(tus.begin(11)) == (409, "idempotency_key_reused")
    assert code_of(tus.begin(10, kind="receipt")) == (409, "idempotency_key_reused")


def test_a_piece_in_the_wrong_place_or_of_another_kind_is_refused(tus):
    tus.begin(len(make.PDF))
    assert code_of(tus.patch(make.PDF[5:9], 5)) == (409, "wrong_offset")
    assert code_of(tus.patch(b"{}", 0, **{"Content-Type": "application/json"})) == (415, "unsupported_media_type")
    assert code_of(tus.patch(make.PDF, 0, **{"Upload-Checksum": "sha1 AAAA"})) == (460, "checksum_mismatch")
    assert code_of(tus.patch(make.PDF + b"%", 0)) == (413, "too_large")
    assert (tus.offset(), Document.objects.count()) == (0, 0)


def test_u_08_what_the_door_refuses_is_refused_with_the_last_byte_and_stays_so(tus):
    tus.begin(len(files.EXE), "a.pdf")
    assert code_of(tus.patch(files.EXE, 0)) == (415, "type_not_allowed")
    assert code_of(tus.row()) == (415, "type_not_allowed")
    assert not Document.objects.exists()


def test_a_file_that_was_given_up_or_expired_is_gone(tus):
    tus.begin(10)
    assert tus.drop().status_code == 204
    assert tus.offset() == 404
    tus.begin(10)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert code_of(tus.patch(b"12345", 0)) == (410, "expired")


def test_nobody_else_reaches_an_upload_not_even_staff_who_may_read_the_claim(program, tus, bruno, rita, anna, incident):
    claim = make.submitted(anna, incident, narrative="Another")
    upload = Upload.objects.create(
        owner=anna, name="a", size=10, purpose=f"message {claim.reference}", expires_at=timezone.now() + timedelta(1)
    )
    for person in (bruno, rita):
        other = program(person, claim)
        other.address = f"{other.base}{upload.pk}/"
        assert (other.offset(), other.patch(b"1", 0).status_code, other.drop().status_code) == (404, 404, 404)
    assert code_of(program(bruno, claim).begin(10)) == (404, "not_found")
    assert code_of(program(rita, claim).begin(10)) == (403, "not_yours")
    assert code_of(program(None, claim).begin(10)) == (401, "token_required")


def test_options_tell_what_this_server_can_do(tus):
    told = tus.client.options(tus.base)
    assert (told.status_code, told.headers["Tus-Max-Size"]) == (204, str(25 * 2**20))


def test_a_file_waits_for_its_message_and_goes_with_it_once(program, anna, incident):
    claim = make.submitted(anna, incident, narrative="Another")
    tus = program(anna, claim)
    tus.begin(len(make.PDF), "more.pdf", **{"for": "message"})
    tus.patch(make.PDF, 0)
    waiting = tus.row().json()
    assert waiting["document"] is None
    path, body = f"/api/v1/claims/{claim.reference}/messages/", {"text": "Here it is", "uploads": [waiting["id"]]}
    answer = tus.client.post(path, {**body, "text": ""}, format="json")
    assert answer.status_code == 422  # it waits still
    answer = tus.client.post(path, body, format="json")
    assert answer.status_code == 201
    assert [each["name"] for each in answer.json()["documents"]] == ["more.pdf"]
    again = tus.client.post(path, body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "upload_gone")
    assert claim.messages.count() == 1


def test_staff_send_files_with_a_message_the_same_way(program, anna, rita, incident):
    claim = make.taken(anna, incident, rita)
    tus = program(rita, claim)
    tus.begin(len(make.PDF), "calculation.pdf", **{"for": "message"})
    assert tus.patch(make.PDF, 0).status_code == 204
    body = {"text": "Our calculation", "uploads": [tus.row().json()["id"]]}
    answer = tus.client.post(f"/api/v1/claims/{claim.reference}/messages/", body, format="json")
    assert answer.status_code == 201
    assert messages.Message.objects.get().documents.get().document.name == "calculation.pdf"
