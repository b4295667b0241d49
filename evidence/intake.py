"""The only way in: an upload becomes bytes on the storage and then a row."""

from django.db import connection, transaction

from evidence import allowance, blobs
from evidence.errors import FileRefused
from evidence.models import Document
from evidence.names import clean_name
from evidence.reasons import max_bytes
from evidence.sniffing import EXTENSIONS, TYPES, sniff

LOCKS = 0x45564944  # our corner of PostgreSQL's advisory locks


@transaction.atomic
def store(upload, *, by, allowed=TYPES):
    """The Document of a StreamedUpload, pending. Raises FileRefused.

    1. look at size, content and name; 2. hold off the sweeper until the caller's transaction ends;
    3. make the bytes durable under their hash; 4. write the row. A row never lacks its bytes; bytes
    without a row, after a crash or a rollback, are swept.
    """
    media_type = look(upload, allowed)
    allowance.check_day(by, upload.size)
    hold(upload.sha256)
    with blobs.room():
        blobs.keep(upload.file, blobs.path(upload.sha256))
    return Document.objects.create(
        owner=by,
        name=clean_name(upload.name, EXTENSIONS[media_type][0]),
        sha256=upload.sha256,
        size=upload.size,
        media_type=media_type,
    )


def look(upload, allowed=TYPES):
    """The media type of an upload. Raises FileRefused for what the door refuses by size, content or name."""
    if upload.problem:
        raise FileRefused(upload.problem)
    if not upload.size:
        raise FileRefused("empty_file")
    if upload.size > max_bytes():
        raise FileRefused("too_large")
    media_type = sniff(upload.file, upload.name)
    if media_type not in allowed:
        raise FileRefused("type_not_allowed")
    return media_type


def hold(sha256, *, alone=False):
    """Holds the bytes called `sha256` to the end of the transaction: many may store them, one may remove them."""
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [LOCKS, int.from_bytes(bytes.fromhex(sha256[:8]), signed=True)])
