"""Resumable uploads as tus 1.0 has them, refusals first."""

import base64
import hashlib
import io
import itertools
import os
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.rules.terms import Terms
from evidence import blobs, resuming
from evidence.models import Document, Upload
from tests import make
from tests.evidence import files
from tests.uploads.conftest import Tus

pytestmark = pytest.mark.django_db


def code_of(answer):
    return answer.content.decode().partition('data-code="')[2].partition('"')[0]


# --- begun ----------------------------------------------------------------------------------------
def test_u_02_a_file_that_is_too_large_is_refused_before_a_byte_is_sent(tus):
    answer = tus.begin(25 * 2**20 + 1)
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert not Upload.objects.exists()


def test_u_01_an_empty_file_is_refused_before_a_byte_is_sent(tus):
    answer = tus.begin(0)
    assert (answer.status_code, code_of(answer)) == (422, "empty_file")


@pytest.mark.parametrize(
    ("terms", "code"), [(Terms(most_files=1), "too_many_files"), (Terms(most_bytes=2 * len(make.PDF) - 1), "quota")]
)
def test_u_06_a_claim_that_is_full_is_refused_before_a_byte_is_sent(signed_in, anna, terms, code):
    tus = Tus(signed_in(anna), make.draft(anna, make.incident(terms=terms)).reference)
    assert tus.send(make.PDF).status_code == 204
    answer = tus.begin(len(make.PDF), "second.pdf")
    assert (answer.status_code, code_of(answer)) == (409, code)


def test_one_person_has_only_so_many_files_on_their_way(tus, settings):
    settings.EVIDENCE_MOST_UNFINISHED = 2
    assert [tus.begin(10).status_code for _each in range(3)] == [201, 201, 409]
    assert code_of(tus.begin(10)) == "too_many_uploads"
    tus.address = f"{tus.base}{Upload.objects.first().pk}/"
    assert tus.drop().status_code == 204
    assert tus.begin(10).status_code == 201


def test_one_person_sends_only_so_much_in_a_day_in_pieces_or_at_once(tus, draft, anna, settings):
    settings.EVIDENCE_BYTES_A_DAY = 2 * len(make.PDF)
    assert tus.send(make.PDF).status_code == 204
    assert tus.begin(len(make.PDF), "b.pdf").status_code == 201  # it is on its way: there is no room beside it
    answer = tus.begin(1, "c.pdf")
    assert (answer.status_code, code_of(answer)) == (409, "daily_quota")
    large = make.upload("d.pdf", make.PDF + b"%")
    answer = tus.client.post(f"/claims/{draft.reference}/documents/", {"file": large}, headers={"HX-Request": "true"})
    assert (answer.status_code, code_of(answer)) == (422, "daily_quota")
    Document.objects.update(received_at=timezone.now() - timedelta(hours=25))
    assert tus.begin(1, "c.pdf").status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "10"}, 412),
        ({"Upload-Length": "10", "Tus-Resumable": "0.2.2"}, 412),
        ({"Tus-Resumable": "1.0.0"}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "-1"}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "٣"}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "9" * 30}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Defer-Length": "1"}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "filename not-base64!"}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "filename /w=="}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "a YQ==,a YQ=="}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "for " + "eA=="}, 400),
        ({"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "answers eA=="}, 400),
    ],
)
def test_what_is_not_the_protocol_begins_nothing(tus, headers, status):
    answer = tus.client.post(tus.base, headers=headers)
    assert answer.status_code == status
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert not Upload.objects.exists()


def test_options_tell_what_this_server_can_do(tus):
    told = tus.client.options(tus.base)
    assert told.status_code == 204
    assert told.headers["Tus-Extension"] == "creation,checksum,expiration,termination"
    assert told.headers["Tus-Max-Size"] == str(25 * 2**20)
    assert "sha1" in told.headers["Tus-Checksum-Algorithm"]


def test_u_44_a_submitted_claim_takes_no_more_files(signed_in, anna, incident):
    tus = Tus(signed_in(anna), make.submitted(anna, incident).reference)
    answer = tus.begin(10)
    assert (answer.status_code, code_of(answer)) == (409, "wrong_state")


# --- pieces ---------------------------------------------------------------------------------------
def test_a_piece_that_begins_elsewhere_is_refused_and_nothing_of_it_kept(tus):
    tus.begin(len(make.PDF))
    assert tus.patch(make.PDF[5:9], 5).status_code == 409
    assert tus.offset() == 0
    assert tus.patch(make.PDF[:5], 0).headers["Upload-Offset"] == "5"
    assert tus.patch(make.PDF[:5], 0).status_code == 409
    assert tus.offset() == 5


def test_a_piece_that_is_no_stream_of_bytes_is_refused(tus):
    tus.begin(10)
    assert tus.patch(b"12345", 0, **{"Content-Type": "application/octet-stream"}).status_code == 415
    assert tus.offset() == 0


