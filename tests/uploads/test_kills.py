"""kill -9 in the middle of a piece, and at every step of making the whole file a document: nothing that was
acknowledged is lost, and nothing is there twice."""

import hashlib
import io
import os
import signal

import pytest

from claims.actions import uploads
from evidence import blobs, resuming
from evidence.models import Document, Upload
from tests import make
from tests.faults.child import every_step, killed_at

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = make.PDF + bytes(range(256)) * 2000
NEVER = 10**6


class Killer(io.BytesIO):
    """A body whose reader is killed after `after` bytes."""

    def __init__(self, content, after):
        super().__init__(content)
        self.after = after

    def read(self, size=-1):
        if self.tell() >= self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(size)


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


def begun(draft, anna):
    return uploads.begin(draft.reference, by=anna, name="invoice.pdf", size=len(CONTENT))


@pytest.mark.parametrize("after", [0, 1, 70_000, len(CONTENT)])
@pytest.mark.parametrize("durable_every", [0, 60])
def test_a_process_killed_in_the_middle_of_a_piece_leaves_what_it_acknowledged(
    anna, draft, monkeypatch, after, durable_every
):
    monkeypatch.setattr(resuming, "DURABLE_EVERY", durable_every)
    upload = begun(draft, anna)
    body = Killer(CONTENT, after)

    def receive():
        resuming.append(upload, body, offset=0, length=len(CONTENT))
        os.kill(os.getpid(), signal.SIGKILL)

    assert killed_at(NEVER, receive)
    upload.refresh_from_db()
    assert upload.offset <= resuming.part_of(upload).stat().st_size
    if durable_every == 0 and after >= 70_000:
        assert upload.offset > 0
    with resuming.part_of(upload).open("rb") as part:
        assert part.read(upload.offset) == CONTENT[: upload.offset]
    if not upload.is_whole:
        rest = io.BytesIO(CONTENT[upload.offset :])
        resuming.append(upload, rest, offset=upload.offset, length=len(CONTENT) - upload.offset)
    assert upload.sha256 == hashlib.sha256(CONTENT).hexdigest()
    uploads.finish(draft, upload.pk, by=anna)
    assert blobs.path(draft.attachments.get().document.sha256).read_bytes() == CONTENT


def test_a_process_killed_while_it_makes_the_document_makes_it_once_on_the_second_try(anna, draft):
    def fresh():
        upload = begun(draft, anna)
        resuming.append(upload, io.BytesIO(CONTENT), offset=0, length=len(CONTENT))
        return upload, lambda: uploads.finish(draft, upload.pk, by=anna)

    killed = 0
    for step, upload in every_step(fresh, by=4):
        killed += step is not None
        before = Document.objects.count()
        done = Upload.objects.get(pk=upload.pk).ended_at is not None
        again = uploads.finish(draft, upload.pk, by=anna)
        assert again.document_id == uploads.finish(draft, upload.pk, by=anna).document_id
        assert Document.objects.count() == before + (not done)
        assert draft.attachments.filter(document_id=again.document_id).count() == 1
        assert blobs.path(again.document.sha256).exists()
    assert killed > 3
