"""Deletes documents for good, and proves it.

`order` is called in the transaction of whoever decides: it makes tombstones of the documents and writes down whose
bytes are to go. `delete_batch` works that list off afterwards: it notes what the bytes hash to, removes them unless a
kept document shares them, and asks the storage whether they are gone: in the folder, and every version of them in a
bucket. Killed at any step it is taken up again.
"""

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from evidence import blobs, sweeping
from evidence.intake import hold
from evidence.models import DeletedFile, Deletion, Document, Upload
from evidence.moving import alone_with

MISSING = "missing"
WAITING, GONE, SHARED = DeletedFile.Outcome.WAITING, DeletedFile.Outcome.GONE, DeletedFile.Outcome.SHARED


def with_members(documents):
    """The documents and what lies in them at any depth, as locked rows; deleted ones are left out."""
    found, level = set(), {document.pk for document in documents}
    while level:
        found |= level
        level = set(Document.objects.filter(parent__in=level).values_list("pk", flat=True))
    return list(Document.objects.kept().filter(pk__in=found).order_by("pk").select_for_update(of=("self",)))


def order(documents, *, rule, days, why):
    """Ends `documents` (locked, judged) in the caller's transaction; returns the Deletion. Their bytes go after it."""
    if not connection.in_atomic_block:
        raise RuntimeError("order() belongs inside an action's transaction")
    deletion = Deletion.objects.create(rule=rule, days=days, why=why)
    DeletedFile.objects.bulk_create(
        DeletedFile(deletion=deletion, document=document, sha256=document.sha256, size=document.size)
        for document in documents
    )
    for document in documents:
        bury(document, deletion.ordered_at)
    Upload.objects.filter(document__in=documents).delete()
    return deletion


def bury(document, now):
    """Nothing that could say whose it was stays in the row."""
    document.state, document.deleted_at, document.has_preview = Document.State.DELETED, now, False
    document.name, document.reason, document.warnings, document.leased_until = "", "", [], None
    document.inside = str(document.pk) if document.parent_id else ""
    document.left_out = [{"inside": "", "reason": each["reason"]} for each in document.left_out]
    document.save(
        update_fields=[
            *("state", "deleted_at", "has_preview", "name", "reason", "warnings", "leased_until", "inside", "left_out")
        ]
    )


def delete_batch(*, size=50):
    """Removes the bytes of up to `size` files; returns how many were settled."""
    waiting = DeletedFile.objects.filter(outcome=WAITING).order_by("tries", "pk")
    return sum(settle(pk) for pk in list(waiting.values_list("pk", flat=True)[:size]))


def settle(pk):
    """1 if the file is settled now; 0 if it is not, or somebody else is at it."""
    sha256 = DeletedFile.objects.filter(pk=pk, outcome=WAITING).values_list("sha256", flat=True).first()
    if sha256 is None:
        return 0
    try:
        with alone_with(sha256) as alone:
            return alone and settled(pk, sha256)
    except OSError as error:
        row = DeletedFile.objects.filter(pk=pk, outcome=WAITING)
        row.update(tries=F("tries") + 1, last_error=str(error)[:200])
        return 0


def settled(pk, sha256):
    """The steps of it. No transaction is open while the bucket is asked; nobody moves the bytes there meanwhile."""
    bucket = blobs.bucket()
    if not witness(pk, blobs.hash_of(sha256), len(bucket.left_of(sha256)) if bucket else 0):
        return 0
    if remove(pk) == SHARED:
        return 1
    if bucket:
        bucket.remove(sha256)
    return conclude(pk, bucket.left_of(sha256) if bucket else [])


def locked(pk):
    rows = DeletedFile.objects.filter(pk=pk, outcome=WAITING)
    return rows.select_for_update(skip_locked=True, of=("self",)).first()


@transaction.atomic(durable=True)
def witness(pk, found, versions):
    """Writes down what is about to go, before it goes."""
    row = locked(pk)
    if row is None:
        return 0
    if not row.hash_before:
        row.hash_before, row.versions = found or MISSING, versions
        row.save(update_fields=["hash_before", "versions"])
    return 1


@transaction.atomic(durable=True)
def remove(pk):
    """Removes the bytes from the folder, and what came of them, unless a kept document shares them; the outcome."""
    row = locked(pk)
    if row is None or is_shared(row):
        return SHARED
    sweeping.wipe(row.sha256)
    return row.outcome


def is_shared(row):
    """Whether a kept document needs these bytes. If so they stay, and the row says so; else nobody stores them now."""
    hold(row.sha256, alone=True)
    if not Document.objects.kept().filter(sha256=row.sha256).exists():
        return False
    row.outcome = SHARED
    row.save(update_fields=["outcome"])
    finish([row.deletion_id])
    return True


@transaction.atomic(durable=True)
def conclude(pk, left):
    """Writes down that the bytes are gone. Raises OSError for what is `left` in the bucket, or still in the folder."""
    row = locked(pk)
    if row is None or is_shared(row):
        return 1
    if left := [*blobs.left_of(row.sha256), *left]:
        raise OSError(f"still there after its removal: {left}")
    return prove(row)


def prove(row):
    """These bytes are gone for every deletion that named them, also those for which they had to stay until now."""
    same = DeletedFile.objects.filter(sha256=row.sha256).exclude(outcome=GONE)
    concerned = list(same.order_by("pk").select_for_update(of=("self",)).values_list("pk", "deletion_id"))
    same = DeletedFile.objects.filter(pk__in=[pk for pk, _deletion in concerned])
    same.filter(hash_before="").update(hash_before=row.hash_before, versions=row.versions)
    same.update(outcome=GONE, absent_at=timezone.now(), last_error="")
    finish({deletion for _pk, deletion in concerned})
    return 1


def finish(deletions):
    over = Deletion.objects.filter(pk__in=deletions, finished_at=None)
    over.exclude(files__outcome=WAITING).update(finished_at=timezone.now())
