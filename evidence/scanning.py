"""From pending to clean or refused: content rules on the bench, then the virus scanner."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from evidence import antivirus, blobs, opening, withdrawing
from evidence.bench import Verdict, warm
from evidence.errors import FileRefused, ScannerUnavailable
from evidence.models import Document

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
BATCH = 50
# Verdicts are written many at a time, but not later than this, the file in hand apart.
SOON = 0.5
# Bench and scanner give up after 20 s each, and files from inside take a while to be stored: nothing is begun
# that might not end within the lease.
LONGEST = 80
# A file the bench fails on so often, while it can judge others, is at fault.
MAX_FAILURES = 5
# A file that is missing for so long is asked for again.
GIVEN_UP = timedelta(days=1)


def scan_batch(now=None, size=BATCH):
    """How many documents got their verdict; 0 means that there is nothing to do at the moment.

    1. lease a batch and commit; 2. judge file by file, outside of any transaction; 3. write the verdicts
    if the lease is still ours. Without a verdict a document stays pending and is tried again a little
    later. Killed in between, it is free again when the lease ends.
    """
    started = written_at = time.monotonic()
    leased = lease(now or timezone.now(), size)
    if not leased:
        return 0
    done, verdicts = 0, []
    try:
        with warm as bench:
            for place, document in enumerate(leased):
                if time.monotonic() > started + LEASE.total_seconds() - LONGEST:
                    release(leased[place:])
                    break
                done += judge(document, bench, verdicts)
                if time.monotonic() > written_at + SOON:
                    done, verdicts, written_at = done + write(verdicts), [], time.monotonic()
    finally:
        # Whatever one document leads to, those judged before it have their verdict.
        done += write(verdicts)
    return done


@transaction.atomic
def lease(now, size):
    rows = Document.objects.leasable(now).select_for_update(skip_locked=True, of=("self",))
    documents = list(rows.select_related("parent")[:size])
    until = now + LEASE
    Document.objects.filter(pk__in=[document.pk for document in documents]).update(
        leased_until=until, tries=F("tries") + 1
    )
    for document in documents:
        document.leased_until, document.tries = until, document.tries + 1
    return documents


def judge(document, bench, verdicts):
    """Adds what is to be written about the document to `verdicts`; True if it was written at once.

    That is so for files that hold others, which become rows with the verdict, and for a virus, which is withdrawn.
    """
    with opening.Spool(document) as spool:
        try:
            verdict, version = examine(document, bench, spool)
            if verdict.preview:
                blobs.write_preview(document.sha256, verdict.preview)
            if spool.found or verdict.reason == "malware":
                return record(document, verdict, version, spool)
        except (ScannerUnavailable, FileRefused, OSError) as error:
            logger.error("document %s not judged, try %s: %s", document.pk, document.tries, error)
            if not is_lost(document):
                return give_back(document)
            verdict, version = Verdict("lost"), None
    verdicts.append((document, outcome(document, verdict, version)))
    return 0


def is_lost(document):
    """Whether its original is missing from a storage that answers, and was for so long that it will not come back."""
    if document.received_at > timezone.now() - GIVEN_UP:
        return False
    try:
        blobs.answers()
        return bool(blobs.lost([document.sha256]))
    except OSError:
        return False


def outcome(document, verdict, version):
    """What the row of a document says from now on, if no others were found inside."""
    opened = verdict.opened and not verdict.reason and document.media_type in opening.CONTAINERS
    return {
        "state": Document.State.REFUSED if verdict.reason else Document.State.CLEAN,
        "reason": verdict.reason,
        "warnings": list(dict.fromkeys(verdict.warnings)),
        "scanned": version is not None,
        "scanned_with": version or "",
        "has_preview": bool(verdict.preview),
        "leased_until": None,
        **({"parts": 0, "left_out": []} if opened else {}),
    }


def write(verdicts):
    """Writes (document, outcome) pairs, those of equal outcome together; how many were still ours.

    One that cannot be written with the others, who may wait for each other over equal bytes, is written alone.
    """
    alike = {}
    for document, found in verdicts:
        alike.setdefault((document.leased_until, repr(found)), (found, []))[1].append(document)
    return sum(write_alike(documents, found) for found, documents in alike.values())


def write_alike(documents, found):
    try:
        with transaction.atomic():
            lazily()
            return ours(*documents).update(**found, judged_at=timezone.now())
    except OperationalError:
        if len(documents) == 1:
            raise
        return sum(write_alike([document], found) for document in documents)


@transaction.atomic
def record(document, verdict, version, spool):
    """Writes the verdict and, with it, the documents that were found inside."""
    lazily()
    found = outcome(document, verdict, version)
    if "parts" in found:
        if not ours(document).select_for_update().exists():
            return 0
        inside, more = opening.write_members(document, spool)
        found |= {**inside, "warnings": list(dict.fromkeys((*found["warnings"], *more)))}
    written = ours(document).update(**found, judged_at=timezone.now())
    if written and verdict.reason == "malware":
        withdrawing.withdraw(document.sha256)
    return written


def lazily():
    """To the end of the transaction: a power cut may lose this verdict, for then the document is judged again.

    Whoever draws conclusions from it writes later, and so makes it durable.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def examine(document, bench, spool):
    """(Verdict, version of the scanner that found nothing or None if none looked). Raises ScannerUnavailable."""
    with blobs.local(document.sha256) as path:
        return examined(document, path, bench, spool)


def examined(document, path, bench, spool):
    try:
        wanted = spool if opening.may_open(document) else None
        verdict = bench.judge(path, document.media_type, wanted, group=str(document.owner_id))
    except ScannerUnavailable:
        if document.tries < MAX_FAILURES or not path.is_file() or not bench.is_sound():
            raise
        return Verdict("too_complex"), None
    verdict = with_regard_to_what_is_inside(document, verdict, spool)
    if verdict.reason or not settings.CLAMD_URL:
        return verdict, None
    version = antivirus.version(settings.CLAMD_URL)
    found = antivirus.scan(path, settings.CLAMD_URL)
    return (Verdict(found) if found else verdict), version


def with_regard_to_what_is_inside(document, verdict, spool):
    """The Verdict on a document that may hold others: an archive that could not be opened is of no use to anybody."""
    if verdict.reason or document.media_type not in opening.CONTAINERS:
        return verdict
    is_archive = document.media_type == opening.ZIP
    if not opening.may_open(document):
        return Verdict(warnings=(*verdict.warnings, "too_deep"))
    if not verdict.opened:
        return Verdict("too_complex") if is_archive else Verdict(warnings=(*verdict.warnings, "too_many_parts"))
    if is_archive and not spool.kept:
        return Verdict("archive_unsafe")
    return verdict


def ours(*documents):
    """The rows of documents that were leased together, unless the lease ran out and somebody else has them now."""
    keys = [document.pk for document in documents]
    return Document.objects.pending().filter(pk__in=keys, leased_until=documents[0].leased_until)


def give_back(document):
    """Free for the next try, soon at first and every minute in the end."""
    pause = timedelta(seconds=min(60, 5 * document.tries))
    ours(document).update(leased_until=timezone.now() + pause)
    return 0


def release(documents):
    """Free at once, as if they had not been taken: there was no time for them."""
    for document in documents:
        ours(document).update(leased_until=None, tries=F("tries") - 1)
