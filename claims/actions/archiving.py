"""All documents of a claim as one ZIP with a manifest of hashes, made while it is sent: nothing of it is kept."""

import json
from datetime import UTC
from hashlib import sha256
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.db import transaction
from django.utils import timezone

from claims.actions.lifecycle import NOT_FOUND
from claims.models import Claim
from claims.reports.dossier import as_csv, hashes_of, lines_of
from claims.rules import permissions
from claims.rules.errors import Refused
from evidence import blobs
from evidence.errors import StorageAway
from evidence.models import Reading
from evidence.reasons import DOOR

PIECE = 256 * 1024


class Changed(Exception):
    """The bytes on the storage are not those that were handed in: the archive breaks off rather than lie."""


def archive(reference, *, by, request_id=""):
    """(name of the file, its bytes piece by piece). It is written down who gets every document, before the first byte.

    Raises Refused: 404 for a claim that `by` may not know of, 403 for whoever may not work with its documents, 503
    while the storage does not answer.
    """
    claim = studied(reference, by=by)
    try:
        lost = blobs.lost(hashes_of(claim))
    except StorageAway as error:
        raise Refused("storage_away", DOOR["storage_away"][1], status=503) from error
    return archived(claim, lost, by=by, request_id=request_id)


@transaction.atomic
def archived(claim, lost, *, by, request_id):
    lines = lines_of(claim, lost)
    given = [line for line in lines if line.file]
    why = f"archive of {claim.reference}"
    Reading.objects.bulk_create(
        Reading(document=line.document, reader=by, how=Reading.How.DOWNLOAD, why=why, request_id=request_id)
        for line in given
    )
    rows = [line.to_json() for line in lines]
    return f"{claim.reference}-evidence.zip", zipped(claim.reference, given, rows, timezone.now())


def studied(reference, *, by):
    """The claim, if `by` may work with its documents."""
    claim = Claim.objects.visible_to(by).with_reference(reference).select_related("claimant", "incident").first()
    if claim is None:
        raise Refused("not_found", NOT_FOUND, status=404)
    permissions.require(permissions.may_study(by, claim))
    return claim


def hash_of(rows):
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


class Outlet:
    """A file that is written on one side and taken away on the other; never more than a piece is in it."""

    def __init__(self):
        self.waiting = bytearray()

    def write(self, data):
        self.waiting += data
        return len(data)

    def flush(self):
        pass

    def taken(self):
        data = bytes(self.waiting)
        self.waiting.clear()
        return data


def zipped(reference, lines, rows, now):
    """The ZIP, piece by piece. Raises Changed in the middle if a file is not what it was: no whole ZIP comes of it."""
    out = Outlet()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        manifest = {"claim": reference, "made": now.isoformat(timespec="seconds"), "documents": rows}
        for name, data in (
            ("manifest.csv", as_csv(rows)),
            ("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False).encode()),
        ):
            archive.writestr(entry(name, now), data)
        yield out.taken()
        for line in lines:
            yield from member(archive, out, line)
    yield out.taken()


def member(archive, out, line):
    document, digest = line.document, sha256()
    info = entry(line.file, document.received_at)
    info.file_size = document.size
    with blobs.local(document.sha256) as path, path.open("rb") as file, archive.open(info, "w") as target:
        while piece := file.read(PIECE):
            digest.update(piece)
            target.write(piece)
            yield out.taken()
        if digest.hexdigest() != document.sha256:
            raise Changed(f"document {document.pk} is not what was handed in")


def entry(name, moment):
    info = ZipInfo(name, moment.astimezone(UTC).timetuple()[:6])
    info.external_attr = 0o600 << 16
    return info
