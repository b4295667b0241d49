"""Where bytes lie: content-addressed files under EVIDENCE_ROOT. Nothing else in the project knows a path.

incoming/              parts of requests still running
resumable/<upload>     what came so far of files that are sent in pieces
sha256/ab/cd/<hash>    originals, each stored once however often it was handed in
previews/ab/cd/<hash>.jpg
leaves/ab/cd/<hash>/1.jpg    pages as pictures
"""

import errno
import os
import uuid
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from evidence.errors import FileRefused

NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def root():
    return Path(settings.EVIDENCE_ROOT)


def incoming():
    return root() / "incoming"


def resumable():
    return root() / "resumable"


def path(sha256):
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


def discard(file):
    """Closes a temporary() file; removes it unless it was kept."""
    file.close()
    Path(file.name).unlink(missing_ok=True)


def keep(file, target):
    """Moves a temporary() file to `target`, durably: bytes, then name, then folder are on disk."""
    file.flush()
    os.fsync(file.fileno())
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


def delete(sha256):
    """Removes the original and its preview, durably; nothing if they are not there."""
    for target in (path(sha256), preview_path(sha256)):
        target.unlink(missing_ok=True)
        if target.parent.is_dir():
            sync(target.parent)


def left_of(sha256):
    """What the storage still has under this hash, as a list of names."""
    found = [path(sha256), preview_path(sha256), leaves_folder(sha256)]
    return [str(target.relative_to(root())) for target in found if target.exists()]


def hash_of(sha256):
    """What the original called so hashes to now, "" if it is not there."""
    try:
        with path(sha256).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


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
    """Turns a full disk or quota into FileRefused("storage_full")."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise FileRefused("storage_full") from error
        raise
