"""All documents of a claim as one PDF for court: asked for by staff, bound by a worker, kept by what it is made of."""

import logging
import os
import shutil
import time
from datetime import timedelta
from functools import partial
from hashlib import file_digest
from pathlib import Path

import pikepdf
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from claims.actions import journal
from claims.actions.archiving import hash_of, studied
from claims.letters.binding import Unbound, bind
from claims.models import Bundle
from claims.models.journal import chain_of
from claims.reports import binding
from claims.rules.errors import Refused
from claims.rules.letters import language_of
from evidence import blobs, leaves
from evidence.blobs import NO_ROOM, folder, sync
from evidence.models import Document, Leaves, Reading

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=6)  # longer than the longest step: pictures of one document, or the typesetting
RETRY = timedelta(seconds=10)  # times the number of tries
MOST_TRIES = 3


class Lost(Exception):
    """The bundle is no longer ours: taken over after our lease ran out."""


def path_of(bundle):
    """Where a ready bundle lies; nothing but whole files is ever called so."""
    return Path(settings.EXPORTS_ROOT) / "bundles" / f"{bundle.pk}.pdf"


@transaction.atomic
def request_bundle(reference, *, by):
    """The Bundle of the documents as they are now: the one that there is, or a new one in the queue."""
    claim = studied(reference, by=by)
    manifest, digest = current(claim, by)
    known = Bundle.objects.filter(claim=claim, digest=digest).exclude(state=Bundle.State.FAILED)
    bundle, made = known.get_or_create(
        defaults={"claim": claim, "digest": digest, "requested_by": by, "manifest": manifest}
    )
    if not made and bundle.state == Bundle.State.READY and not path_of(bundle).is_file():
        Bundle.objects.filter(pk=bundle.pk).update(state=Bundle.State.QUEUED, tries=0, done=0, finished_at=None)
        bundle.refresh_from_db()
    if made:
        facts = {"claim": claim.pk, "manifest": digest, "documents": len(manifest["documents"])}
        journal.record(chain_of(bundle), "request", by=by, new=bundle.state, facts=facts, first=True)
    return bundle


def current(claim, by):
    with translation.override(language_of(by.language)):
        manifest = binding.manifest_of(claim, language_of(by.language))
    return manifest, hash_of(manifest)


def newest(claim):
    """The latest bundle of the claim that somebody asked for, or None."""
    return claim.bundles.order_by("-created_at").first()


def forget(claim):
    """Bundles go with the documents that they show: rows now, files as soon as that is settled."""
    for bundle in claim.bundles.all():
        transaction.on_commit(partial(path_of(bundle).unlink, missing_ok=True))
    claim.bundles.all().delete()


def sweep():
    """Removes what crashes leave: files of bundles whose rows are gone, and dead workers' work; returns how many."""
    files = {path.stem: path for path in path_of(Bundle()).parent.glob("*.pdf")}
    known = {str(pk) for pk in Bundle.objects.filter(pk__in=files).values_list("pk", flat=True)}
    for stem in files.keys() - known:
        files[stem].unlink(missing_ok=True)
    return len(files.keys() - known) + sweep_work()


def sweep_work():
    """Removes the folders in which nobody binds any more, because their worker was killed and the bundle has ended."""
    parts = path_of(Bundle()).parent / "incoming"
    before = time.time() - LEASE.total_seconds()
    old = [path for path in parts.glob("*-*") if path.stat().st_mtime < before]
    running = Bundle.objects.filter(state=Bundle.State.RUNNING, leased_until__gt=timezone.now())
    busy = {f"{bundle.pk}-{bundle.tries}" for bundle in running}
    dead = [path for path in old if path.name not in busy]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return len(dead)


@transaction.atomic
def opened(reference, *, by, request_id=""):
    """(Bundle, its file open for reading), once it is written down who gets which documents. Raises Refused."""
    claim = studied(reference, by=by)
    bundle = newest(claim)
    if bundle is None:
        raise Refused("not_ready", _("Nobody asked for a bundle of this claim yet."), status=409)
    if bundle.state != Bundle.State.READY:
        raise Refused("not_ready", _("The bundle is not ready."), status=409)
    documents = bound(bundle)
    if any(document.state != Document.State.CLEAN for document in documents):
        raise Refused("stale", _("A document was withdrawn since. Ask for the bundle again."), status=409)
    try:
        file = path_of(bundle).open("rb")
    except FileNotFoundError as error:
        raise Refused("gone", _("The file is no longer there. Ask for it again."), status=410) from error
    why = f"bundle of {claim.reference}"
    Reading.objects.bulk_create(
        Reading(document=each, reader=by, how=Reading.How.DOWNLOAD, why=why, request_id=request_id)
        for each in documents
    )
    journal.record(chain_of(bundle), "download", by=by, old=bundle.state, new=bundle.state)
    return bundle, file


def bound(bundle):
    """The documents that are shown in a bundle."""
    shown = [each["id"] for each in bundle.manifest["documents"] if each["how"]]
    return list(Document.objects.filter(pk__in=shown))


