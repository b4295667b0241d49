"""A request's body on its way to the disk: limits, broken bodies, full disks, and how little memory it takes."""

import errno
import io
import shutil
import tracemalloc

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http.multipartparser import MultiPartParserError

from evidence import blobs
from evidence.errors import FileRefused
from evidence.intake import store
from evidence.models import Document
from evidence.uploading import FILES_PER_FORM, StreamedUpload
from tests.evidence import files

BOUNDARY = "frontier"
LIMIT = 1024 * 1024


@pytest.fixture(autouse=True)
def small_limit(settings):
    """One megabyte a file, so that limits are met quickly."""
    settings.EVIDENCE_MAX_BYTES = LIMIT


class Body:
    """A multipart body with one file of `size` bytes that is made while it is read, and counts what was read."""

    def __init__(self, size, *, cut=0):
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        self.length = len(head) + size + len(tail)
        self.parts = [head, size, tail]
        self.left = self.length - cut
        self.read_bytes = 0
        self.pending = bytearray()

    def read(self, size=-1):
        wanted = self.left if size is None or size < 0 else min(size, self.left)
        while len(self.pending) < wanted and self.parts:
            part = self.parts[0]
            if isinstance(part, int):
                self.pending += b"x" * min(part, 65536)
                self.parts[0] = part - min(part, 65536)
                if not self.parts[0]:
                    self.parts.pop(0)
            else:
                self.pending += self.parts.pop(0)
        data, self.pending = bytes(self.pending[:wanted]), self.pending[wanted:]
        self.left -= len(data)
        self.read_bytes += len(data)
        return data

    readline = read


def request_of(body, *, program=False, length=None):
    environ = {
        "REQUEST_METHOD": "POST",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "CONTENT_LENGTH": str(body.length if length is None else length),
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
        **({"HTTP_AUTHORIZATION": "Bearer x"} if program else {}),
    }
    return WSGIRequest(environ)


def test_a_file_streams_to_disk_while_it_is_hashed(request_with, parts):
    request = request_with({"file": ("a.pdf", files.pdf())}, kind="invoice")
    upload = request.FILES["file"]
    assert (request.POST["kind"], upload.name, upload.problem) == ("invoice", "a.pdf", "")
    assert upload.size == len(files.pdf())
    assert len(parts()) == 1
    request.close()
    assert parts() == []


def test_u_02_a_program_is_told_before_the_body_is_read(parts):
    body = Body(LIMIT + 70_000)
    request = request_of(body, program=True)
    with pytest.raises(FileRefused) as refused:
        request.FILES  # noqa: B018
    assert (refused.value.status, refused.value.code, body.read_bytes) == (413, "too_large", 0)
    assert parts() == []


def test_u_02_one_byte_too_many_is_too_many(request_with, anna):
    exactly = request_with({"file": ("a.txt", b"x" * LIMIT)}).FILES["file"]
    assert store(exactly, by=anna).size == LIMIT
    more = request_with({"file": ("a.txt", b"x" * (LIMIT + 1))}).FILES["file"]
    assert (more.problem, more.size) == ("too_large", LIMIT + 1)
    with pytest.raises(FileRefused) as refused:
        store(more, by=anna)
    assert refused.value.status == 413


def test_u_03_a_program_whose_file_grows_too_large_is_cut_off_and_leaves_nothing(parts):
    """The announced length fits the whole form, the file alone does not."""
    body = Body(LIMIT + 60_000)
    request = request_of(body, program=True)
    with pytest.raises(FileRefused) as refused:
        request.FILES  # noqa: B018
    assert refused.value.code == "too_large"
    assert body.read_bytes <= LIMIT + 2 * 65536
    assert parts() == []


def test_u_03_a_body_without_a_length_holds_no_file(parts):
    request = request_of(Body(1000), length="")
    assert not request.FILES
    assert parts() == []


@pytest.mark.parametrize("program", [True, False])
def test_u_04_a_body_that_ends_half_way_stores_nothing(parts, program):
    request = request_of(Body(500_000, cut=250_000), program=program)
    with pytest.raises(MultiPartParserError):
        request.FILES  # noqa: B018
    assert parts() == []


def test_a_browsers_form_keeps_what_was_typed_beside_a_file_that_is_too_large(request_with, parts):
    request = request_with({"file": ("a.pdf", b"x" * (LIMIT + 1))}, narrative="typed for an hour")
    assert request.POST["narrative"] == "typed for an hour"
    assert request.FILES["file"].problem == "too_large"
    assert parts() == []


def test_a_browsers_body_beyond_what_any_form_holds_is_not_read(parts):
    body = Body(FILES_PER_FORM * LIMIT + 70_000)
    request = request_of(body)
    assert (dict(request.POST), dict(request.FILES), body.read_bytes) == ({}, {}, 0)
    assert request.upload_problem.code == "too_large"


def test_several_files_of_one_form_are_told_apart(request_with, parts):
    request = request_with({"one": ("a.txt", b"one"), "two": ("b.txt", b"two")})
    one, two = request.FILES["one"], request.FILES["two"]
    assert one.sha256 != two.sha256
    assert (one.file.read(), two.file.read()) == (b"one", b"two")
    assert len(parts()) == 2


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        (".", "document"),
        ("x" * 5000 + ".pdf", "x" * 146 + ".pdf"),
        ("a\u202eb.pdf", "ab.pdf"),
    ],
)
def test_u_11_any_name_is_taken_and_cleaned(request_with, sent, shown):
    assert request_with({"file": (sent, b"hello")}).FILES["file"].name == shown


