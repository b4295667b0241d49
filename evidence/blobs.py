"""Where bytes lie: content-addressed files under EVIDENCE_ROOT. Nothing else in the project knows a path.

With a bucket (STORAGE_URL=s3://…) the folder is where originals arrive, and are kept apart until they are judged; then
evidence/moving.py takes them to the bucket. Whoever reads an original asks local() for it, wherever it lies.

incoming/              parts of requests still running
resumable/<upload>     what came so far of files that are sent in pieces
sha256/ab/cd/<hash>    originals, each stored once however often it was handed in
previews/ab/cd/<hash>.jpg
leaves/ab/cd/<hash>/1.jpg    pages as pictures
"""

import errno
import logging
import os
import uuid
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.core.files.storage import storages

from evidence.errors import FileRefused

logger = logging.getLogger(__name__)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
# The disk is not there, or not as one that can be written.
AWAY = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN),
    *(errno.EACCES, errno.EPERM, errno.ETIMEDOUT, errno.EEXIST),
}


def root():
    return Path(settings.EVIDENCE_ROOT)


def bucket():
    """The evidence.bucket.Bucket that originals go to in the end; None if they stay in the folder."""
    return storages["bucket"] if "bucket" in settings.STORAGES else None


def incoming():
    return root() / "incoming"


def resumable():
    return root() / "resumable"


def path(sha256):
    """The place of an original in the folder; to read it, wherever it lies, ask local()."""
    return root() / "sha256" / sha256[:2] / sha256[2:4] / sha256


def preview_path(sha256):
    return root() / "previews" / sha256[:2] / sha256[2:4] / f"{sha256}.jpg"


def leaf_path(sha256, number):
    return leaves_folder(sha256) / f"{number}.jpg"


def leaves_folder(sha256):
    return root() / "leaves" / sha256[:2] / sha256[2:4] / sha256


def temporary():
    """A new file on the storage's own disk, so that keeping it is a rename. Give it to discard() in the end."""
    return NamedTemporaryFile(dir=folder(incoming()), suffix=".part", delete=False)


def create(target):
    """A new empty file."""
    folder(target.parent)
    target.touch(mode=0o600, exist_ok=False)
    sync(target.parent)


def copy(source, target, size):
    """The first `size` bytes of an open file into another one, durably."""
    while size and (data := source.read(min(size, 2**20))):
        size -= target.write(data)
    os.fsync(target.fileno())


@contextmanager
def linked(source):
    """`source` open under a temporary second name: it may be kept, and is still there if that is rolled back."""
    link = folder(incoming()) / f"{uuid.uuid4().hex}.part"
    os.link(source, link)
    with link.open("r+b") as file:
        try:
            yield file
        finally:
            discard(file)


@contextmanager
def local(sha256):
    """The original as a file for as long as the block lasts: `with local(sha256) as path`. Never write to it.

    With a bucket it has a name of its own, because the place in the folder may become empty at any moment. Raises
    FileNotFoundError if it is nowhere and StorageAway while that cannot be known.
    """
    if bucket() is None:
        yield path(sha256)
        return
    copy = folder(incoming()) / f"{uuid.uuid4().hex}.part"
    try:
        try:
            os.link(path(sha256), copy)
        except FileNotFoundError:
            with copy.open("wb") as file:
                bucket().fetch(sha256, file)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def discard(file):
    """Closes a temporary() file; removes it unless it was kept."""
    file.close()
    with suppress(NotADirectoryError):  # the storage is gone, and this with it
        Path(file.name).unlink(missing_ok=True)


def keep(file, target):
    """Moves a temporary() file to `target`, durably: bytes, then name, then folder are on disk."""
    file.flush()
    os.fsync(file.fileno())
    try:
        os.replace(file.name, folder(target.parent) / target.name)
    except FileNotFoundError:
        # moved() may have taken the empty folder away between the two.
        os.replace(file.name, folder(target.parent) / target.name)
    sync(target.parent)


