"""What the storage promises, whichever it is: each test runs on a folder and on a bucket."""

import hashlib
import io
import shutil
import zipfile

import pytest

from claims.actions import archiving, attachments, bundles, reading_room, uploads
from claims.rules.errors import Refused
from evidence import blobs, comparing, deleting, delivery, leaves, moving, reading, rescanning, resuming, sweeping
from evidence.errors import FileRefused
from evidence.models import Content, DeletedFile, Document, Reading
from evidence.scanning import scan_batch
from evidence.uploading import StreamedUpload
from tests import make
from tests.evidence import clamd, files
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db


def test_what_is_handed_in_is_read_back_the_same(storage, hand_in, read, left_behind):
    document = hand_in(content=b"word " * 5000)
    assert read(document) == b"word " * 5000
    assert blobs.hash_of(document.sha256) == document.sha256
    assert blobs.lost([document.sha256]) == set()
    assert left_behind() == []
    assert_laws_hold()


def test_the_same_file_is_stored_once(storage, hand_in, read):
    first, second = hand_in(), hand_in()
    assert first.sha256 == second.sha256
    assert read(first) == read(second) == b"hello"
    if storage:
        assert storage.versions(first.sha256) == ["null"]
    assert_laws_hold()


def test_a_file_that_is_nowhere_is_missing_and_nothing_else(storage, read, anna):
    document = make.document(anna)
    moving.move_batch()
    blobs.delete(document.sha256)
    if storage:
        storage.remove(document.sha256)
    assert blobs.hash_of(document.sha256) == ""
    assert blobs.lost([document.sha256]) == {document.sha256}
    with pytest.raises(FileNotFoundError):
        read(document)
    with pytest.raises(FileRefused, match="missing"):
        delivery.deliver(document, by=anna, why="test")
    assert not Reading.objects.exists()


def test_a_download_gives_the_bytes_and_says_who_got_them(storage, hand_in, rita, body_of):
    document = hand_in()
    response = delivery.deliver(document, by=rita, why="review")
    assert body_of(response) == b"hello"
    assert set(response.headers["Cache-Control"].split(", ")) == {"private", "no-store"}
    reading = Reading.objects.get()
    assert (reading.document, reading.reader, reading.how, reading.why) == (document, rita, "download", "review")


def test_text_facts_pages_and_fingerprints_are_taken_of_it(storage, hand_in, left_behind):
    document = hand_in("a.pdf", files.pdf(pages=2))
    Content.objects.get_or_create(sha256=document.sha256, defaults={"media_type": document.media_type})
    assert reading.read_batch() == 1
    assert Content.objects.get().read_at
    leaves.want([document])
    assert leaves.render_batch() == 1
    assert blobs.leaf_path(document.sha256, 2).is_file()
    assert comparing.print_batch() == 1
    assert left_behind() == []


def test_it_is_scanned_again_when_the_scanner_learnt_more(storage, hand_in, settings):
    document = hand_in()
    with clamd.running() as scanner:
        settings.CLAMD_URL = scanner.url
        assert rescanning.rescan_batch() == 1
    document.refresh_from_db()
    assert (document.state, document.scanned) == ("clean", True)


def test_an_archive_of_a_case_holds_it(storage, anna, incident, mara, left_behind):
    claim = make.submitted(anna, incident)
    moving.move_batch()
    _name, pieces = archiving.archive(claim.reference, by=mara)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        (name,) = [name for name in archive.namelist() if not name.startswith("manifest")]
        assert archive.read(name) == make.PDF
    assert left_behind() == []


def test_an_archive_names_what_is_missing(storage, anna, incident, mara):
    claim = make.submitted(anna, incident)
    sha256 = claim.attachments.get().document.sha256
    blobs.delete(sha256)
    _name, pieces = archiving.archive(claim.reference, by=mara)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert b'"missing"' in archive.read("manifest.json")


def test_a_hash_is_computed_again(storage, anna, incident, mara):
    claim = make.submitted(anna, incident)
    moving.move_batch()
    document = claim.attachments.get().document
    assert reading_room.recompute(claim.reference, document.pk, by=mara) is True
    blobs.delete(document.sha256)
    if storage:
        storage.remove(document.sha256)
    assert reading_room.recompute(claim.reference, document.pk, by=mara) is False


def test_a_bundle_is_bound_of_it(storage, anna, incident, mara):
    claim = make.submitted(anna, incident)
    moving.move_batch()
    bundle = bundles.request_bundle(claim.reference, by=mara)
    sha256 = claim.attachments.get().document.sha256
    assert bundles.pictured(sha256, "application/pdf")[1] >= 1
    assert [each["state"] for each in bundle.manifest["documents"]] == ["clean"]


