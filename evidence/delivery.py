"""The only way out: who may is the caller's to check, what leaves and how it is logged is settled here."""

import logging
import re
from contextlib import contextmanager

from django.db import transaction
from django.http import FileResponse, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags, quote_etag

from evidence import blobs
from evidence.archives import DOCX, ODT, XLSX, ZIP
from evidence.errors import FileRefused, StorageAway
from evidence.models import Document, Reading
from evidence.reasons import MADE_HERE
from evidence.sniffing import CSV, PDF, PICTURES, TXT

logger = logging.getLogger(__name__)
OCTETS = "application/octet-stream"
# Sent under their own type. What may hold other files or act by itself goes out as bytes to be saved.
PLAIN = PICTURES | {PDF, TXT, CSV, DOCX, ODT, XLSX}
BYTES_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
SANDBOX = "default-src 'none'; sandbox"


class Slice:
    """`length` bytes of an open file from `start` on, to be read once."""

    def __init__(self, file, start, length):
        file.seek(start)
        self.file, self.left = file, length

    def read(self, size=-1):
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def close(self):
        self.file.close()


def deliver(document, *, by, why, request_id="", headers=None):
    """The original as an attachment: 200, 206 for one range, 304, 416; 302 to a bucket. Raises FileRefused.

    `headers` are those of the request; Range, If-Range and If-None-Match are answered.
    """
    require_clean(document)
    require_whole(document)
    headers, etag = headers or {}, quote_etag(document.sha256)
    if etag in parse_etags(headers.get("If-None-Match", "")):
        return secured(HttpResponseNotModified(headers={"ETag": etag}))
    span = wanted(headers, etag, document.size)
    if span is None:
        return secured(HttpResponse(status=416, headers={"Content-Range": f"bytes */{document.size}"}))
    start, length = span
    entry = (document, by, Reading.How.DOWNLOAD, why, request_id)
    bucket = blobs.bucket()
    with answering(document):
        if bucket and not blobs.path(document.sha256).is_file():
            if bucket.links:
                return linked(bucket, *entry)
            body = passed_on(bucket, start, length, *entry)
        else:
            body = Slice(opened(blobs.path(document.sha256), *entry), start, length)
    response = FileResponse(
        body,
        as_attachment=True,
        filename=document.name,
        content_type=document.media_type if is_plain(document) else OCTETS,
        headers={"Content-Length": str(length), "ETag": etag, "Accept-Ranges": "bytes"},
    )
    if length < document.size:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{document.size}"
    return secured(response)


def preview(document, *, by, why, request_id=""):
    """The JPEG that we made of it, inline: the only thing ever shown in a page. Raises FileRefused."""
    require_clean(document)
    if document.has_preview and not blobs.has_preview(document.sha256):
        Document.objects.filter(pk=document.pk).update(has_preview=False)
        document.has_preview = False
    if not document.has_preview:
        raise FileRefused("no_preview")
    file = opened(blobs.preview_path(document.sha256), document, by, Reading.How.PREVIEW, why, request_id)
    return secured(FileResponse(file, filename="preview.jpg", content_type="image/jpeg"))


def leaf(document, number, *, by, why, request_id=""):
    """The picture of one page, inline. Raises FileRefused."""
    require_clean(document)
    path = blobs.leaf_path(document.sha256, number)
    if not path.is_file():
        raise FileRefused("no_preview")
    file = opened(path, document, by, Reading.How.PREVIEW, f"{why}, page {number}", request_id)
    return secured(FileResponse(file, filename=f"page-{number}.jpg", content_type="image/jpeg"))


@transaction.atomic
def read_out(document, read, *, by, why, request_id=""):
    """What `read()` says of a clean document, once it is written down who gets it. Raises FileRefused."""
    require_clean(document)
    write_down(document, by, Reading.How.TEXT, why, request_id)
    return read()


def is_plain(document):
    return document.media_type in PLAIN and not set(document.warnings) - {MADE_HERE}


def require_clean(document):
    if document.state == Document.State.PENDING:
        raise FileRefused("not_checked_yet")
    if document.state == Document.State.DELETED:
        raise FileRefused("deleted")
    if document.state != Document.State.CLEAN:
        raise FileRefused("refused_file")


def require_whole(document):
    """An archive goes out only if all that is in it might: what was refused inside does not leave in its wrapping."""
    if document.media_type == ZIP and (document.left_out or document.members.refused().exists()):
        raise FileRefused("refused_inside")


@transaction.atomic
def opened(path, *entry):
    """The file, once it is written down who gets it: no row, no bytes."""
    write_down(*entry)
    return path.open("rb")


def write_down(document, by, how, why, request_id):
    Reading.objects.create(document=document, reader=by, how=how, why=why, request_id=request_id)


def linked(bucket, document, *entry):
    """A redirect to the bucket itself, good for a minute, once it is written down who gets it.

    The bucket cannot be told to send our headers, so whatever it is, it goes out as bytes to be saved.
    """
    if bucket.size_of(document.sha256, hurried=True) is None:
        raise FileNotFoundError(document.sha256)
    write_down(document, *entry)
    return secured(HttpResponseRedirect(bucket.link(document.sha256, document.name)))


def passed_on(bucket, start, length, document, *entry):
    """Bytes of an original in the bucket, to be read once; no row, no bytes."""
    body = bucket.opened(document.sha256, start, length)
    try:
        write_down(document, *entry)
    except BaseException:
        body.close()
        raise
    return body


@contextmanager
def answering(document):
    """Says which of the two it is: a storage that does not answer, or one that does not have what it should."""
    try:
        yield
    except FileNotFoundError as error:
        logger.error("document %s cannot be handed out, its original is missing: %s", document.pk, document.sha256)
        raise FileRefused("missing") from error
    except StorageAway as error:
        logger.error("document %s cannot be handed out: %s", document.pk, error)
        raise FileRefused("storage_away") from error


def wanted(headers, etag, size):
    """(start, length) of what is asked for, None if it lies outside. Several ranges are answered with the whole."""
    asked = BYTES_RANGE.fullmatch(headers.get("Range", "").replace(" ", ""))
    if not asked or asked[0] == "bytes=-" or headers.get("If-Range", etag) != etag:
        return 0, size
    first, last = asked.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else None
    start, end = int(first), min(int(last or size - 1), size - 1)
    if last and int(last) < start:
        return 0, size  # not a range at all
    return (start, end - start + 1) if start < size else None


def secured(response):
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    patch_cache_control(response, private=True, no_store=True)
    return response
