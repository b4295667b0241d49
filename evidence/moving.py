"""Takes originals that are judged from the folder where they arrived to the bucket, if there is one.

The folder is the list of what is to be done. Nothing leaves it before the bucket's copy was read back: killed at any
step, the next turn goes on. While the bucket is away originals wait, and everything works as without one.
"""

import logging
from contextlib import contextmanager
from hashlib import file_digest

from django.db import connection, transaction

from evidence import blobs
from evidence.errors import StorageAway
from evidence.intake import LOCKS, hold
from evidence.models import Document

logger = logging.getLogger(__name__)
BATCH = 50
CHUNK = 500
STORAGE_LOCKS = LOCKS + 1


def move_batch(size=BATCH):
    """How many originals were moved; 0 means that there is nothing to do at the moment."""
    if blobs.bucket() is None:
        return 0
    moved = 0
    try:
        for sha256 in due(size):
            moved += move(sha256)
    except StorageAway as error:
        logger.error("originals wait in the folder: %s", error)
    return moved


def due(size):
    """The hashes of up to `size` originals in the folder that got a verdict, those that wait longest first."""
    hashes, found = [sha256 for _when, sha256 in blobs.arrived()], []
    for start in range(0, len(hashes), CHUNK):
        some = hashes[start : start + CHUNK]
        rows = Document.objects.kept().exclude(state=Document.State.PENDING).filter(sha256__in=some)
        judged = set(rows.values_list("sha256", flat=True))
        found += [sha256 for sha256 in some if sha256 in judged]
        if len(found) >= size:
            break
    return found[:size]


def move(sha256):
    """1 if it lies in the bucket now and not in the folder any more. Raises StorageAway."""
    with alone_with(sha256) as alone:
        if not alone or not blobs.path(sha256).is_file():
            return 0
        try:
            if blobs.hash_of(sha256) != sha256:
                raise OSError("its bytes in the folder are not what was handed in")
            blobs.bucket().put(sha256, blobs.path(sha256))
        except StorageAway:
            raise
        except OSError as error:
            logger.error("original %s stays in the folder: %s", sha256, error)
            return 0
        leave(sha256)
        return 1


def bring(bucket):
    """Copies originals that are needed and not in the folder from `bucket` into it; yields (hash, whether it came)."""
    for sha256 in Document.objects.kept().order_by("sha256").values_list("sha256", flat=True).distinct().iterator():
        if not blobs.path(sha256).is_file() and not (blobs.bucket() and blobs.hash_of(sha256) == sha256):
            yield sha256, fetched(bucket, sha256)


def fetched(bucket, sha256):
    file = blobs.temporary()
    try:
        bucket.fetch(sha256, file)
        file.flush()
        with open(file.name, "rb") as written:
            if file_digest(written, "sha256").hexdigest() != sha256:
                raise FileNotFoundError("other bytes lie under this name")
        blobs.keep(file, blobs.path(sha256))
    except FileNotFoundError as error:
        logger.error("original %s does not come: %s", sha256, error)
        return False
    finally:
        blobs.discard(file)
    return True


@transaction.atomic
def leave(sha256):
    """Whoever stores the same bytes this moment reads them in the folder until their transaction ends."""
    hold(sha256, alone=True)
    blobs.moved(sha256)


@contextmanager
def alone_with(sha256):
    """Nobody else moves these bytes to the bucket, or removes them from it, while the block lasts; False if one does.

    A lock of the session, because the bucket is never asked inside a transaction. Who stores the bytes needs none: they
    arrive in the folder, and only its holder takes them from there.
    """
    key = int.from_bytes(bytes.fromhex(sha256[:8]), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [STORAGE_LOCKS, key])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [STORAGE_LOCKS, key])
