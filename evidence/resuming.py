"""Files that come in pieces, whatever happens to the connection: every byte that was acknowledged is on the disk.

A part lies in resumable/ under its upload's id. Its first `offset` bytes are durable; what a dead process wrote behind
them is cut off before the next piece. Only one piece is written at a time: whoever writes holds the lock of the part,
which ends with its process, so nobody waits for the dead, and no transaction is open while a slow client sends.
A file that comes in one piece is hashed as it streams; one that was resumed is hashed once, when it is whole.
"""

import fcntl
import hashlib
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from evidence import allowance, blobs
from evidence.errors import FileRefused
from evidence.models import Upload
from evidence.names import clean_name
from evidence.reasons import max_bytes

KEPT = timedelta(hours=24)
PIECE = 64 * 1024
STALLED = 10  # seconds without a byte after which the next piece need not wait for the one before
DURABLE_EVERY = 2  # seconds: what a killed process may lose of what was on its way


class WrongOffset(Exception):
    """The piece does not begin where the file ends by now."""


class Busy(Exception):
    """Another piece of the same file is being written."""


class WrongChecksum(Exception):
    """The piece is not what its sender says; nothing of it was kept."""


class Whole:
    """A file that is all there, as intake.store() takes it; a link of its own, so that a rollback loses nothing."""

    problem = ""

    def __init__(self, upload, file):
        self.name, self.size, self.sha256 = upload.name, upload.size, upload.sha256
        self.file = file


@transaction.atomic
def begin(*, by, name, size, purpose, details):
    """A new Upload with an empty part. Raises FileRefused at once for what would be refused in the end."""
    if size > max_bytes():
        raise FileRefused("too_large")
    if not size:
        raise FileRefused("empty_file")
    allowance.check_begun(by, size)
    upload = Upload(owner=by, name=clean_name(name), size=size, purpose=purpose, details=details)
    upload.expires_at = upload.created_at + KEPT
    with blobs.room():
        blobs.create(part_of(upload))
    upload.save(force_insert=True)
    return upload


def part_of(upload):
    return blobs.resumable() / str(upload.pk)


@contextmanager
def alone_with(upload):
    """The open part, locked. Raises Busy, FileNotFoundError once it is gone, and FileRefused if all of the storage is.

    Whoever holds the lock but got nothing for STALLED seconds talks to a connection that is dead without knowing:
    the part goes on as a new file, and what they still write into the old one counts for nothing.
    """
    with ExitStack() as stack:
        part = stack.enter_context(opened(part_of(upload)))
        if not is_locked(part):
            if time.time() - os.fstat(part.fileno()).st_mtime < STALLED:
                raise Busy
            part = stack.enter_context(succeed(upload))
        yield part


def opened(path):
    """The part, to be written. Raises FileNotFoundError once it is gone, FileRefused if all of the storage is."""
    try:
        return path.open("r+b", buffering=0)
    except FileNotFoundError:
        raise
    except OSError:
        with blobs.room():
            raise


def is_locked(part):
    try:
        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@transaction.atomic
