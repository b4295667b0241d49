"""All documents of a claim as one list with numbers: what an archive and a bundle are made of."""

import csv
import io
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from claims.models import Attachment
from claims.reports.inside import arranged
from evidence import reasons
from evidence.archives import ZIP
from evidence.models import Document

COLUMNS = (
    "number", "file", "name", "kind", "item", "from", "sha256", "size", "media_type", "state", "received", "inside",
    "left_out",
)  # fmt: skip
# What some system does not take in the name of a file.
UNFIT = re.compile(r"[^\w.()+,@&=\- ]")
LONGEST = 80


@dataclass(frozen=True)
class Line:
    """One document. `file` is its name in the archive, "" if it is left out because of `left_out`."""

    number: int
    attachment: Attachment
    file: str
    left_out: str
    left_out_code: str

    @property
    def document(self):
        return self.attachment.document

    def to_json(self):
        document, item = self.document, self.attachment.item
        return {
            "number": self.number,
            "file": self.file,
            "name": document.name,
            "kind": self.attachment.kind,
            "item": item.head if item else "",
            "from": document.owner.email,
            "sha256": document.sha256,
            "size": document.size,
            "media_type": document.media_type,
            "state": document.state,
            "received": document.received_at.isoformat(timespec="seconds"),
            "inside": document.inside,
            "left_out": self.left_out_code,
        }


def hashes_of(claim):
    """Of the documents that should be on the storage."""
    kept = Document.objects.kept().filter(attachment__claim=claim)
    return set(kept.values_list("sha256", flat=True))


def lines_of(claim, lost=frozenset()):
    """The documents in the order of the case page, numbered from 1; in so many queries however many there are.

    `lost` are the hashes of bytes that are not on the storage.
    """
    rows = claim.attachments.select_related("document__owner", "document__parent", "item")
    unfit = Document.objects.refused().filter(parent__attachment__claim=claim).values_list("parent_id", flat=True)
    unfit = set(unfit)
    return [line(number, each, unfit, lost) for number, each in enumerate(arranged(rows), 1)]


def line(number, attachment, unfit, lost):
    """`unfit` are the ids of documents in which others were refused."""
    code, why = trouble(attachment.document, unfit, lost)
    return Line(number, attachment, "" if code else file_name(number, attachment.document.name), why, code)


def trouble(document, unfit, lost):
    """(code, text) why a document is not handed out, ("", "") if it is: what evidence.delivery says of one."""
    if document.state == Document.State.DELETED:
        return "deleted", str(reasons.DOOR["deleted"][1])
    if document.reason:
        return document.reason, str(reasons.REASONS[document.reason])
    if document.state != Document.State.CLEAN:
        return "not_checked_yet", str(reasons.DOOR["not_checked_yet"][1])
    if document.media_type == ZIP and (document.left_out or document.pk in unfit):
        return "refused_inside", str(reasons.DOOR["refused_inside"][1])
    if document.sha256 in lost:
        return "missing", _("It is not on our storage.")
    return "", ""


def file_name(number, name):
    """Safe on every system and unique: the number makes it neither reserved nor equal to another one."""
    name = UNFIT.sub("_", name).strip(" .") or "document"
    stem, dot, end = name.rpartition(".")
    if len(name) > LONGEST:
        name = f"{stem[: LONGEST - len(end) - 1]}.{end}" if dot and len(end) < 10 else name[:LONGEST]
    return f"{number:03}-{name}"


def as_csv(rows):
    """The manifest as CSV (bytes, with a BOM for Excel); what would be a formula there is text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
    return out.getvalue().encode("utf-8-sig")


def harmless(value):
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
