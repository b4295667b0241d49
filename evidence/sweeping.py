"""Removes what crashes and rollbacks leave behind: parts of dead requests, uploads given up, bytes without a row."""

import logging
import shutil
import time
from datetime import UTC, datetime

from django.db import transaction

from evidence import blobs, resuming
from evidence.errors import StorageAway
from evidence.intake import hold
from evidence.models import Content, DeletedFile, Document, Fingerprint, Leaves
from evidence.moving import alone_with

logger = logging.getLogger(__name__)
GRACE = 3600  # seconds; longer than any request or transaction lives


def sweep(now=None):
    """How many files were removed; `now` in seconds since the epoch."""
    now = now or time.time()
    before = now - GRACE
    given_up = resuming.sweep(datetime.fromtimestamp(now, UTC), before)
    here = given_up + sweep_parts(before) + sum(sweep_folder(folder, before) for folder in blobs.folders())
    return here + (sweep_bucket(blobs.bucket(), before) if blobs.bucket() else 0)


def sweep_parts(before):
    old = blobs.older(blobs.incoming(), before)
    for part in old:
        part.unlink(missing_ok=True)
    return len(old)


def sweep_folder(folder, before):
    old = {path.stem for path in blobs.older(folder, before)}
    return sum(remove(sha256) for sha256 in old.difference(spoken_for(old)))


def sweep_bucket(bucket, before):
    swept = 0
    try:
        swept += bucket.abandoned(before)
        for old in bucket.older(before):
            swept += sum(take_out(bucket, sha256) for sha256 in old.difference(spoken_for(old)))
    except StorageAway as error:
        logger.error("the bucket is not swept: %s", error)
    return swept


def take_out(bucket, sha256):
    """Removes all versions of an original from the bucket, unless somebody stored the same bytes again."""
    with alone_with(sha256) as alone:
        if not alone or not remove(sha256):
            return 0
        bucket.remove(sha256)
        return 1


def spoken_for(hashes):
    """Those that a kept document needs, or that are still to be deleted with proof."""
    kept = Document.objects.kept().filter(sha256__in=hashes).values_list("sha256", flat=True)
    listed = DeletedFile.objects.filter(sha256__in=hashes, outcome=DeletedFile.Outcome.WAITING)
    return {*kept, *listed.values_list("sha256", flat=True)}


@transaction.atomic
def remove(sha256):
    """Removes original and preview, unless somebody just stored the same bytes again."""
    hold(sha256, alone=True)
    if spoken_for([sha256]):
        return False
    wipe(sha256)
    return True


def wipe(sha256):
    """Everything that came of these bytes, and the bytes. The caller holds them alone, and nobody needs them."""
    blobs.delete(sha256)
    shutil.rmtree(blobs.leaves_folder(sha256), ignore_errors=True)
    Leaves.objects.filter(sha256=sha256).delete()
    # What they said goes with them: text by page, facts, mail, and what they look like.
    Content.objects.filter(sha256=sha256).delete()
    Fingerprint.objects.filter(sha256=sha256).delete()