@pytest.mark.parametrize("offset", ["", "x", "-1", "1e3"])
def test_an_offset_that_is_no_number_is_refused(tus, offset):
    tus.begin(10)
    assert tus.patch(b"12345", offset).status_code == 400


def test_more_bytes_than_were_announced_are_refused(tus):
    tus.begin(10)
    answer = tus.patch(bytes(11), 0)
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert tus.offset() == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_a_piece_that_does_not_match_its_checksum_leaves_nothing(tus, algorithm):
    def checksum(data):
        return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"

    tus.begin(len(make.PDF))
    assert tus.patch(make.PDF[:9], 0, **{"Upload-Checksum": checksum(b"other")}).status_code == 460
    assert tus.offset() == 0
    assert resuming.part_of(Upload.objects.get()).stat().st_size == 0
    assert tus.patch(make.PDF[:9], 0, **{"Upload-Checksum": checksum(make.PDF[:9])}).status_code == 204
    assert tus.patch(make.PDF[9:], 9, **{"Upload-Checksum": "crc32 AAAA"}).status_code == 400
    assert tus.patch(make.PDF[9:], 9, **{"Upload-Checksum": "sha1 not base64!"}).status_code == 400
    assert tus.patch(make.PDF[9:], 9).status_code == 204
    assert Document.objects.get().sha256 == hashlib.sha256(make.PDF).hexdigest()


def test_two_pieces_at_once_do_not_mix(tus):
    tus.begin(len(make.PDF))
    with resuming.alone_with(Upload.objects.get()):
        assert tus.offset() == 423
        assert tus.patch(make.PDF, 0).status_code == 423
        assert tus.drop().status_code == 423
    assert tus.patch(make.PDF, 0).status_code == 204


def test_a_dead_connection_holds_nobody_up_and_what_it_still_brings_counts_for_nothing(tus, draft):
    tus.begin(len(make.PDF))
    tus.patch(make.PDF[:50], 0)
    upload = Upload.objects.get()

    class Stalled(io.BytesIO):
        """Its reader waits; meanwhile the client, who knows that the connection is dead, goes on with another one."""

        def read(self, size=-1):
            if self.tell() == 0:
                assert tus.offset() == 423
                os.utime(resuming.part_of(upload), (0, 0))
                assert tus.offset() == 50
                assert tus.patch(make.PDF[50:], 50).status_code == 204
            return super().read(size)

    with pytest.raises(resuming.Busy):
        resuming.append(upload, Stalled(bytes(20)), offset=50, length=20)
    assert draft.attachments.get().document.sha256 == hashlib.sha256(make.PDF).hexdigest()
    assert blobs.path(hashlib.sha256(make.PDF).hexdigest()).read_bytes() == make.PDF


class Cut(io.BytesIO):
    """A body whose connection is lost after its bytes."""

    def read(self, size=-1):
        data = super().read(size)
        if not data:
            raise ConnectionResetError
        return data


def test_u_04_what_came_before_the_connection_broke_is_kept_and_the_rest_follows(tus, anna):
    tus.begin(len(make.PDF))
    upload = Upload.objects.get()
    resuming.append(upload, Cut(make.PDF[:50]), offset=0, length=len(make.PDF))
    assert tus.offset() == 50
    assert tus.patch(make.PDF[50:], 50).status_code == 204
    assert Document.objects.get().sha256 == hashlib.sha256(make.PDF).hexdigest()


def test_bytes_that_were_never_acknowledged_are_cut_off(tus):
    tus.begin(len(make.PDF))
    tus.patch(make.PDF[:50], 0)
    with resuming.part_of(Upload.objects.get()).open("ab") as part:
        part.write(b"of a process that died")
    assert tus.offset() == 50
    tus.patch(make.PDF[50:], 50)
    assert Document.objects.get().sha256 == hashlib.sha256(make.PDF).hexdigest()