def test_a_file_in_pieces_ends_where_the_others_do(storage, anna, incident, read):
    claim = make.draft(anna, incident)
    upload = uploads.begin(claim.reference, by=anna, name="a.pdf", size=len(make.PDF))
    resuming.append(upload, io.BytesIO(make.PDF), offset=0, length=len(make.PDF))
    uploads.finish(claim, upload.pk, by=anna)
    document = claim.attachments.get().document
    assert scan_batch() == 1
    moving.move_batch()
    assert read(document) == make.PDF
    assert blobs.path(document.sha256).is_file() == (storage is None)


def test_a_storage_gone_in_mid_upload_is_told_and_nothing_is_half_stored(storage, anna, incident):
    claim = make.draft(anna, incident)
    upload = StreamedUpload("a.pdf")
    upload.take(make.PDF[:100])
    shutil.rmtree(blobs.root())
    upload.take(make.PDF[100:])
    with pytest.raises(Refused) as refused:
        attachments.attach(claim.reference, upload.ready(), by=anna)
    upload.close()
    assert (refused.value.status, refused.value.code) == (503, "storage_away")
    assert not Document.objects.exists()
    assert moving.move_batch() == 0


@pytest.mark.parametrize("gone", ["the folder", "the disk"])
def test_a_storage_gone_between_two_pieces_is_told_too(storage, anna, incident, gone):
    claim = make.draft(anna, incident)
    upload = uploads.begin(claim.reference, by=anna, name="a.pdf", size=len(make.PDF))
    resuming.append(upload, io.BytesIO(make.PDF[:100]), offset=0, length=100)
    shutil.rmtree(blobs.root())
    if gone == "the disk":
        blobs.root().write_text("no folder")
    said = FileNotFoundError if gone == "the folder" else FileRefused  # 410: begin again; 503: later
    with pytest.raises(said) as refused:
        resuming.append(upload, io.BytesIO(make.PDF[100:]), offset=100, length=len(make.PDF) - 100)
    assert gone == "the folder" or (refused.value.status, refused.value.code) == (503, "storage_away")
    upload.refresh_from_db()
    assert upload.offset == 100


def test_a_deletion_is_proven(storage, anna, incident, hand_in):
    document = hand_in("a.pdf", make.PDF)
    deleting.order([document], rule="test", days=1, why="a test")
    assert deleting.delete_batch() == 1
    row = DeletedFile.objects.get()
    assert (row.outcome, row.hash_before, row.versions) == ("gone", document.sha256, 1 if storage else 0)
    assert blobs.hash_of(document.sha256) == ""
    assert blobs.left_of(document.sha256) == []
    assert storage is None or storage.left_of(document.sha256) == []


def test_a_deletion_keeps_what_another_document_shares(storage, hand_in, read):
    document, other = hand_in(), hand_in()
    deleting.order([document], rule="test", days=1, why="a test")
    assert deleting.delete_batch() == 1
    assert DeletedFile.objects.get().outcome == "shared"
    assert read(other) == b"hello"


def test_bytes_without_a_row_are_swept(storage, hand_in, read, a_day_later):
    orphan, kept = hand_in(content=b"nobody's"), hand_in(content=b"somebody's")
    Document.objects.filter(pk=orphan.pk).delete()
    assert sweeping.sweep() == 0
    assert sweeping.sweep(now=a_day_later) == 1
    assert blobs.hash_of(orphan.sha256) == ""
    assert read(kept) == b"somebody's"


def test_what_did_not_pass_is_never_handed_out(storage, hand_in, rita):
    pending = hand_in(judge=False)
    moving.move_batch()
    assert blobs.path(pending.sha256).is_file()
    Document.objects.filter(pk=pending.pk).update(state="refused", reason="malware", judged_at=pending.received_at)
    moving.move_batch()
    pending.refresh_from_db()
    with pytest.raises(FileRefused) as refused:
        delivery.deliver(pending, by=rita, why="review")
    assert (refused.value.status, refused.value.code) == (403, "refused_file")


def test_the_referee_sees_changed_missing_and_forgotten_bytes(storage, hand_in):
    document = hand_in()
    assert_laws_hold()
    if storage:
        storage.client.put_object(**storage.at(document.sha256), Body=b"other")
    else:
        blobs.path(document.sha256).write_bytes(b"other")
    with pytest.raises(AssertionError, match="changed"):
        assert_laws_hold()
    blobs.delete(document.sha256)
    if storage:
        storage.remove(document.sha256)
    with pytest.raises(AssertionError, match="missing"):
        assert_laws_hold()


def test_it_is_named_by_its_hash_only(storage, hand_in):
    document = hand_in("her-name.txt")
    digest = hashlib.sha256(b"hello").hexdigest()
    if storage:
        listed = storage.client.list_objects_v2(Bucket=storage.bucket_name)["Contents"]
        assert [each["Key"] for each in listed] == [f"some/place/sha256/{digest[:2]}/{digest[2:4]}/{digest}"]
    else:
        assert blobs.path(document.sha256).name == digest
