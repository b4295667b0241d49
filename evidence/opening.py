"""Files found inside a document become documents of their own, all at once with its verdict, or none of them."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from evidence import blobs
from evidence.archives import ZIP
from evidence.errors import FileRefused
from evidence.intake import hold
from evidence.models import Document
from evidence.names import clean_name
from evidence.sniffing import EML, EXTENSIONS, MSG, sniff
from evidence.uploading import StreamedUpload

CONTAINERS = frozenset({ZIP, EML, MSG})
MAX_DEPTH = 5
MAX_PARTS = 200  # in all that hangs on one file that was handed in
LONGEST_PATH = 390
# Our own trouble, not the file's: the whole document is tried again later.
OURS = {"storage_full", "storage_away"}


@dataclass
class Found:
    """One file from inside, on the storage's disk; `reason` says why it is left out, "" if it is not."""

    inside: str
    upload: StreamedUpload
    reason: str = ""
    media_type: str = ""


class Spool:
    """Takes the files that the bench finds inside `document`: `with Spool(document) as spool`."""

    def __init__(self, document):
        self.document, self.found = document, []

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.forget()

    def begin(self, inside):
        self.found.append(Found(inside=path_of(inside), upload=StreamedUpload(inside)))

    def take(self, chunk):
        self.found[-1].upload.take(chunk)

    def end(self, reason):
        """Looks at what came as the door does: an unknown type, a program, an empty file are left out."""
        found = self.found[-1]
        upload = found.upload.ready()
        if upload.problem in OURS:
            raise FileRefused(upload.problem)
        try:
            found.reason = reason or upload.problem
            if not found.reason:
                found.media_type = sniff(upload.file, upload.name)
                found.reason = "nested_archive" if found.media_type == ZIP and self.is_in_archive() else ""
        except FileRefused as refused:
            found.reason = refused.code
        if found.reason:
            upload.close()

    def is_in_archive(self):
        each = self.document
        while each is not None:
            if each.media_type == ZIP:
                return True
            each = each.parent
        return False

    def forget(self):
        for found in self.found:
            found.upload.close()
        self.found = []

    @property
    def kept(self):
        return [found for found in self.found if not found.reason]


def path_of(inside):
    """Where a file lies inside, as a text that any page and any table can hold."""
    parts = [clean_name(part) for part in inside.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-LONGEST_PATH:] or "document"


def may_open(document):
    return document.depth < MAX_DEPTH


def write_members(document, spool):
    """Makes a document, pending, of each file that is kept; returns what the parent's row says of them.

    Inside the transaction that writes the parent's verdict: a worker killed before its end leaves bytes without
    rows, which are swept, and a parent that is opened again.
    """
    if not spool.found:
        return {"parts": 0, "left_out": []}, ()
    room = max(0, MAX_PARTS - count_below(root_of(document)))
    kept, beyond, taken = spool.kept[:room], spool.kept[room:], set()
    for found in kept:
        found.inside = unused(found.inside, taken)
        hold(found.upload.sha256)
        with blobs.room():
            blobs.keep(found.upload.file, blobs.path(found.upload.sha256))
    Document.objects.bulk_create(
        Document(
            owner_id=document.owner_id,
            parent=document,
            inside=found.inside,
            depth=document.depth + 1,
            name=clean_name(found.upload.name, EXTENSIONS[found.media_type][0]),
            sha256=found.upload.sha256,
            size=found.upload.size,
            media_type=found.media_type,
        )
        for found in kept
    )
    left_out = [{"inside": found.inside, "reason": found.reason} for found in spool.found if found.reason]
    return {"parts": len(kept) + len(left_out), "left_out": left_out}, ("too_many_parts",) if beyond else ()


@transaction.atomic
def leave_out(member, reason):
    """Gives up a file from inside, with all that lies in it, because there is no place for it; its parent says so."""
    parent = Document.objects.select_for_update(of=("self",)).get(pk=member.parent_id)
    parent.left_out = [*parent.left_out, {"inside": member.inside, "reason": reason}]
    parent.save(update_fields=["left_out"])
    forget(member)


def forget(member):
    """The rows of a member and of what lies in it; the sweeper takes the bytes, unless others need them."""
    for inner in member.members.all():
        forget(inner)
    member.delete()


def unused(inside, taken):
    """`inside`, or the like if a file of that path was there before: archives may name two files alike."""
    candidate, number = inside, 1
    while candidate in taken:
        number += 1
        candidate = f"{inside} ({number})"
    taken.add(candidate)
    return candidate


def root_of(document):
    while document.parent is not None:
        document = document.parent
    return document


def count_below(root):
    below = Q()
    for depth in range(1, MAX_DEPTH + 1):
        below |= Q(**{"__".join(["parent"] * depth): root})
    return Document.objects.filter(below).count()
