"""A folder and a bucket: whatever the storage is, it keeps the same promises."""

import os
import time
import urllib.request
from itertools import count

import pytest

from config.storage import storage_of
from evidence import blobs, moving
from evidence import bucket as buckets
from evidence.intake import store
from evidence.scanning import scan_batch
from evidence.uploading import StreamedUpload
from tests.storage import s3

NUMBERS = count(1)
QUICK = {"connect_timeout": 1, "read_timeout": 1, "retries": {"mode": "standard", "total_max_attempts": 1}}


@pytest.fixture(scope="session")
def only_server():
    with s3.running() as server:
        yield server


@pytest.fixture
def server(only_server, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(buckets, "WORKER", QUICK)
    monkeypatch.setattr(buckets, "REQUEST", QUICK)
    only_server.asked.clear()
    yield only_server
    only_server.fault = None


@pytest.fixture
def into_bucket(server, settings):
    """into_bucket(more="") makes a new bucket and gives originals to it; `more` is added to STORAGE_URL."""
    made = []

    def go(more=""):
        url = f"s3://evidence-{os.getpid()}-{next(NUMBERS)}/some/place?endpoint={server.url}{more}"
        _root, entries = storage_of(url, blobs.root())
        settings.STORAGES = {**settings.STORAGES, **entries}
        blobs.bucket().client.create_bucket(Bucket=blobs.bucket().bucket_name)
        server.asked.clear()
        made.append(blobs.bucket())
        return made[-1]

    yield go
    for bucket in made:
        for each in (bucket, bucket.hurried, bucket.shown):
            each.connection.meta.client.close()


@pytest.fixture
def bucket(into_bucket):
    return into_bucket()


@pytest.fixture(params=["folder", "bucket"])
def storage(request):
    """Either of them; the Bucket or None."""
    return request.getfixturevalue("bucket") if request.param == "bucket" else None


@pytest.fixture
def hand_in(anna):
    """hand_in(name, content) is anna's document, judged and where it belongs."""

    def go(name="a.txt", content=b"hello", *, judge=True, move=True):
        upload = StreamedUpload.of(name, [content])
        try:
            document = store(upload, by=anna)
        finally:
            upload.close()
        if judge:
            assert scan_batch() == 1
            document.refresh_from_db()
            if move:
                moving.move_batch()
        return document

    return go


@pytest.fixture
def read():
    """read(document) is what everybody who reads the original gets."""

    def go(document):
        with blobs.local(document.sha256) as path:
            return path.read_bytes()

    return go


@pytest.fixture
def body_of():
    """body_of(response) is what a browser ends up with."""

    def go(response):
        if response.status_code == 302:
            with urllib.request.urlopen(response.headers["Location"]) as answer:
                return answer.read()
        body = b"".join(response.streaming_content) if response.streaming else response.content
        for close in getattr(response, "_resource_closers", ()):
            close()
        return body

    return go


@pytest.fixture
def left_behind():
    """The files of the folder that are neither originals nor previews or pages."""
    return lambda: sorted(path.name for path in blobs.incoming().glob("*"))


@pytest.fixture
def a_day_later():
    return time.time() + 86_400
