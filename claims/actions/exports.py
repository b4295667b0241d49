"""Reports as files: asked for by a manager, built by a worker, handed out to who asked."""

import logging
import os
import shutil
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import file_digest, sha256
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.actions import journal
from claims.models import Export
from claims.models.journal import chain_of
from claims.reports import files, tables
from claims.reports.files import path_of
from claims.reports.snapshot import snapshot
from claims.rules import permissions
from claims.rules.errors import Refused
from evidence.blobs import NO_ROOM, folder, sync

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
RETRY = timedelta(seconds=10)  # times the number of tries
MOST_TRIES = 3
MOST_UNFINISHED = 3  # of one person
REPORT_EVERY = 1.0  # seconds


class Lost(Exception):
    """The export is no longer ours to build: cancelled, or taken over after our lease ran out."""


@transaction.atomic
def request_export(*, by, report="claims", format="csv", filters=None):  # noqa: A002
    """Queues an export and returns it. Raises Refused at the filter that is not right, 429 `too_many_exports`."""
    permissions.require(permissions.may_export(by))
    filters = tables.checked(report, format, filters or {})
    if report in tables.OF_MONEY:
        permissions.require(permissions.may_pay(by))
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two requests at once must not pass the limit together
    if Export.objects.filter(requested_by=by, state__in=["queued", "running"]).count() >= MOST_UNFINISHED:
        raise Refused(
            "too_many_exports",
            _("You have %(most)d reports under way. Wait until one is ready, or cancel one.")
            % {"most": MOST_UNFINISHED},
            status=429,
        )
    export = Export.objects.create(requested_by=by, report=report, format=format, filters=filters)
    facts = {"report": report, "format": format, "filters": filters}
    journal.record(chain_of(export), "request", by=by, new=export.state, facts=facts, first=True)
    return export


@transaction.atomic
def cancel(export_id, *, by):
    """Stops an export that is not ready yet; its builder notices within a second or two."""
    export = own(Export.objects.select_for_update(), export_id, by=by)
    if export.state not in (Export.State.QUEUED, Export.State.RUNNING):
        raise Refused("illegal_move", _("This report is not under way."), status=409)
    before, export.state, export.finished_at = export.state, Export.State.CANCELLED, timezone.now()
    export.leased_until = None
    export.save(update_fields=["state", "finished_at", "leased_until"])
    journal.record(chain_of(export), "cancel", by=by, old=before, new=export.state)
    return export


@transaction.atomic
def opened(export_id, *, by):
    """(Export, its file open for reading). Who takes a report out is in the journal."""
    export = own(Export.objects, export_id, by=by)
    if export.state != Export.State.READY:
        raise Refused("not_ready", _("This report is not ready."), status=409)
    try:
        file = path_of(export).open("rb")
    except FileNotFoundError as error:
        raise Refused("gone", _("The file of this report is no longer there. Ask for it again."), status=410) from error
    journal.record(chain_of(export), "download", by=by, old=export.state, new=export.state)
    return export, file


def own(exports, export_id, *, by):
    """`by`'s export. Raises Refused 404 for every other, as if it did not exist."""
    permissions.require(permissions.may_export(by))
    try:
        return exports.visible_to(by).get(pk=export_id)
    except (Export.DoesNotExist, ValidationError, ValueError) as error:
        raise Refused("not_found", _("There is no such report."), status=404) from error


def build_batch():
    """Builds the oldest export that waits; returns how many were taken in hand: 0 or 1.

    1. lease it and commit; 2. stream the rows into a file beside the final ones, with no transaction of ours open;
    3. rename it and mark the export ready. Killed in between, it is taken again when the lease ends.
    """
    export = lease()
    if export is None:
        return 0
    try:
        build(export)
    except Lost:
        log.info("export %s is no longer ours", export.pk)
    except Exception as error:  # whatever went wrong, the export must not stay in the middle
        log.exception("export %s failed, try %d", export.pk, export.tries)
        give_back(export, error)
    return 1


