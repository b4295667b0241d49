"""What must be true of the files that rows speak of: evidence and reports."""

import csv
from hashlib import file_digest
from itertools import chain
from time import time
from zipfile import BadZipFile, ZipFile

from claims.models import Export
from claims.reports.files import path_of
from evidence import blobs
from evidence.models import Document
from evidence.sweeping import spoken_for

SAMPLE = 100  # files that a fast look reads
AN_HOUR = 3600  # seconds; longer than any request lives between bytes and row
CHUNK = 500


# What was found inside a document is there once, or was left out by name; none of it came before its holder's verdict.
MEMBERS = """
SELECT 'document ' || holder.id || ': ' || holder.parts || ' files were found inside, but '
    || count(member.id) || ' are kept and ' || jsonb_array_length(holder.left_out) || ' left out'
FROM evidence_document holder LEFT JOIN evidence_document member ON member.parent_id = holder.id
WHERE holder.parts IS NOT NULL
GROUP BY holder.id HAVING count(member.id) + jsonb_array_length(holder.left_out) <> holder.parts
UNION ALL
SELECT 'document ' || member.id || ': lies inside ' || holder.id || CASE
        WHEN holder.state = 'pending' THEN ', which was not judged'
        WHEN holder.parts IS NULL THEN ', which was not opened'
        WHEN holder.owner_id <> member.owner_id THEN ', which is somebody else''s'
        WHEN holder.depth + 1 <> member.depth THEN ' at another depth'
        ELSE ', which passed although a virus is in it' END
FROM evidence_document member JOIN evidence_document holder ON holder.id = member.parent_id
WHERE holder.state = 'pending' OR holder.parts IS NULL OR holder.owner_id <> member.owner_id
    OR holder.depth + 1 <> member.depth OR (holder.state = 'clean' AND member.reason = 'malware')
UNION ALL
SELECT 'document ' || inner_one.document_id || ': is in claim ' || inner_one.claim_id || ', what holds it in claim '
    || outer_one.claim_id
FROM claims_attachment inner_one
JOIN evidence_document member ON member.id = inner_one.document_id
JOIN claims_attachment outer_one ON outer_one.document_id = member.parent_id
WHERE inner_one.claim_id <> outer_one.claim_id
UNION ALL
SELECT 'document ' || document_id || ': claim ' || claim_id || ' heard of a verdict that there is not'
FROM claims_attachment JOIN evidence_document ON evidence_document.id = document_id
WHERE heard <> '' AND state = 'pending'
"""


def documents_are_whole(cursor, fast):
    """Every document's bytes are there and are the ones handed in; none is clean unjudged; no bytes without a row."""
    cursor.execute(MEMBERS)
    yield from [line for (line,) in cursor.fetchall()]
    unjudged = Document.objects.exclude(state=Document.State.PENDING).filter(judged_at=None)
    for pk, state in unjudged.values_list("pk", "state"):
        yield f"document {pk}: {state}, but nobody judged it"


def bytes_are_whole(fast):
    """The part of it that asks the storage, after the moment that the database was looked at."""
    kept = Document.objects.kept()
    documents = kept.order_by("?")[:SAMPLE] if fast else kept.order_by("sha256", "id")
    seen = None
    for document in documents.iterator(CHUNK):
        found = []
        if document.sha256 != seen:  # equal files lie there once
            seen = document.sha256
            found.append(stored_otherwise(document))
        if document.has_preview and not blobs.preview_path(document.sha256).is_file():
            found.append("its preview is missing")
        if any(found) and kept.filter(pk=document.pk).exists():
            yield from (f"document {document.pk}: {why}" for why in found if why)
    if not fast:
        yield from bytes_without_row()


def stored_otherwise(document):
    """How the stored bytes differ from what the row says, "" if they do not."""
    try:
        with blobs.local(document.sha256) as path:
            return difference(path, document.size, document.sha256)
    except FileNotFoundError:
        return "its file is missing"


def bytes_without_row():
    before = time() - AN_HOUR
    batches = [{path.stem for path in blobs.older(folder, before)} for folder in blobs.folders()]
    for old in chain(batches, blobs.bucket().older(before) if blobs.bucket() else ()):
        known = spoken_for(old)
        yield from (f"{sha256}: stored, but no document has these bytes" for sha256 in old.difference(known))


def exports_are_whole(_cursor, fast):
    ready = Export.objects.filter(state=Export.State.READY).order_by("-created_at")
    for export in (ready[:SAMPLE] if fast else ready).iterator(CHUNK):
        path = path_of(export)
        why = difference(path, export.size, export.sha256) or uneven(export, path)
        if why:
            yield f"export {export.pk}: {why}"


def difference(path, size, sha256):
    """How a file differs from what its row says, "" if it does not."""
    if not path.is_file():
        return "its file is missing"
    if path.stat().st_size != size:
        return f"its file has {path.stat().st_size} bytes, not {size}"
    with path.open("rb") as file:
        return "" if file_digest(file, "sha256").hexdigest() == sha256 else "its file was changed"


def uneven(export, path):
    """Whether a report ends well-formed and has the rows it says; "" if so."""
    if export.format == "xlsx":
        return broken_workbook(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        widths = [0, None]
        for row in csv.reader(file, strict=True):
            if widths[1] not in (None, len(row)):
                return f"row {widths[0]} has {len(row)} cells"
            widths = [widths[0] + 1, len(row)]
    return "" if widths[0] == export.rows + 1 else f"its file has {widths[0] - 1} rows, not {export.rows}"


def broken_workbook(path):
    try:
        with ZipFile(path) as book:
            damaged = book.testzip()
    except BadZipFile:
        return "its file is no workbook"
    return f"{damaged} in its file is damaged" if damaged else ""
