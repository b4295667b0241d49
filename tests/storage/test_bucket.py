"""The bucket: written once, read back, never asked inside a transaction; whatever its server does, nothing is lost."""

import errno
import logging

import pytest
from botocore.exceptions import ClientError
from django.db import connection, transaction

from evidence import blobs, deleting, moving, sweeping
from evidence import bucket as buckets
from evidence.bucket import Spoilt
from evidence.errors import StorageAway
from evidence.models import DeletedFile, Document
from tests import make
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(bucket, hand_in):
    """A judged document whose bytes are still in the folder."""
    return hand_in(move=False)


def is_here(document):
    return blobs.path(document.sha256).is_file()


# --- written once
def test_only_what_is_judged_leaves_the_folder(bucket, hand_in, server):
    document = hand_in(judge=False)
    assert moving.move_batch() == 0
    assert is_here(document)
    assert server.calls("PUT") == []
    Document.objects.update(state="refused", reason="malware", judged_at=document.received_at)
    assert moving.move_batch() == 1
    assert not is_here(document)
    assert bucket.size_of(document.sha256) == 5


def test_empty_folders_are_taken_away_with_the_last_original(bucket, hand_in):
    hand_in()
    assert list((blobs.root() / "sha256").glob("*")) == []


def test_a_folder_taken_away_in_between_is_made_again(waiting, monkeypatch, anna):
    real, times = blobs.folder, []

    def taken(wanted, **more):
        made = real(wanted, **more)
        if "sha256" in str(wanted) and not times.append(wanted) and len(times) == 1:
            made.rmdir()
        return made

    moving.move_batch()
    monkeypatch.setattr(blobs, "folder", taken)
    assert is_here(make.document(anna, content=b"another"))


def test_other_bytes_under_the_name_are_never_overwritten(waiting, bucket, caplog):
    bucket.client.put_object(**bucket.at(waiting.sha256), Body=b"other")
    assert moving.move_batch() == 0
    assert is_here(waiting)
    assert bucket.hash_of(waiting.sha256) not in ("", waiting.sha256)
    assert "is not what lies in the bucket" in caplog.text


def test_who_comes_second_does_not_overwrite_the_first(waiting, bucket, monkeypatch):
    bucket.client.put_object(**bucket.at(waiting.sha256), Body=b"other")
    monkeypatch.setattr(bucket, "size_of", lambda _sha256: None)
    with pytest.raises(Spoilt):
        bucket.put(waiting.sha256, blobs.path(waiting.sha256))
    body = bucket.client.get_object(**bucket.at(waiting.sha256))["Body"]
    assert body.read() == b"other"


def test_a_server_that_knows_no_conditions_is_good_enough(waiting, bucket, server):
    server.fault = ("PUT", "501", 1)
    assert moving.move_batch() == 1
    assert bucket.hash_of(waiting.sha256) == waiting.sha256


def test_spoilt_bytes_in_the_folder_are_not_moved(waiting, bucket, caplog):
    blobs.path(waiting.sha256).write_bytes(b"spoilt")
    assert moving.move_batch() == 0
    assert bucket.size_of(waiting.sha256) is None
    assert "not what was handed in" in caplog.text


