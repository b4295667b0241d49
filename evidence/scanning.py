"""From pending to clean or refused: content rules on the bench, then the virus scanner."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from evidence import antivirus, blobs
from evidence.bench import Bench, Verdict
from evidence.errors import ScannerUnavailable
from evidence.models import Document

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
# Bench and scanner give up after 20 s each: a batch ends within its lease even if every file takes that long.
BATCH = 7
# A file the bench fails on so often, while it can judge others, is at fault.
MAX_FAILURES = 5


def scan_batch(now=None, size=BATCH):
    """How many documents got their verdict; 0 means that there is nothing to do at the moment.

    1. lease a batch and commit; 2. judge file by file, outside of any transaction; 3. write each verdict
    if the lease is still ours. Without a verdict a document stays pending and is tried again a little
    later. Killed in between, it is free again when the lease ends.
    """
    leased = lease(now or timezone.now(), size)
    if not leased:
        return 0
    with Bench() as bench:
        return sum(judge(document, bench) for document in leased)


@transaction.atomic
def lease(now, size):
    documents = list(Document.objects.leasable(now).select_for_update(skip_locked=True)[:size])
    until = now + LEASE
    Document.objects.filter(pk__in=[document.pk for document in documents]).update(
        leased_until=until, tries=F("tries") + 1
    )
    for document in documents:
        document.leased_until, document.tries = until, document.tries + 1
    return documents


def judge(document, bench):
    """True if the document got its verdict."""
    try:
        verdict, scanned = examine(document, bench)
        if verdict.preview:
            blobs.write(blobs.preview_path(document.sha256), verdict.preview)
    except (ScannerUnavailable, OSError) as error:
        logger.error("document %s not judged, try %s: %s", document.pk, document.tries, error)
        return give_back(document)
    return ours(document).update(
        state=Document.State.REFUSED if verdict.reason else Document.State.CLEAN,
        reason=verdict.reason,
        warnings=list(verdict.warnings),
        scanned=scanned,
        has_preview=bool(verdict.preview),
        judged_at=timezone.now(),
        leased_until=None,
    )


def examine(document, bench):
    """(Verdict, was it virus-scanned). Raises ScannerUnavailable."""
    path = blobs.path(document.sha256)
    try:
        verdict = bench.judge(path, document.media_type)
    except ScannerUnavailable:
        if document.tries < MAX_FAILURES or not path.is_file() or not bench.is_sound():
            raise
        return Verdict("too_complex"), False
    if verdict.reason or not settings.CLAMD_URL:
        return verdict, False
    found = antivirus.scan(path, settings.CLAMD_URL)
    return (Verdict(found) if found else verdict), True


def ours(document):
    """The document's row, unless the lease ran out and somebody else has it now."""
    return Document.objects.pending().filter(pk=document.pk, leased_until=document.leased_until)


def give_back(document):
    """Free for the next try, soon at first and every minute in the end."""
    pause = timedelta(seconds=min(60, 5 * document.tries))
    ours(document).update(leased_until=timezone.now() + pause)
    return 0
