"""Money of the demo: batches in several states with the bank's answer, a mass run that is done and one that waits."""

import io
from datetime import timedelta

from django.db import connection, transaction

from claims.actions import bank_files, batches, mass_runs, settling
from claims.models import Payout, Transfer
from claims.rules.outage import ROME
from config.demo.clock import at
from config.demo.outage import CODE

THREE, IN_A_BATCH = 3, 4
LINE = """<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><Refs>\
<EndToEndId>{id}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>{reason}</TxDtls></NtryDtls></Ntry>
"""
STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>DEMO-1</MsgId><CreDtTm>{day}T06:00:00</CreDtTm></GrpHdr>
<Stmt><Id>DEMO-1</Id><CreDtTm>{day}T06:00:00</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{lines}</Stmt></BkToCstmrStmt></Document>
"""
CLOSED = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
# Nobody outside gets mail of a demo.
TOLD = """UPDATE claims_notice SET state = 'sent', tries = 1, sent_at = created_at
    WHERE state = 'queued' AND payout_id IS NOT NULL"""


def pay_claims(cast, now):
    """What was due for days left in batches: the first is answered, the next is at the bank, the last is open."""
    first, second = cast["mara"], cast["marco"]
    due = Payout.objects.filter(state=Payout.State.OWED, created_at__lt=now - timedelta(days=5))
    due = due.order_by("created_at", "id").values_list("created_at", "amount")
    if len(due) < THREE:
        return
    size = min(IN_A_BATCH, len(due) // THREE)
    since = due[len(due) - 1][0] + timedelta(hours=49)  # whoever changed an IBAN had the time to object
    steps = [since + (now - since) * n / 10 for n in range(10)]
    with at(steps[0]):
        budget = sum(amount for _since, amount in due)
        opened, _waiting = batches.open_batches(CODE, by=first, most_count=size, budget=budget)
    for batch, moment in zip(opened[:2], (steps[1], steps[4]), strict=True):
        with at(moment):
            batches.approve_batch(batch.number, by=second)
            bank_files.write_file(batch.number)
            bank_files.opened(batch.number, by=first)[1].close()
            bank_files.handed_over(batch.number, by=first)
    with at(steps[7]):
        settling.settle(io.BytesIO(answer(opened[0], steps[7])), by=second)


def answer(batch, moment):
    """The bank's statement: all of a batch was paid, the last one of several came back."""
    day, transfers = moment.astimezone(ROME).date(), list(Transfer.objects.filter(batch=batch).order_by("pk"))
    lines = [line(transfer, "DBIT", day) for transfer in transfers]
    if len(transfers) > 1:
        lines.append(line(transfers[-1], "CRDT", day, CLOSED))
    return STATEMENT.format(day=day, iban=batches.payer()["iban"], lines="".join(lines)).encode()


def line(transfer, direction, day, reason=""):
    reference = f"{direction}-{transfer.pk}"
    facts = {"amount": transfer.amount, "id": transfer.end_to_end_id, "reason": reason}
    return LINE.format(direction=direction, day=day, reference=reference, **facts)


def run(cast):
    """The refund went to everybody who paid a fee; the indemnity is counted and waits for another manager."""
    refund = mass_runs.approve(mass_runs.propose(CODE, "refund", by=cast["mara"]).pk, by=cast["marco"])
    while mass_runs.grant_chunk(refund.pk):
        pass
    mass_runs.propose(CODE, "indemnity", by=cast["mara"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TOLD)