def test_what_arrives_damaged_is_removed_and_sent_again(waiting, bucket, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(
            bucket, "write", lambda sha256, _path, _c: bucket.client.put_object(**bucket.at(sha256), Body=b"?")
        )
        assert moving.move_batch() == 0
    assert bucket.size_of(waiting.sha256) is None
    assert is_here(waiting)
    assert moving.move_batch() == 1


# --- large files
@pytest.fixture
def large(bucket, anna, monkeypatch):
    monkeypatch.setattr(buckets, "PART", 5 * 2**20)
    return make.document(anna, content=bytes(11 * 2**20), name="a.txt", media_type="text/plain")


def test_a_large_file_goes_in_parts_and_takes_the_memory_of_one(large, bucket, server, monkeypatch):
    sizes, real = [], bucket.client.upload_part
    monkeypatch.setattr(bucket.client, "upload_part", lambda **more: sizes.append(len(more["Body"])) or real(**more))
    assert moving.move_batch() == 1
    assert [address.rpartition("partNumber=")[2][:1] for address in server.calls("PUT")] == ["1", "2", "3"]
    assert sizes == [5 * 2**20, 5 * 2**20, 2**20]
    assert bucket.hash_of(large.sha256) == large.sha256


def test_a_large_file_that_fails_on_the_way_leaves_nothing(large, bucket, server):
    server.fault = ("PUT", "500", 10, "partNumber=2")
    assert moving.move_batch() == 0
    server.fault = None
    assert is_here(large)
    assert bucket.left_of(large.sha256) == []
    assert moving.move_batch() == 1


def test_what_could_not_be_taken_back_is_swept_and_keeps_a_deletion_from_being_proven(large, bucket, a_day_later):
    begun = bucket.client.create_multipart_upload(**bucket.at(large.sha256))["UploadId"]
    assert bucket.left_of(large.sha256) == [f"bucket: upload {begun}"]
    assert bucket.abandoned(before=0) == 0
    assert sweeping.sweep(now=a_day_later) == 1
    assert bucket.left_of(large.sha256) == []


def test_the_last_step_of_a_large_file_overwrites_nothing_either(large, bucket):
    bucket.client.put_object(**bucket.at(large.sha256), Body=b"other")
    assert bucket.written(large.sha256, blobs.path(large.sha256)) is False
    assert bucket.size_of(large.sha256) == 5
    assert bucket.left_of(large.sha256) == ["bucket: version null"]


# --- a server in trouble
@pytest.mark.parametrize("method", ["HEAD", "PUT", "GET"])
@pytest.mark.parametrize("how", ["500", "hang"])
def test_a_server_in_trouble_keeps_originals_waiting(waiting, bucket, server, read, method, how, caplog):
    server.fault = (method, how)
    assert moving.move_batch() == 0
    assert is_here(waiting)
    assert read(waiting) == b"hello"
    assert "wait in the folder" in caplog.text
    server.fault = None
    assert moving.move_batch() == 1
    assert read(waiting) == b"hello"


def test_an_answer_that_breaks_off_is_no_file(bucket, hand_in, server, read, left_behind):
    document = hand_in(content=b"word " * 100_000)
    server.fault = ("GET", "half")
    with pytest.raises(StorageAway):
        read(document)
    with pytest.raises(StorageAway):
        blobs.hash_of(document.sha256)
    assert left_behind() == []
    server.fault = None
    assert read(document) == b"word " * 100_000


def test_one_error_is_asked_again_within_the_turn(waiting, into_bucket, server, monkeypatch):
    again = {**buckets.WORKER, "retries": {"mode": "standard", "total_max_attempts": 2}}
    monkeypatch.setattr(buckets, "WORKER", again)
    into_bucket()
    server.fault = ("PUT", "503", 1)
    assert moving.move_batch() == 1


def test_a_bucket_that_is_gone_is_away_and_not_empty(bucket, hand_in, read):
    document = hand_in()
    bucket.remove(document.sha256)
    bucket.client.delete_bucket(Bucket=bucket.bucket_name)
    for ask in (read, lambda each: blobs.hash_of(each.sha256), lambda each: bucket.left_of(each.sha256)):
        with pytest.raises(StorageAway):
            ask(document)
    with pytest.raises(StorageAway):
        bucket.answers()


def test_a_full_disk_here_is_not_the_servers_fault(bucket, hand_in, monkeypatch, read, left_behind):
    document = hand_in()

    def full(_sha256, _file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bucket, "fetch", full)
    with pytest.raises(OSError, match="No space") as error:
        read(document)
    assert not isinstance(error.value, StorageAway)
    assert left_behind() == []


def test_it_is_never_asked_inside_a_transaction(bucket, server):
    for ask in (bucket.size_of, bucket.hash_of, bucket.remove, bucket.left_of, lambda _sha256: bucket.answers()):
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            ask("ab" * 32)
    assert server.asked == []


# --- gone
def test_every_version_and_every_marker_goes_and_the_proof_says_how_many(bucket, hand_in):
    bucket.client.put_bucket_versioning(Bucket=bucket.bucket_name, VersioningConfiguration={"Status": "Enabled"})
    document = hand_in()
    bucket.client.delete_object(**bucket.at(document.sha256))
    bucket.client.put_object(**bucket.at(document.sha256), Body=b"hello")
    assert len(bucket.left_of(document.sha256)) == 3
    proven(document)
    assert DeletedFile.objects.get().versions == 3
    assert bucket.left_of(document.sha256) == []


def proven(document):
    deleting.order([document], rule="test", days=1, why="a test")
    assert deleting.delete_batch() == 1
    assert DeletedFile.objects.get().outcome == "gone"


def test_a_server_that_knows_neither_versions_nor_begun_uploads_deletes_and_proves_it_all_the_same(
    bucket, hand_in, server
):
    document = hand_in()
    server.fault = ("GET", "501", 10**9, "s&prefix")
    assert bucket.left_of(document.sha256) == ["bucket: version without a name"]
    assert bucket.abandoned(2e9) == 0
    proven(document)
    assert bucket.size_of(document.sha256) is None
    server.fault = ("GET", "500", 10**9, "versions&prefix")
    with pytest.raises(StorageAway):
        bucket.left_of(document.sha256)


def test_only_the_marker_of_somebody_else_is_no_proof(bucket, hand_in):
    bucket.client.put_bucket_versioning(Bucket=bucket.bucket_name, VersioningConfiguration={"Status": "Enabled"})
    document = hand_in()
    bucket.client.delete_object(**bucket.at(document.sha256))
    assert bucket.size_of(document.sha256) is None
    assert len(bucket.left_of(document.sha256)) == 2
    proven(document)
    assert bucket.left_of(document.sha256) == []


@pytest.mark.parametrize(
    "fault", [("DELETE", "500"), ("DELETE", "hang"), ("GET", "500"), ("GET", "500", 9, "versions")]
)
def test_a_removal_that_fails_waits_and_is_done_by_the_next_turn(bucket, hand_in, server, fault):
    document = hand_in()
    deleting.order([document], rule="test", days=1, why="a test")
    server.fault = fault
    assert deleting.delete_batch() == 0
    row = DeletedFile.objects.get()
    assert (row.outcome, row.tries, row.absent_at) == ("waiting", 1, None)
    assert row.last_error
    server.fault = None
    assert deleting.delete_batch() == 1
    assert DeletedFile.objects.get().hash_before == document.sha256
    assert bucket.left_of(document.sha256) == []


def test_a_bucket_that_only_says_so_is_not_believed(bucket, hand_in, monkeypatch):
    document = hand_in()
    deleting.order([document], rule="test", days=1, why="a test")
    with monkeypatch.context() as patched:
        patched.setattr(bucket, "remove", lambda _sha256: None)
        assert deleting.delete_batch() == 0
    assert "still there after its removal: ['bucket: version null']" in DeletedFile.objects.get().last_error
    assert deleting.delete_batch() == 1


def test_bytes_handed_in_again_while_they_go_are_kept(bucket, hand_in, monkeypatch, read):
    document, real = hand_in(), bucket.remove
    deleting.order([document], rule="test", days=1, why="a test")

    def meanwhile(sha256):
        hand_in(move=False)
        real(sha256)

    monkeypatch.setattr(bucket, "remove", meanwhile)
    assert deleting.delete_batch() == 1
    assert DeletedFile.objects.get().outcome == "shared"
    again = Document.objects.clean().get()
    assert read(again) == b"hello"
    assert moving.move_batch() == 1
    assert read(again) == b"hello"
    assert_laws_hold()


@pytest.fixture
def somebody_else():
    """somebody_else(sha256) works on these bytes on the storage, in a session of their own, until the test ends."""
    other = connection.copy()

    def go(sha256):
        with other.cursor() as cursor:
            key = int.from_bytes(bytes.fromhex(sha256[:8]), signed=True)
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [moving.STORAGE_LOCKS, key])

    yield go
    other.close()


def test_nobody_moves_or_removes_what_somebody_else_is_working_on(waiting, bucket, somebody_else, server):
    somebody_else(waiting.sha256)
    assert moving.move_batch() == 0
    assert is_here(waiting)
    deleting.order([waiting], rule="test", days=1, why="a test")
    assert deleting.delete_batch() == 0
    assert DeletedFile.objects.get().tries == 0
    assert server.asked == []


def test_the_lock_is_given_back(waiting, bucket, somebody_else):
    with moving.alone_with(waiting.sha256) as alone:
        assert alone
    somebody_else(waiting.sha256)


def test_a_denied_request_is_told_as_it_is(bucket, monkeypatch, caplog):
    def denied(**_values):
        raise ClientError(
            {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadBucket"
        )

    monkeypatch.setattr(bucket.hurried.connection.meta.client, "head_bucket", denied)
    with caplog.at_level(logging.ERROR), pytest.raises(StorageAway, match="AccessDenied"):
        bucket.answers()
