"""The bank of the model's system: pays one claim, and sends its money back, by files that the product reads."""

import io

from django.db import transaction
from django.utils import timezone

from claims.actions import bank_files, lifecycle, settling
from claims.models import Batch, Claim, Payout, Transfer
from claims.reports.batches import path_of
from claims.rules.statuses import Status
from tests.sepa import bank

PAYER = "IT74T0300203280000000000001"


def settle(system, claim, _by):
    may(claim, Status.PAID, "settle")
    read(system, send(system, claim), "DBIT")


def come_back(system, claim, _by):
    may(claim, Status.PAYMENT_RETURNED, "payment returned")
    fresh = Claim.objects.get(pk=claim.pk).state is Status.PAYMENT_DUE
    transfer = send(system, claim) if fresh else Transfer.objects.filter(payout__claim=claim).latest("pk")
    read(system, transfer, "CRDT", reason="AC04")


def may(claim, target, move):
    """Raises Refused as the table of moves does."""
    lifecycle.check(Claim.objects.get(pk=claim.pk), target, move=move)


@transaction.atomic
def send(system, claim):
    """A batch of this claim alone, at the bank: opened for all it would take the other claims along."""
    payout = claim.payouts.get(state=Payout.State.OWED)
    approver = next(system.people[name] for name in ("rita", "remo") if system.people[name] != claim.claimant)
    now, number = timezone.now(), Batch.objects.count() + 1
    batch = Batch.objects.create(number=number, incident=claim.incident, opened_by=system.people["mara"])
    transfer = Transfer.objects.create(
        payout=payout,
        batch=batch,
        end_to_end_id=f"R{payout.pk}-{payout.transfers.count() + 1}",
        amount=payout.amount,
        bank_details=claim.bank_details,
        iban_index=claim.iban_index,
        iban_hint=claim.iban_hint,
    )
    row = Batch.objects.filter(pk=batch.pk)
    row.update(
        state="approved",
        approved_by=approver,
        approved_at=now,
        execution_date=now,
        count=1,
        total=payout.amount,
        payer={"name": "Ristoro", "iban": PAYER},
    )
    for state in ("batched", "sent"):
        Payout.objects.filter(pk=payout.pk).update(state=state)
    Transfer.objects.filter(pk=transfer.pk).update(state="sent")
    path_of(batch).unlink(missing_ok=True)  # of a batch of this number in a run before
    bank_files.write_file(number)
    row.update(taken_out_at=now)
    row.update(state="handed_over", handed_over_by=system.people["mara"], handed_over_at=now)
    return transfer


def read(system, transfer, direction, *, reason=""):
    order = bank.Order("M", "B", transfer.end_to_end_id, transfer.amount, "Somebody", PAYER, "")
    today = timezone.localdate()
    line = bank.line("camt.053.001.08", [order], direction, today=today, reason=reason)
    content = bank.statement([], iban=PAYER, today=today, number=f"{direction}-{transfer.pk}", more=line)
    settling.settle(io.BytesIO(content), by=system.people["mara"])