def test_u_47_a_full_disk_says_so_and_keeps_what_was_acknowledged(tus, monkeypatch):
    tus.begin(len(make.PDF))
    tus.patch(make.PDF[:50], 0)

    def full(_handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(resuming.os, "fsync", full)
        answer = tus.patch(make.PDF[50:], 50)
    assert (answer.status_code, code_of(answer)) == (507, "storage_full")
    assert tus.offset() == 50
    assert tus.patch(make.PDF[50:], 50).status_code == 204


# --- whole ----------------------------------------------------------------------------------------
def test_a_whole_file_is_a_document_of_the_claim_and_its_row_says_so(tus, draft):
    assert tus.send(make.PDF, "my invoice.pdf").status_code == 204
    document = draft.attachments.get().document
    assert (document.name, document.size, document.state) == ("my invoice.pdf", len(make.PDF), "pending")
    assert blobs.path(document.sha256).read_bytes() == make.PDF
    assert f'id="document-{document.pk}"' in tus.row().content.decode()


def test_a_file_that_is_whole_already_stays_one_document(tus, draft):
    tus.send(make.PDF)
    assert tus.offset() == len(make.PDF)
    assert tus.patch(b"x", len(make.PDF)).status_code == 409
    for _again in range(2):
        assert tus.row().status_code == 200
    assert draft.attachments.count() == 1


def test_a_process_that_died_between_the_last_byte_and_the_document_loses_nothing(tus, draft):
    tus.begin(len(make.PDF))
    resuming.append(Upload.objects.get(), io.BytesIO(make.PDF), offset=0, length=len(make.PDF))
    assert not draft.attachments.exists()
    assert tus.offset() == len(make.PDF)
    assert tus.row().status_code == 200
    assert draft.attachments.get().document.sha256 == hashlib.sha256(make.PDF).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [("a.pdf", files.EXE, 415, "type_not_allowed"), ("foto.jpg", files.HTML, 415, "content_mismatch")],
)
def test_u_07_u_08_what_the_door_refuses_is_refused_with_the_last_byte_and_stays_so(
    tus, django_capture_on_commit_callbacks, name, content, status, code
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = tus.send(content, name)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert name in answer.content.decode()
    assert (tus.row().status_code, code_of(tus.row())) == (status, code)
    assert not Document.objects.exists()
    assert list(blobs.resumable().iterdir()) == []


def test_r_17_pieces_of_two_files_cannot_pass_the_quota_together(signed_in, anna):
    claim = make.draft(anna, make.incident(terms=Terms(most_files=1)))
    first, second = Tus(signed_in(anna), claim.reference), Tus(signed_in(anna), claim.reference)
    first.begin(len(make.PDF))
    second.begin(len(make.PDF))  # both found room when they were begun
    assert first.patch(make.PDF, 0).status_code == 204
    answer = second.patch(make.PDF, 0)
    assert (answer.status_code, code_of(answer)) == (409, "too_many_files")
    assert claim.attachments.count() == 1


LIGHT = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def test_any_way_to_cut_a_file_makes_the_same_document(anna, draft):
    content = make.PDF + bytes(range(256)) * 700

    @LIGHT
    @given(cuts=st.sets(st.integers(1, len(content) - 1), max_size=6), losses=st.booleans())
    def cut(cuts, losses):
        upload = resuming.begin(by=anna, name="a.pdf", size=len(content), purpose="test", details={})
        edges = [0, *sorted(cuts), len(content)]
        for start, end in itertools.pairwise(edges):
            body, length = content[start:end], (len(content) if losses else end) - start
            resuming.append(upload, Cut(body), offset=start, length=length)
        assert upload.sha256 == hashlib.sha256(content).hexdigest()
        assert resuming.part_of(upload).read_bytes() == content
        resuming.drop(upload)

    cut()


# --- the end --------------------------------------------------------------------------------------
def test_a_cancelled_upload_is_gone_with_its_bytes(tus, django_capture_on_commit_callbacks):
    tus.begin(10)
    tus.patch(b"12345", 0)
    with django_capture_on_commit_callbacks(execute=True):
        assert tus.drop().status_code == 204
    assert tus.offset() == 404
    assert list(blobs.resumable().iterdir()) == []


def test_cancelling_what_became_a_document_leaves_the_document(tus, draft):
    tus.send(make.PDF)
    assert tus.drop().status_code == 204
    assert draft.attachments.count() == 1


def test_an_expired_upload_is_gone_and_swept(tus, django_capture_on_commit_callbacks):
    tus.begin(10)
    Upload.objects.update(expires_at=timezone.now())
    assert tus.offset() == 410
    assert tus.patch(b"12345", 0).status_code == 410
    with django_capture_on_commit_callbacks(execute=True):
        assert resuming.sweep(timezone.now(), 0) == 1
    assert (list(blobs.resumable().iterdir()), Upload.objects.count()) == ([], 0)


def test_the_sweeper_leaves_what_may_be_resumed_and_takes_what_nobody_knows(tus):
    tus.begin(10)
    stray = blobs.resumable() / "of-nobody"
    stray.write_bytes(b"1")
    assert resuming.sweep(timezone.now(), timezone.now().timestamp() + 10) == 1
    assert not stray.exists()
    assert tus.patch(b"12345", 0).status_code == 204


def test_nobody_else_reaches_an_upload(tus, signed_in, bruno, draft):
    tus.begin(10)
    stranger = Tus(signed_in(bruno), draft.reference)
    stranger.address = tus.address
    assert (stranger.offset(), stranger.patch(b"12345", 0).status_code, stranger.drop().status_code) == (404, 404, 404)
    assert Upload.objects.get().offset == 0


def test_a_network_without_patch_says_what_it_means_in_a_header(tus, draft):
    tus.begin(len(make.PDF))
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = tus.client.post(tus.address, make.PDF, content_type="application/offset+octet-stream", headers=headers)
    assert answer.status_code == 204
    assert draft.attachments.count() == 1