def succeed(upload):
    """A new part with what was acknowledged of the old one, locked, in its place."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    new = part_of(upload).with_suffix(".new")
    part = new.open("w+b", buffering=0)
    try:
        if not is_locked(part):
            raise Busy  # somebody else succeeds right now
        with part_of(upload).open("rb") as old, blobs.room():
            blobs.copy(old, part, upload.offset)
        os.replace(new, part_of(upload))
    except BaseException:
        part.close()
        raise
    return part


def settle(upload):
    """Makes sure that nobody is writing, so that the offset is the last word. Raises Busy."""
    if not upload.is_whole and upload.ended_at is None:
        with suppress(FileNotFoundError), alone_with(upload):
            upload.refresh_from_db()


def append(upload, body, *, offset, length, checksum=None):
    """Writes up to `length` bytes of `body` (an object with read) behind `offset` and returns the upload as it is then.

    A body that ends early leaves what came. `checksum` is (name of an algorithm, digest) of the piece. Raises
    WrongOffset, Busy, WrongChecksum, and FileRefused `too_large` or `storage_full`.
    """
    with alone_with(upload) as part:
        upload.refresh_from_db()
        if upload.offset != offset or upload.ended_at:
            raise WrongOffset
        if offset + length > upload.size:
            raise FileRefused("too_large")
        part.truncate(offset)
        part.seek(offset)
        Taking(upload, part, checksum).take(body, length)
    return upload


class Taking:
    """One piece on its way to the disk."""

    def __init__(self, upload, part, checksum):
        self.upload, self.part = upload, part
        self.whole = hashlib.sha256() if upload.offset == 0 else None
        self.wanted = checksum
        self.piece = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
        self.reached = upload.offset
        self.durable_at = time.monotonic()

    def take(self, body, length):
        try:
            while length and (data := read(body, min(PIECE, length))):
                self.write(data)
                length -= len(data)
                if not self.wanted and time.monotonic() - self.durable_at > DURABLE_EVERY:
                    self.acknowledge()
            if self.wanted and self.piece.digest() != self.wanted[1]:
                raise WrongChecksum
            self.acknowledge()
        except (FileRefused, WrongChecksum):
            self.part.truncate(self.upload.offset)
            raise

    def write(self, data):
        for digest in filter(None, (self.whole, self.piece)):
            digest.update(data)
        with blobs.room():
            rest = memoryview(data)
            while rest:
                rest = rest[self.part.write(rest) :]
        self.reached += len(data)

    def acknowledge(self):
        """What was written is durable before anybody is told of it; its hash is known as soon as it is whole."""
        with blobs.room():
            os.fsync(self.part.fileno())
        self.durable_at = time.monotonic()
        values = {"offset": self.reached}
        if self.reached == self.upload.size:
            values["sha256"] = self.whole.hexdigest() if self.whole else hash_of(self.part)
        with transaction.atomic():
            row = Upload.objects.select_for_update().filter(pk=self.upload.pk)
            if not row.exists() or not self.is_current():
                raise Busy
            row.update(**values)
        for name, value in values.items():
            setattr(self.upload, name, value)

    def is_current(self):
        """Whether this is still the part, and no successor took its place."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self.part.fileno()), part_of(self.upload).stat())
        return False


def read(body, size):
    """The next bytes, none once the connection is lost."""
    try:
        return body.read(size)
    except OSError:
        return b""


def hash_of(part):
    part.seek(0)
    return hashlib.file_digest(part, "sha256").hexdigest()


@contextmanager
def whole(upload):
    """The complete file as intake.store() takes it. Raises FileNotFoundError once it is gone."""
    with blobs.linked(part_of(upload)) as file:
        yield Whole(upload, file)


def end(upload, *, document=None, problem=None):
    """It became a document, or was refused, or went along with something; its part goes with the transaction."""
    upload.document, upload.problem, upload.ended_at = document, problem, timezone.now()
    upload.save(update_fields=["document", "problem", "ended_at"])
    transaction.on_commit(lambda: part_of(upload).unlink(missing_ok=True))


@transaction.atomic
def drop(upload):
    """Its sender, or the sweeper, gives it up: row and then part go. Raises Busy while a piece is being written."""
    part = part_of(upload)
    with suppress(FileNotFoundError), alone_with(upload):
        upload.delete()
    if upload.pk:  # its part was gone already
        upload.delete()
    transaction.on_commit(lambda: part.unlink(missing_ok=True))


def sweep(now, before):
    """Removes expired uploads, and parts from before `before` (epoch) that no upload knows; returns how many."""
    removed = 0
    for upload in Upload.objects.expired(now):
        with suppress(Busy):
            drop(upload)
            removed += 1
    old = {path.name: path for path in blobs.older(blobs.resumable(), before)}
    known = {str(pk) for pk in Upload.objects.filter(ended_at=None).values_list("pk", flat=True)}
    for name in old.keys() - known:
        Path(old[name]).unlink(missing_ok=True)
    return removed + len(old.keys() - known)
