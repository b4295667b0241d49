"""What crashes leave behind is swept; what is in use never is."""

import os
import threading
import time

import pytest
from django.db import connection, transaction

from evidence import blobs
from evidence.intake import store
from evidence.models import Document
from evidence.sweeping import GRACE, remove, sweep
from evidence.uploading import StreamedUpload
from tests.evidence import files


def age(path):
    os.utime(path, (time.time() - GRACE - 1,) * 2)
    return path


def test_bytes_without_a_row_are_swept_after_an_hour(hand_in):
    document = hand_in("a.txt", b"hello")
    path = blobs.path(document.sha256)
    Document.objects.filter(pk=document.pk).delete()
    assert sweep() == 0
    age(path)
    assert sweep() == 1
    assert not path.exists()


def test_bytes_with_a_row_are_never_swept(judged):
    document = judged("a.jpg", files.picture())
    for path in (blobs.path(document.sha256), blobs.preview_path(document.sha256)):
        age(path)
    assert sweep() == 0
    assert sweep(now=time.time() + 10**9) == 0
    assert blobs.preview_path(document.sha256).exists()


def test_a_preview_goes_with_its_original(judged):
    document = judged("a.jpg", files.picture())
    paths = [age(blobs.path(document.sha256)), age(blobs.preview_path(document.sha256))]
    Document.objects.filter(pk=document.pk).delete()
    sweep()
    assert [path.exists() for path in paths] == [False, False]


def test_parts_of_dead_requests_are_swept_and_those_of_living_ones_are_not(db):
    dead, living = blobs.temporary(), blobs.temporary()
    age(dead.name)
    assert sweep() == 1
    assert [os.path.exists(part.name) for part in (dead, living)] == [False, True]
    for part in (dead, living):
        blobs.discard(part)


def test_an_empty_storage_is_swept_too(db):
    assert sweep() == 0


@pytest.mark.django_db(transaction=True)
def test_bytes_that_are_stored_again_this_moment_are_not_swept(anna):
    """The sweeper found them without a row; before it removes them somebody hands the same file in."""
    upload = StreamedUpload.of("a.txt", [b"hello"])
    outcome = []

    def sweeper():
        try:
            outcome.append(remove(upload.sha256))
        finally:
            connection.close()

    with transaction.atomic():
        document = store(upload, by=anna)
        thread = threading.Thread(target=sweeper)
        thread.start()
        wait_for_lock()
        assert outcome == []
    thread.join()
    upload.close()
    assert outcome == [False]
    assert blobs.path(document.sha256).exists()


def wait_for_lock():
    """Until another session waits for an advisory lock."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_a_write_is_whole_or_nothing(tmp_path, monkeypatch):
    target = blobs.root() / "previews" / "aa" / "bb" / "x.jpg"
    blobs.write(target, b"whole")
    monkeypatch.setattr(blobs.os, "fsync", lambda _handle: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        blobs.write(target, b"half")
    assert target.read_bytes() == b"whole"
    assert list(blobs.incoming().glob("*")) == []
