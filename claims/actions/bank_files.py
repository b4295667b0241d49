"""The file of a batch for the bank: written once from frozen rows, handed out with the same bytes for ever."""

import os
import shutil
from contextlib import contextmanager, suppress
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import keys
from claims.actions import batches, lifecycle
from claims.actions.particulars import bank_details
from claims.actions.sealing import opened_details
from claims.models import Batch, Claim, Payout, Transfer
from claims.reports.batches import path_of
from claims.rules.errors import Refused
from claims.rules.payouts import message_id
from claims.sepa import pain001
from claims.sepa.errors import SepaError
from evidence.blobs import folder, sync

AT_ONCE = 2_000
COLUMNS = (
    *("pk", "end_to_end_id", "amount", "bank_details", "remittance", "payout__claim__claimant_id"),
    *("account_details_id", "account_details__key"),
)


def write_file(number):
    """Writes the file of an approved batch, once; the Batch.

    1. stream it from the frozen rows to a name of this try; 2. give it its final name and note its hash, if nobody did.
    Killed in between, it is written again with the same bytes. Raises Refused 409 `not_approved`, or what is wrong.
    """
    batch = Batch.objects.get(number=number)
    if batch.state in (Batch.State.OPEN, Batch.State.CANCELLED):
        raise Refused("not_approved", _("This batch is not approved."), status=409)
    if batch.sha256 and path_of(batch).exists():
        return batch
    with workshop(batch) as part:
        size, digest = stream(batch, part)
        return keep(batch.pk, part, size, digest)


@contextmanager
def workshop(batch):
    """A name for the part of this try, on the disk of the final file; it goes away whatever happens."""
    own = folder(Path(settings.EXPORTS_ROOT) / "incoming" / f"batch-{batch.number}-{uuid4().hex}")
    try:
        yield own / "part"
    finally:
        shutil.rmtree(own, ignore_errors=True)


def stream(batch, part):
    """(size, SHA-256) of the file, which is written as it is made: memory does not grow with it."""
    size, digest = 0, sha256()
    with part.open("wb") as file:
        try:
            for piece in pain001.write(header_of(batch), rows_of(batch)):
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        except SepaError as error:
            raise Refused(error.code, error.message, status=409) from error
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def header_of(batch):
    name = message_id(batch.number)
    return pain001.Header(
        message_id=name,
        created=batch.approved_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
        name=batch.payer["name"],
        iban=batch.payer["iban"],
        bic=batch.payer.get("bic", ""),
        blocks=(pain001.Block(id=name, execution=batch.execution_date, count=batch.count, total=batch.total),),
    )


def rows_of(batch):
    """The payments as the writer takes them, some thousand at a time, always in the same order."""
    after = 0
    live = batch.transfers.exclude(state=Transfer.State.WITHDRAWN).order_by("pk")
    while rows := list(live.filter(pk__gt=after).values_list(*COLUMNS)[:AT_ONCE]):
        after = rows[-1][0]
        people = keys.keys_of({person for *_columns, person, account, _key in rows if not account})
        for _pk, end_to_end_id, amount, sealed, remittance, person, account, key in rows:
            details = unsealed(end_to_end_id, sealed, person, people, account, key)
            yield pain001.Transfer(end_to_end_id, amount, details["holder"], details["iban"], remittance)


def unsealed(end_to_end_id, sealed, person, people, account, key):
    """{"iban", "holder"}, sealed for the claimant (`people` has their keys) or, for a mass run, under its own `key`."""
    try:
        return opened_details(account, sealed, key) if account else bank_details(person, sealed, people=people)
    except keys.Unreadable as error:
        raise Refused(
            "payee_erased",
            _("The payee of %(id)s was erased. Cancel this batch and open another one.") % {"id": end_to_end_id},
            status=409,
        ) from error


@transaction.atomic
def keep(batch_id, part, size, digest):
    """Gives the file its final name and notes its hash; what was noted before must be the same."""
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    batches.check_state(batch, *(each for each in Batch.State if each not in ("open", "cancelled")))
    if batch.sha256 and batch.sha256 != digest:
        raise RuntimeError(f"batch {batch.number} would be written otherwise than it was")
    target = path_of(batch)
    folder(target.parent)
    os.replace(part, target)
    sync(target.parent)
    if not batch.sha256:
        written = {"state": Batch.State.WRITTEN, "sha256": digest, "size": size}
        batches.change(batch, "write", by=None, facts={"sha256": digest, "size": size}, **written)
    return batch


def write_left_behind():
    """Writes the files of approved batches whose approval was interrupted before that; returns how many."""
    written = 0
    for number in Batch.objects.filter(state=Batch.State.APPROVED).order_by("pk").values_list("number", flat=True):
        with suppress(Refused):  # its page says why, and the batch can be cancelled
            write_file(number)
            written += 1
    return written


@transaction.atomic
def opened(number, *, by):
    """(Batch, its file open for reading). Who takes it out is in the journal, and from then on it takes two to cancel.

    Raises Refused: 403 `wrong_role`, 404, 409 `not_written`.
    """
    batch = batches.locked(number, by=by)
    if not batch.sha256:
        raise Refused("not_written", _("The file of this batch is not ready."), status=409)
    file = path_of(batch).open("rb")
    taken = {} if batch.taken_out_at else {"taken_out_at": timezone.now()}
    batches.change(batch, "take out", by=by, facts={"sha256": batch.sha256}, state=batch.state, **taken)
    return batch, file


@transaction.atomic
def handed_over(number, *, by):
    """The file was given to the bank: its payments are on their way, and only the bank's answer ends that.

    Raises Refused: 403 `wrong_role`, 404, 409 `illegal_move` or `not_taken_out`.
    """
    batches.hold_claims(number, by=by)
    batch = batches.locked(number, by=by)
    batches.check_state(batch, Batch.State.WRITTEN)
    if batch.taken_out_at is None:
        raise Refused("not_taken_out", _("Nobody has taken the file of this batch out yet."), status=409)
    transfers = batch.transfers.filter(state=Transfer.State.PLANNED)
    payouts = Payout.objects.filter(pk__in=transfers.values("payout"))
    claims = Claim.objects.filter(payouts__in=payouts).order_by("pk").select_related("claimant")
    for claim in claims:
        lifecycle.touch(claim, by=by, action="payment sent", facts={"batch": batch.number})
    payouts.update(state=Payout.State.SENT)
    transfers.update(state=Transfer.State.SENT)
    gone = {"state": Batch.State.HANDED_OVER, "handed_over_by": by, "handed_over_at": timezone.now()}
    batches.change(batch, "hand over", by=by, facts={"count": batch.count, "total": str(batch.total)}, **gone)
    return batch
