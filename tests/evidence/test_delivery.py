"""Handing a document out: only clean, only as what it is, never without a line that says who got it."""

import re

import pytest
from django.db import DatabaseError, transaction

from evidence import blobs, delivery
from evidence.errors import FileRefused
from evidence.models import Document, Reading
from tests import make
from tests.evidence import files

CONTENT = bytes(range(256)) * 10
ETAG_FORM = re.compile(r'"[0-9a-f]{64}"')


@pytest.fixture
def document(anna):
    return make.document(anna, name="invoice.txt", content=CONTENT, media_type="text/plain")


def get(document, by, **headers):
    """(response, body) of a download."""
    response = delivery.deliver(document, by=by, why="review", request_id="abc", headers=headers)
    return response, drained(response)


def drained(response):
    """The body. The file is closed as the server would; response.close() would close our database connection too."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    for close in response._resource_closers:
        close()
    return body


def refusal(document, by, how=delivery.deliver):
    with pytest.raises(FileRefused) as refused:
        how(document, by=by, why="review")
    assert not Reading.objects.exists()
    assert str(refused.value.message)
    return refused.value.status, refused.value.code


def test_u_46_a_file_that_is_not_judged_or_was_refused_is_not_handed_out(anna, rita):
    pending = make.document(anna)
    Document.objects.filter(pk=pending.pk).update(state="pending", judged_at=None)
    pending.refresh_from_db()
    refused = make.document(anna, state="refused", reason="malware", has_preview=True)
    for how in (delivery.deliver, delivery.preview):
        assert refusal(pending, rita, how) == (409, "not_checked_yet")
        assert refusal(refused, rita, how) == (403, "refused_file")


def test_a_document_without_a_preview_says_so(document, rita):
    assert refusal(document, rita, delivery.preview) == (404, "no_preview")


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_a_preview_that_a_power_cut_took_is_none_from_then_on(judged, rita, spoil):
    document = judged("a.jpg", files.picture())
    spoil(blobs.preview_path(document.sha256))
    with pytest.raises(FileRefused, match="no_preview"):
        delivery.preview(document, by=rita, why="case")
    document.refresh_from_db()
    assert (document.state, document.has_preview) == ("clean", False)
    assert not Reading.objects.exists()


def test_a_download_is_whole_and_logged(document, rita):
    response, body = get(document, rita)
    assert (response.status_code, body) == (200, CONTENT)
    reading = Reading.objects.get()
    assert (reading.document, reading.reader, reading.how, reading.why, reading.request_id) == (
        document,
        rita,
        "download",
        "review",
        "abc",
    )


def test_u_45_a_download_has_the_headers_that_keep_it_harmless(document, rita):
    response, _body = get(document, rita)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Content-Disposition"] == 'attachment; filename="invoice.txt"'
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert response.headers["Content-Type"] == "text/plain"
    assert set(response.headers["Cache-Control"].split(", ")) == {"private", "no-store"}
    assert ETAG_FORM.fullmatch(response.headers["ETag"])


@pytest.mark.parametrize(
    ("media_type", "warnings", "sent"),
    [
        ("application/pdf", [], "application/pdf"),
        ("application/pdf", ["active_content"], "application/octet-stream"),
        ("application/zip", [], "application/octet-stream"),
        ("message/rfc822", [], "application/octet-stream"),
        ("application/vnd.ms-outlook", [], "application/octet-stream"),
        ("image/jpeg", [], "image/jpeg"),
    ],
)
def test_u_20_what_may_act_or_hold_other_files_goes_out_as_bytes(anna, rita, media_type, warnings, sent):
    document = make.document(anna, media_type=media_type, warnings=warnings)
    response, _body = get(document, rita)
    assert response.headers["Content-Type"] == sent
    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("però €.pdf", "attachment; filename*=utf-8''per%C3%B2%20%E2%82%AC.pdf"),
        ("a, b & c.pdf", 'attachment; filename="a, b & c.pdf"'),
    ],
)
def test_u_11_a_name_cannot_split_the_header(anna, rita, name, disposition):
    response, _body = get(make.document(anna, name=name), rita)
    assert response.headers["Content-Disposition"] == disposition


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=2550-", 206, 2550, 2560),
        ("bytes=-10", 206, 2550, 2560),
        ("bytes=-99999", 200, 0, 2560),
        ("bytes=2559-2559", 206, 2559, 2560),
        ("bytes=10-99999", 206, 10, 2560),
        ("bytes=0-", 200, 0, 2560),
        ("bytes=9-0", 200, 0, 2560),
        ("bytes=0-1,3-4", 200, 0, 2560),
        ("items=0-1", 200, 0, 2560),
        ("bytes=-", 200, 0, 2560),
        ("bytes=a-b", 200, 0, 2560),
        ("bytes=" + "9" * 5000 + "-", 200, 0, 2560),
        ("bytes=٣-٤", 200, 0, 2560),
    ],
)
def test_u_45_a_range_is_answered_with_just_that(document, rita, asked, status, start, end):
    response, body = get(document, rita, Range=asked)
    assert (response.status_code, body) == (status, CONTENT[start:end])
    assert response.headers["Content-Length"] == str(end - start)
    expected = f"bytes {start}-{end - 1}/2560" if status == 206 else None
    assert response.headers.get("Content-Range") == expected


@pytest.mark.parametrize("asked", ["bytes=2560-", "bytes=99999-100000", "bytes=-0"])
def test_u_45_a_range_outside_is_refused_and_nothing_is_read(document, rita, asked):
    response, body = get(document, rita, Range=asked)
    assert (response.status_code, body, response.headers["Content-Range"]) == (416, b"", "bytes */2560")
    assert not Reading.objects.exists()


def test_u_45_a_copy_that_is_still_right_is_not_sent_again(document, rita):
    etag = get(document, rita)[0].headers["ETag"]
    response, body = get(document, rita, **{"If-None-Match": etag})
    assert (response.status_code, body, response.headers["ETag"]) == (304, b"", etag)
    assert get(document, rita, **{"If-None-Match": '"other"'})[0].status_code == 200
    assert get(document, rita, **{"If-Range": '"other"', "Range": "bytes=0-1"})[0].status_code == 200
    assert get(document, rita, **{"If-Range": etag, "Range": "bytes=0-1"})[0].status_code == 206


def test_a_preview_is_inline_and_logged_as_one(judged, rita):
    document = judged("photo.jpg", files.photo_with_place())
    response = delivery.preview(document, by=rita, why="review")
    body = drained(response)
    assert body.startswith(b"\xff\xd8\xff")
    assert b"Exif" not in body
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Disposition"] == 'inline; filename="preview.jpg"'
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Reading.objects.get().how == "preview"


def test_without_the_line_that_says_who_no_byte_leaves(document, rita, monkeypatch):
    opened = []
    monkeypatch.setattr(delivery.blobs, "path", lambda sha256: opened.append(sha256))
    monkeypatch.setattr(Reading.objects, "create", lambda **_values: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        delivery.deliver(document, by=rita, why="review")
    with pytest.raises(ZeroDivisionError):
        delivery.opened(None, document, rita, "download", "review", "")


def test_a_reading_needs_a_reason(document, rita):
    with pytest.raises(DatabaseError), transaction.atomic():
        delivery.deliver(document, by=rita, why="")
    assert not Reading.objects.exists()


def test_a_missing_file_leaves_no_line_that_somebody_read_it(document, rita):
    delivery.blobs.path(document.sha256).unlink()
    with pytest.raises(FileRefused, match="missing"):
        delivery.deliver(document, by=rita, why="review")
    assert not Reading.objects.exists()


def test_who_read_what_is_never_rewritten(document, rita):
    get(document, rita)
    for change in (lambda rows: rows.update(why="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Reading.objects.all())
    assert Reading.objects.count() == 1