def test_u_41_the_content_type_of_the_sender_is_not_believed(request_with, anna):
    upload = request_with({"file": ("a.pdf", files.pdf())}).FILES["file"]
    upload.content_type = "text/html"
    assert store(upload, by=anna).media_type == "application/pdf"


# --- full disks


class FullAfter:
    """A temporary file on a disk with room for `room` bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        if len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(data)
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.fixture
def disk(monkeypatch):
    """disk(room) leaves so many bytes."""
    temporary = blobs.temporary
    return lambda room: monkeypatch.setattr(blobs, "temporary", lambda: FullAfter(temporary(), room))


@pytest.mark.parametrize("room", [0, 100_000])
def test_u_47_a_full_disk_is_told_and_nothing_is_half_stored(request_with, anna, disk, parts, room):
    disk(room)
    upload = request_with({"file": ("a.txt", b"x" * 300_000)}, narrative="typed").FILES["file"]
    assert upload.problem == "storage_full"
    with pytest.raises(FileRefused) as refused:
        store(upload, by=anna)
    assert (refused.value.status, refused.value.code) == (507, "storage_full")
    assert parts() == []
    assert not (blobs.root() / "sha256").exists()


def test_u_47_a_disk_without_room_for_even_a_name_is_told(request_with, anna, monkeypatch):
    monkeypatch.setattr(blobs, "temporary", no_room)
    upload = request_with({"file": ("a.txt", b"hello")}).FILES["file"]
    with pytest.raises(FileRefused) as refused:
        store(upload, by=anna)
    assert refused.value.code == "storage_full"


def test_u_47_a_program_is_told_as_soon_as_the_disk_is_full(disk, parts):
    disk(0)
    request = request_of(Body(300_000), program=True)
    with pytest.raises(FileRefused) as refused:
        request.FILES  # noqa: B018
    assert refused.value.code == "storage_full"
    assert parts() == []


def test_u_47_bytes_still_in_the_buffer_may_be_the_ones_that_do_not_fit(anna, monkeypatch):
    upload = StreamedUpload("a.txt")
    upload.take(b"hello")
    monkeypatch.setattr(upload.file, "flush", no_room, raising=False)
    assert upload.ready().problem == "storage_full"


def test_u_47_the_last_rename_may_be_what_does_not_fit(anna, monkeypatch, parts):
    upload = StreamedUpload.of("a.txt", [b"hello"])
    monkeypatch.setattr(blobs.os, "replace", no_room)
    with pytest.raises(FileRefused) as refused:
        store(upload, by=anna)
    upload.close()
    assert (refused.value.code, parts()) == ("storage_full", [])


@pytest.mark.parametrize(("fault", "problem"), [(errno.EIO, "storage_away"), (errno.EROFS, "storage_away")])
def test_another_fault_of_the_disk_is_not_called_a_full_one(monkeypatch, fault, problem):
    def broken(*_args):
        raise OSError(fault, "a fault")

    monkeypatch.setattr(blobs, "temporary", broken)
    assert StreamedUpload("a.txt").problem == problem


def test_a_mistake_of_ours_is_no_fault_of_the_disk(monkeypatch):
    def broken(*_args):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(blobs, "temporary", broken)
    with pytest.raises(OSError, match="Bad file"):
        StreamedUpload("a.txt")


@pytest.mark.parametrize("ruin", [shutil.rmtree, lambda root: (shutil.rmtree(root), root.write_text("no folder"))])
def test_a_storage_gone_in_mid_upload_is_told_and_nothing_is_half_stored(anna, ruin):
    upload = StreamedUpload("a.txt")
    upload.take(b"half of it, ")
    ruin(blobs.root())
    upload.take(b"and the rest")
    with pytest.raises(FileRefused) as refused:
        store(upload.ready(), by=anna)
    upload.close()
    assert (refused.value.status, refused.value.code) == (503, "storage_away")
    assert not Document.objects.exists()
    assert not [path for path in blobs.root().rglob("*") if path.is_file()]


def test_an_upload_to_a_storage_that_is_gone_is_told(anna, request_with):
    blobs.root().write_text("no folder")
    upload = request_with({"file": ("a.txt", b"hello")}).FILES["file"]
    with pytest.raises(FileRefused) as refused:
        store(upload, by=anna)
    assert refused.value.code == "storage_away"


def no_room(*_args, **_more):
    raise OSError(errno.ENOSPC, "No space left on device")


# --- memory


def test_a_large_file_takes_no_more_memory_than_a_small_one(settings, tmp_path):
    """Measured over everything Python allocates: 20 MB pass through less than one."""
    settings.EVIDENCE_MAX_BYTES = 25 * LIMIT
    peaks = []
    for size in (100_000, 20 * LIMIT):
        request = request_of(Body(size))
        tracemalloc.start()
        assert request.FILES["file"].size == size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        request.close()
    assert peaks[1] < peaks[0] + 1_000_000


def test_an_upload_made_outside_of_a_request_is_the_same_thing():
    upload = StreamedUpload.of("a.txt", io.BytesIO(b"one\ntwo\n"))
    assert (upload.size, upload.file.read()) == (8, b"one\ntwo\n")
    upload.close()
    assert upload.file.closed
