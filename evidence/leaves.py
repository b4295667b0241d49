"""Pages of documents as pictures, made in a process with limits once somebody wants to see them."""

import logging
import subprocess
import sys
import threading
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from evidence import blobs
from evidence.bench import ENVIRONMENT, PROJECT
from evidence.models import Document, Leaves
from evidence.sniffing import PDF, PICTURES

logger = logging.getLogger(__name__)
SHOWN = PICTURES | {PDF}  # what has pages that can be looked at
MOST = 200  # pages of one document; of what is longer the rest is left to its download
LEASE = timedelta(minutes=5)
PATIENCE = 120  # seconds for one document
BIGGEST = 8 * 1024 * 1024  # bytes of one picture
MOST_TRIES = 3


class Unprintable(Exception):
    """No picture can be made of this document."""


def want(documents):
    """Asks for the pages of those of `documents` that are clean and have some; asking twice changes nothing."""
    wanted = {each.sha256: each for each in documents if each.state == Document.State.CLEAN}
    rows = [
        Leaves(sha256=digest, media_type=each.media_type) for digest, each in wanted.items() if each.media_type in SHOWN
    ]
    Leaves.objects.bulk_create(rows, ignore_conflicts=True)


def render_batch(now=None):
    """Makes the pages of the document that waits longest; returns how many were taken in hand: 0 or 1.

    1. lease it and commit; 2. make the pictures; 3. write down how many, if the lease is still ours. Killed in
    between, it is free again when the lease ends, and the same pictures are made again.
    """
    leaves = lease(now or timezone.now())
    if leaves is None:
        return 0
    try:
        pages, made = make(leaves.sha256, leaves.media_type)
    except Unprintable as error:
        logger.warning("no pages of %s: %s", leaves.pk, error)
        end(leaves, state=Leaves.State.FAILED)
    except (OSError, DatabaseError) as error:
        logger.error("pages of %s not made, try %s: %s", leaves.pk, leaves.tries, error)
        if leaves.tries >= MOST_TRIES:
            end(leaves, state=Leaves.State.FAILED)
        else:
            ours(leaves).update(leased_until=timezone.now() + timedelta(seconds=10 * leaves.tries))
    else:
        end(leaves, state=Leaves.State.READY, pages=pages, made=made)
    return 1


@transaction.atomic
def lease(now):
    leaves = Leaves.objects.leasable(now).select_for_update(skip_locked=True).first()
    if leaves is None:
        return None
    leaves.leased_until, leaves.tries = now + LEASE, leaves.tries + 1
    if leaves.tries > MOST_TRIES:  # whoever had it was killed each time
        leaves.state, leaves.leased_until = Leaves.State.FAILED, None
    leaves.save(update_fields=["leased_until", "tries", "state"])
    return leaves if leaves.state == Leaves.State.WAITING else None


def ours(leaves):
    return Leaves.objects.filter(pk=leaves.pk, state=Leaves.State.WAITING, leased_until=leaves.leased_until)


def end(leaves, **found):
    ours(leaves).update(**found, leased_until=None)


def make(sha256, media_type):
    """(how many pages there are, how many pictures of them lie on the storage now). Raises Unprintable."""
    pages, made = 0, 0
    with blobs.local(sha256) as path:
        for found in pressed(path, media_type):
            if isinstance(found, int):
                pages = found
            else:
                made += 1
                blobs.write(blobs.leaf_path(sha256, made), found)
    if not made:
        raise Unprintable("not a single page")
    return pages, made


def pressed(path, media_type, most=MOST):
    """Yields the number of pages, then the pictures (JPEG) of the first `most`, as far as the process gets."""
    process = subprocess.Popen(
        [sys.executable, "-m", "evidence.press", str(path), media_type, str(most)],
        cwd=PROJECT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    try:
        said = process.stdout.read(4)
        if len(said) == 4:
            pages = int.from_bytes(said, "big")
            yield min(pages, 2**31 - 1)
            for _page in range(min(pages, most)):
                size = int.from_bytes(process.stdout.read(4), "big")
                picture = process.stdout.read(size) if 0 < size <= BIGGEST else b""
                if not picture or len(picture) < size:
                    return
                yield picture
    finally:
        watch.cancel()
        process.kill()
        process.communicate()
