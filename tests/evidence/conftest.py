"""A file goes in at the door, is judged, and comes out: the three steps every test here takes."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from evidence import blobs
from evidence.intake import store
from evidence.scanning import scan_batch
from evidence.uploading import StreamedUpload
from tests.evidence import clamd


@pytest.fixture
def hand_in(anna):
    """hand_in(name, content) is anna's pending document; raises FileRefused at the door."""
    uploads = []

    def go(name, content, by=anna):
        uploads.append(StreamedUpload.of(name, [content]))
        return store(uploads[-1], by=by)

    yield go
    for upload in uploads:
        upload.close()


@pytest.fixture
def judged(hand_in):
    """judged(name, content) is anna's document with its verdict."""

    def go(name, content, by=None):
        document = hand_in(name, content, **({"by": by} if by else {}))
        assert scan_batch() == 1
        document.refresh_from_db()
        return document

    return go


@pytest.fixture
def scanner(settings):
    """A clamd that works until its `.behaviour` is changed."""
    with clamd.running() as server:
        settings.CLAMD_URL = server.url
        yield server


@pytest.fixture
def request_with():
    """request_with({field: (name, content)}, program=False) is a request that has not been read yet."""
    made = []

    def go(files, program=False, **fields):
        data = {field: SimpleUploadedFile("x", content) for field, (_name, content) in files.items()}
        for field, (name, _content) in files.items():
            data[field].file = io.BytesIO(data[field].read())
            data[field]._name = name
        more = {"headers": {"Authorization": "Bearer token"}} if program else {}
        made.append(RequestFactory().post("/", {**fields, **data}, **more))
        return made[-1]

    yield go
    for request in made:
        request.close()


@pytest.fixture
def parts():
    """The names of files that requests left on the storage's disk."""
    return lambda: sorted(path.name for path in blobs.incoming().glob("*"))