def write(target, data):
    """`data` as the whole of `target`, or nothing of it."""
    file = temporary()
    try:
        file.write(data)
        keep(file, target)
    finally:
        discard(file)


def write_preview(sha256, data):
    """A preview, whole or not at all, but not durable: it can be done without, and a disk is slow to make sure."""
    target = preview_path(sha256)
    folder(target.parent, durable=False)
    file = temporary()
    try:
        file.write(data)
        file.flush()
        os.replace(file.name, target)
    finally:
        discard(file)


def has_preview(sha256):
    """Whether it is there: a power cut may have taken it, or left an empty file."""
    target = preview_path(sha256)
    return target.is_file() and target.stat().st_size > 0


def arrived():
    """[(when, hash)] of the originals in the folder, those that lie there longest first."""
    found = []
    for inner in (root() / "sha256").glob("*/*"):
        with suppress(FileNotFoundError), os.scandir(inner) as entries:
            found += [(entry.stat().st_mtime, entry.name) for entry in entries]
    return sorted(found)


def moved(sha256):
    """Takes an original out of the folder that lies in the bucket now, and the folders that are empty without it."""
    target = path(sha256)
    target.unlink(missing_ok=True)
    with suppress(OSError):
        sync(target.parent)
        target.parent.rmdir()
        target.parent.parent.rmdir()


def delete(sha256):
    """Removes the original and its preview from the folder, durably; nothing if they are not there."""
    for target in (path(sha256), preview_path(sha256)):
        target.unlink(missing_ok=True)
        if target.parent.is_dir():
            sync(target.parent)


def left_of(sha256):
    """What the folder still has under this hash, as a list of names."""
    found = [path(sha256), preview_path(sha256), leaves_folder(sha256)]
    return [str(target.relative_to(root())) for target in found if target.exists()]


def hash_of(sha256):
    """What the original called so hashes to now, "" if it is not there. Raises StorageAway."""
    try:
        with path(sha256).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return bucket().hash_of(sha256) if bucket() else ""


def answers():
    """Raises OSError unless the folder can be written and the bucket, if there is one, is there for us."""
    # Asked for whom this process acts as, not for whom it was started by.
    if not os.access(folder(root()), os.W_OK | os.X_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, "the folder cannot be written")
    if bucket():
        bucket().answers()


def lost(hashes, *, ask=True):
    """Those of `hashes` whose originals are nowhere; with `ask=False` no more than the folder can tell of that.

    Raises StorageAway.
    """
    absent = {sha256 for sha256 in hashes if not path(sha256).is_file()}
    if bucket() is None:
        return absent
    return {sha256 for sha256 in absent if bucket().size_of(sha256) is None} if ask else set()


def folder(wanted, *, durable=True):
    """`wanted`, made with its missing parents for the service's own eyes (0700)."""
    if not wanted.is_dir():
        folder(wanted.parent, durable=durable)
        wanted.mkdir(mode=0o700, exist_ok=True)
        if durable:
            sync(wanted.parent)
    return wanted


def folders():
    """Every folder that holds originals or previews."""
    return (inner for kind in ("sha256", "previews") for inner in (root() / kind).glob("*/*"))


def older(directory, before):
    """The files of `directory` last written before the epoch second `before`."""
    if not directory.is_dir():
        return []
    old = []
    with os.scandir(directory) as entries:
        for entry in entries:
            # A request that ends meanwhile takes its part away.
            with suppress(FileNotFoundError):
                if entry.is_file() and entry.stat().st_mtime < before:
                    old.append(Path(entry.path))
    return old


def sync(directory):
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def room():
    """Turns a full disk or quota into FileRefused("storage_full"), and a disk that is gone into "storage_away"."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise FileRefused("storage_full") from error
        if error.errno in AWAY:
            logger.error("the storage is away: %s", error)
            raise FileRefused("storage_away") from error
        raise
