"""kill -9 while originals are moved: each is somewhere, whole, at every moment, and the next turn finishes."""

import hashlib
import threading
import time
from itertools import count

import pytest
from django.db import connection, transaction

from evidence import blobs, moving
from evidence.intake import store
from evidence.uploading import StreamedUpload
from tests import make
from tests.evidence.test_sweeping import wait_for_lock
from tests.faults.child import every_step
from tests.referee import assert_laws_hold
from tests.soak import rounds

NUMBERS = count()


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_move_killed_anywhere_loses_nothing_and_is_finished_by_the_next_turn(bucket, anna, read, server):
    def fresh():
        return make.document(anna, content=b"number %d" % next(NUMBERS)), moving.move_batch

    killed, methods = 0, set()
    for step, document in every_step(fresh, by=rounds(1, 1)):
        killed += step is not None
        methods |= {method for method, _address in server.asked}
        assert hashlib.sha256(read(document)).hexdigest() == document.sha256
        moved = time.monotonic() + 30  # the server may not have noticed the killed one's locks yet
        while blobs.path(document.sha256).is_file() and time.monotonic() < moved:
            moving.move_batch()
        assert not blobs.path(document.sha256).is_file()
        assert bucket.hash_of(document.sha256) == document.sha256
    assert killed > 5
    assert methods == {"HEAD", "PUT", "GET"}
    assert_laws_hold()


@pytest.mark.django_db(transaction=True)
def test_who_stores_the_same_bytes_reads_them_in_the_folder_until_the_end(bucket, anna, server):
    """A document of these bytes is judged and moved this moment; somebody hands them in again and looks into them."""
    make.document(anna, content=b"hello", name="a.txt", media_type="text/plain")
    upload, moved = StreamedUpload.of("a.txt", [b"hello"]), []

    def mover():
        try:
            moved.append(moving.move_batch())
        finally:
            connection.close()

    with transaction.atomic():
        document = store(upload, by=anna)
        thread = threading.Thread(target=mover)
        thread.start()
        wait_for_lock()
        with blobs.local(document.sha256) as path:
            assert path.read_bytes() == b"hello"
    thread.join()
    upload.close()
    assert moved == [1]
    assert bucket.hash_of(document.sha256) == document.sha256