@transaction.atomic(durable=True)
def lease():
    """The next export, ours for a while; those that were interrupted too often have failed."""
    now = timezone.now()
    for export in Export.objects.buildable(now).select_for_update(skip_locked=True)[:10]:
        if export.tries >= MOST_TRIES:
            fail(export, _("It was interrupted %(times)d times.") % {"times": export.tries})
            continue
        export.state, export.leased_until, export.rows = Export.State.RUNNING, now + LEASE, 0
        export.tries += 1
        export.save(update_fields=["state", "leased_until", "rows", "tries"])
        return export
    return None


def ours(export):
    """The export's row as long as we are its builder: nobody cancelled it and the lease is still ours."""
    return Export.objects.filter(pk=export.pk, state=Export.State.RUNNING, leased_until=export.leased_until)


def build(export):
    with workshop(export) as part, snapshot() as moment:
        with part.open("w+b") as file:
            hashing = Hashing(file)
            rows = files.write(
                export.report,
                export.format,
                export.filters,
                moment=moment,
                file=hashing if export.format == "csv" else file,
                scratch=part.parent,
                expect=lambda expected: ours(export).update(expected=expected),
                progress=Progress(export),
            )
            file.flush()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            digest = hashing.digest if export.format == "csv" else file_digest(file, "sha256")
        finish(export, part, rows=rows, size=size, sha256=digest.hexdigest())


class Hashing:
    """A file that is hashed while it is written from start to end."""

    def __init__(self, file):
        self.file, self.digest = file, sha256()

    def write(self, data):
        self.digest.update(data)
        return self.file.write(data)


class Progress:
    """Tells the page how far we are and keeps the lease, about once a second. Raises Lost."""

    def __init__(self, export):
        self.export, self.next = export, time.monotonic() + REPORT_EVERY

    def __call__(self, rows):
        if time.monotonic() < self.next:
            return
        until = timezone.now() + LEASE
        if not ours(self.export).update(rows=rows, leased_until=until):
            raise Lost
        self.export.leased_until = until
        self.next = time.monotonic() + REPORT_EVERY


@contextmanager
def workshop(export):
    """A name for the part of this try, on the disk of the final file; it and what earlier tries left behind go away."""
    parts = folder(Path(settings.EXPORTS_ROOT) / "incoming" / str(export.pk))
    for left_behind in parts.iterdir():
        shutil.rmtree(left_behind, ignore_errors=True)
    own_folder = folder(parts / str(export.tries))
    try:
        yield own_folder / "part"
    finally:
        shutil.rmtree(own_folder, ignore_errors=True)
        with suppress(OSError):  # somebody else's try is still in it, or it is gone
            parts.rmdir()


@transaction.atomic(durable=True)
def finish(export, part, **result):
    """Gives the file its final name and marks the export ready, if it is still ours. Raises Lost."""
    if ours(export).select_for_update().first() is None:
        raise Lost
    target = path_of(export)
    os.replace(part, target)
    sync(target.parent)
    ours(export).update(
        state=Export.State.READY, finished_at=timezone.now(), leased_until=None, expected=result["rows"], **result
    )
    facts = {"rows": result["rows"], "size": result["size"], "sha256": result["sha256"]}
    journal.record(chain_of(export), "build", by=None, old="running", new="ready", facts=facts)


@transaction.atomic(durable=True)
def give_back(export, error):
    """A full disk is told at once; anything else is tried again in a little while."""
    row = ours(export).select_for_update().first()
    if row is None:
        return
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        fail(row, _("There is no room left for it on our disk."))
    elif row.tries >= MOST_TRIES:
        fail(row, _("It could not be written (%(why)s).") % {"why": type(error).__name__})
    else:
        ours(export).update(leased_until=timezone.now() + RETRY * row.tries)


def fail(export, reason):
    with translation.override(export.requested_by.language):
        before, export.state, export.error = export.state, Export.State.FAILED, str(reason)
    export.finished_at, export.leased_until = timezone.now(), None
    export.save(update_fields=["state", "error", "finished_at", "leased_until"])
    journal.record(chain_of(export), "fail", by=None, old=before, new=export.state)