def bind_batch():
    """Binds the bundle that waits longest; returns how many were taken in hand: 0 or 1.

    1. lease it and commit; 2. make pages and PDF with no transaction open; 3. rename it and mark it ready. Killed in
    between, it is taken again when the lease ends, and comes out the same.
    """
    bundle = lease()
    if bundle is None:
        return 0
    parts = folder(path_of(bundle).parent / "incoming")
    part = parts / f"{bundle.pk}-{bundle.tries}"
    for left_behind in parts.glob(f"{bundle.pk}-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    try:
        finish(bundle, build(bundle, folder(part)))
    except Lost:
        log.info("bundle %s is no longer ours", bundle.pk)
    except Exception as error:  # whatever went wrong, the bundle must not stay in the middle
        log.exception("bundle %s failed, try %d", bundle.pk, bundle.tries)
        give_back(bundle, error)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return 1


@transaction.atomic(durable=True)
def lease():
    now = timezone.now()
    for bundle in Bundle.objects.bindable(now).select_for_update(skip_locked=True)[:10]:
        if bundle.tries >= MOST_TRIES:
            fail(bundle, _("It was interrupted %(times)d times.") % {"times": bundle.tries})
            continue
        bundle.state, bundle.leased_until, bundle.done = Bundle.State.RUNNING, now + LEASE, 0
        bundle.tries += 1
        bundle.save(update_fields=["state", "leased_until", "done", "tries"])
        return bundle
    return None


def ours(bundle):
    return Bundle.objects.filter(pk=bundle.pk, state=Bundle.State.RUNNING, leased_until=bundle.leased_until)


def go_on(bundle, done):
    """Tells the page how far we are and keeps the lease. Raises Lost."""
    until = timezone.now() + LEASE
    if not ours(bundle).update(done=done, leased_until=until):
        raise Lost
    bundle.leased_until, bundle.done = until, done


def build(bundle, work):
    """Path of the PDF."""
    content = {**bundle.manifest, "digest": f"SHA-256 {bundle.digest}", "documents": []}
    with translation.override(bundle.manifest["language"]):
        for number, document in enumerate(bundle.manifest["documents"], 1):
            content["documents"].append(pages_of(document, work))
            go_on(bundle, number)
    return bind(work, content)


def pages_of(document, work):
    """A document of the manifest with what is shown of it: pictures in `work`, or texts."""
    shown = {**document, "pictures": [], "texts": [], "head": [], "behind": [], "shown": False}
    if document["how"] == "pictures":
        pages, made = pictured(document["sha256"], document["media_type"])
        for number in range(1, made + 1):
            name = f"{document['number']}-{number}.jpg"
            shutil.copyfile(blobs.leaf_path(document["sha256"], number), work / name)
            shown["pictures"].append(name)
        shown["behind"] = binding.behind(document["sha256"], made)
        shown["note"] = document["note"] or binding.shown_note(pages, made)
    elif document["how"] == "text":
        shown["head"], shown["texts"] = binding.texts_of(document["sha256"])
    shown["shown"] = bool(shown["pictures"] or shown["texts"] or shown["head"])
    return shown


def pictured(sha256, media_type):
    """(pages, pictures of them on the storage), made now unless they were before."""
    known = Leaves.objects.filter(pk=sha256, state=Leaves.State.READY).first()
    if known and blobs.leaf_path(sha256, known.made).is_file():
        return known.pages, known.made
    try:
        pages, made = leaves.make(sha256, media_type)
    except leaves.Unprintable:
        return 0, 0
    Leaves.objects.update_or_create(
        pk=sha256,
        defaults={
            "media_type": media_type, "state": Leaves.State.READY, "pages": pages, "made": made, "leased_until": None,
        },
    )  # fmt: skip
    return pages, made


def finish(bundle, part):
    """Gives the file its final name and marks the bundle ready, if it is still ours. Raises Lost."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
        digest = file_digest(file, "sha256").hexdigest()
    with pikepdf.open(part) as pdf:
        pages = len(pdf.pages)
    size = part.stat().st_size
    keep(bundle, part, pages=pages, size=size, sha256=digest)


@transaction.atomic(durable=True)
def keep(bundle, part, **result):
    if ours(bundle).select_for_update().first() is None:
        raise Lost
    os.replace(part, path_of(bundle))
    sync(path_of(bundle).parent)
    ours(bundle).update(state=Bundle.State.READY, finished_at=timezone.now(), leased_until=None, **result)
    journal.record(chain_of(bundle), "build", by=None, old="running", new="ready", facts=result)


@transaction.atomic(durable=True)
def give_back(bundle, error):
    """A full disk is told at once; anything else is tried again in a little while."""
    row = ours(bundle).select_for_update().first()
    if row is None:
        return
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        fail(row, _("There is no room left for it on our disk."))
    elif row.tries >= MOST_TRIES:
        why = str(error) if isinstance(error, Unbound) else type(error).__name__
        fail(row, _("It could not be written (%(why)s).") % {"why": why})
    else:
        ours(bundle).update(leased_until=timezone.now() + RETRY * row.tries)


def fail(bundle, reason):
    with translation.override(bundle.requested_by.language):
        before, bundle.state, bundle.error = bundle.state, Bundle.State.FAILED, str(reason)
    bundle.finished_at, bundle.leased_until = timezone.now(), None
    bundle.save(update_fields=["state", "error", "finished_at", "leased_until"])
    journal.record(chain_of(bundle), "fail", by=None, old=before, new=bundle.state)
