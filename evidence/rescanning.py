"""Files of the last 30 days are scanned again when the scanner has learnt of new viruses."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evidence import antivirus, blobs, withdrawing
from evidence.errors import ScannerUnavailable
from evidence.models import Document
from evidence.reasons import MADE_HERE

logger = logging.getLogger(__name__)
REMEMBERED = timedelta(days=30)
LEASE = timedelta(minutes=5)
MISSED = timedelta(days=1)  # until an original that is missing is looked for again
BATCH = 10  # of 20 s at most, within the lease


def rescan_batch(now=None, size=BATCH):
    """How many documents were scanned again; 0 if the scanner knows no more than when it last saw them.

    A document that was found clean stays so while it waits, and while the scanner is down. Each is marked with the
    version that looked at it: killed in between, the rest is taken up by the next turn.
    """
    if not settings.CLAMD_URL:
        return 0
    try:
        version = antivirus.version(settings.CLAMD_URL)
        return sum(rescan(document, version) for document in lease(version, now or timezone.now(), size))
    except (ScannerUnavailable, OSError) as error:
        logger.error("files are not scanned again: %s", error)
        return 0


@transaction.atomic
def lease(version, now, size):
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Document.objects.clean().filter(free, received_at__gte=now - REMEMBERED).exclude(scanned_with=version)
    due = due.exclude(warnings__contains=[MADE_HERE]).order_by("received_at")
    documents = list(due.select_for_update(skip_locked=True)[:size])
    Document.objects.filter(pk__in=[document.pk for document in documents]).update(leased_until=now + LEASE)
    return documents


def rescan(document, version):
    """1 if it was scanned; 0 if its original is missing, which must not keep the others from it."""
    try:
        with blobs.local(document.sha256) as path:
            found = antivirus.scan(path, settings.CLAMD_URL)
    except FileNotFoundError:
        logger.error("document %s is not scanned again, its original is missing: %s", document.pk, document.sha256)
        Document.objects.filter(pk=document.pk).update(leased_until=timezone.now() + MISSED)
        return 0
    if found:
        logger.error("document %s had passed, and is withdrawn now: %s", document.pk, found)
        withdrawing.withdraw(document.sha256, found)
    else:
        Document.objects.clean().filter(pk=document.pk).update(scanned=True, scanned_with=version, leased_until=None)
    return 1
