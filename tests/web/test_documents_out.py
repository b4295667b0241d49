"""How documents leave: as attachments, logged, to those who may have them."""

import uuid

import pytest

from evidence.models import Document, Reading
from evidence.scanning import scan_batch
from tests import make
from tests.evidence import files


@pytest.fixture
def claim(anna, incident):
    return make.submitted(anna, incident)


def content_of(response):
    return b"".join(response.streaming_content)


def address(claim, what=""):
    return f"/claims/{claim.reference}/documents/{claim.attachments.first().document_id}/{what}"


def test_a_clean_file_is_handed_out_as_an_attachment_and_logged(page, anna, claim):
    response = page(anna).get(address(claim))
    assert response.status_code == 200
    assert content_of(response) == make.PDF
    assert response.headers["Content-Disposition"] == 'attachment; filename="invoice.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "no-store" in response.headers["Cache-Control"]
    reading = Reading.objects.get()
    assert (reading.reader, reading.how, reading.request_id) == (anna, "download", response.headers["X-Request-ID"])


def test_u_45_ranges_and_etags_are_answered(page, anna, claim):
    client = page(anna)
    part = client.get(address(claim), headers={"Range": "bytes=0-3"})
    assert (part.status_code, content_of(part)) == (206, b"%PDF")
    same = client.get(address(claim), headers={"If-None-Match": part.headers["ETag"]})
    assert same.status_code == 304
    assert client.get(address(claim), headers={"Range": "bytes=999999-"}).status_code == 416
    assert client.get(f"/claims/{claim.reference}/documents/..%2f..%2fetc%2fpasswd/").status_code == 404
    whole = client.get(f"{address(claim)}?download=0")
    assert "attachment" in whole.headers["Content-Disposition"]
    assert content_of(whole) == make.PDF


def test_u_46_a_file_not_checked_yet_and_a_refused_one_stay_inside(page, anna, incident, text_of):
    draft = make.draft(anna, incident)
    client = page(anna)
    client.post(f"/claims/{draft.reference}/documents/", {"file": [make.upload("a.png", files.png_bomb())]})
    for what in ("", "preview/"):
        waiting = client.get(address(draft, what))
        assert waiting.status_code == 409
        assert 'data-code="not_checked_yet"' in waiting.content.decode()
    assert scan_batch() == 1
    for what in ("", "preview/"):
        refused = client.get(address(draft, what))
        assert refused.status_code == 403
        assert 'data-code="refused_file"' in refused.content.decode()
    assert not Reading.objects.exists()


def test_a_preview_is_a_picture_of_ours(page, anna, incident):
    draft = make.draft(anna, incident)
    client = page(anna)
    client.post(f"/claims/{draft.reference}/documents/", {"file": [make.upload("a.jpg", files.photo_with_place())]})
    scan_batch()
    shown = client.get(address(draft, "preview/"))
    assert shown.status_code == 200
    assert shown.headers["Content-Type"] == "image/jpeg"
    body = content_of(shown)
    assert body.startswith(b"\xff\xd8\xff")
    assert b"Canary" not in body
    assert f'src="{address(draft, "preview/")}"' in client.get(f"/claims/{draft.reference}/documents/").content.decode()


def test_a_file_without_a_preview_says_so(page, anna, claim):
    assert page(anna).get(address(claim, "preview/")).status_code == 404


@pytest.mark.parametrize("what", ["", "preview/", "row/"])
def test_a_document_of_another_person_or_claim_is_not_there(page, anna, bruno, incident, claim, what):
    assert page(bruno).get(address(claim, what)).status_code == 404
    other = make.submitted(bruno, incident)
    mixed = f"/claims/{other.reference}/documents/{claim.attachments.get().document_id}/{what}"
    assert page(bruno).get(mixed).status_code == 404
    assert page(bruno).get(f"/claims/{other.reference}/documents/{uuid.uuid4()}/{what}").status_code == 404
    assert not Reading.objects.exists()


def test_when_the_log_cannot_be_written_nothing_leaves(page, anna, claim, monkeypatch):
    def fail(**_fields):
        raise RuntimeError("no log")

    monkeypatch.setattr(Reading.objects, "create", fail)
    with pytest.raises(RuntimeError):
        page(anna).get(address(claim))
    assert Document.objects.count() == 1
