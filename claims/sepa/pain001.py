"""Credit transfers for the bank: pain.001.001.09 (ISO 20022 CustomerCreditTransferInitiationV09), written as a stream.

Sources: the message's schema; EPC132-08 (SEPA credit transfer, customer to bank, implementation guidelines): service
level SEPA, charges SLEV, EUR, names of 70 letters, one unstructured remittance text of 140, BIC optional.
Text is brought into the bank's letters (letters.py), which hold nothing that XML would have to escape.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from claims.sepa import iban
from claims.sepa.errors import SepaError
from claims.sepa.letters import NOT_PROVIDED, is_reference, plain
from claims.sepa.seen import Seen

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME, REMITTANCE = 70, 140
BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
CENTS = re.compile(r"[0-9]{1,9}\.[0-9]{2}", re.ASCII)
ZERO = Decimal("0.00")
CHUNK = 200  # transfers in one piece of bytes, about 100 KB

TOP = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{namespace}">
<CstmrCdtTrfInitn>
<GrpHdr><MsgId>{id}</MsgId><CreDtTm>{created}</CreDtTm><NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum>\
<InitgPty><Nm>{name}</Nm></InitgPty></GrpHdr>
"""
BLOCK = """\
<PmtInf><PmtInfId>{id}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>{together}</BtchBookg>\
<NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>\
<ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt><Dbtr><Nm>{name}</Nm></Dbtr>\
<DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>\
<DbtrAgt><FinInstnId>{agent}</FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>
"""
TRANSFER = """\
<CdtTrfTxInf><PmtId><EndToEndId>%s</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">%s</InstdAmt></Amt>%s\
<Cdtr><Nm>%s</Nm></Cdtr><CdtrAcct><Id><IBAN>%s</IBAN></Id></CdtrAcct>%s</CdtTrfTxInf>
"""
BLOCK_END, END = "</PmtInf>\n", "</CstmrCdtTrfInitn>\n</Document>\n"


class Transfer(NamedTuple):
    """One payment. Any tuple in this order will do, such as a row of a cursor."""

    end_to_end_id: str
    amount: Decimal
    name: str
    iban: str
    remittance: str = ""
    bic: str = ""


@dataclass(frozen=True)
class Block:
    """Transfers that leave the account on one day (PmtInf): the next `count` of the file, `total` euro in all."""

    id: str
    execution: date
    count: int
    total: Decimal


@dataclass(frozen=True)
class Header:
    """Who pays, and what the file must hold. `batch_booking`: the statement may show one line for each block."""

    message_id: str
    created: datetime
    name: str
    iban: str
    blocks: tuple[Block, ...]
    bic: str = ""
    batch_booking: bool = False

    @property
    def count(self):
        return sum(block.count for block in self.blocks)

    @property
    def total(self):
        return sum((block.total for block in self.blocks), ZERO)


def write(header, transfers):
    """The file in pieces of bytes, the same for the same input. `transfers` in the order of the header's blocks.

    Raises SepaError before the first byte (`invalid_header`) or on the way: `invalid_id`, `repeated_id`,
    `invalid_amount`, `invalid_iban`, `invalid_bic`, `count_differs`, `total_differs`. What was given out before an
    error is no file. Names and remittance texts are cut where the bank would cut them (70 and 140 letters).
    """
    check(header)
    return pieces(header, transfers)


def pieces(header, transfers):
    rows, seen, name = iter(transfers), Seen(), plain(header.name, NAME)
    top = TOP.format(
        namespace=NAMESPACE,
        id=header.message_id,
        created=header.created.isoformat(timespec="seconds"),
        count=header.count,
        total=header.total,
        name=name,
    )
    yield top.encode("ascii")
    agent = f"<BICFI>{header.bic}</BICFI>" if header.bic else f"<Othr><Id>{NOT_PROVIDED}</Id></Othr>"
    for block in header.blocks:
        yield BLOCK.format(
            id=block.id,
            together="true" if header.batch_booking else "false",
            count=block.count,
            total=block.total,
            day=block.execution.isoformat(),
            name=name,
            iban=header.iban,
            agent=agent,
        ).encode("ascii")
        yield from block_of(block, rows, seen)
        yield BLOCK_END.encode("ascii")
    if next(rows, None) is not None:
        raise differs("count_differs", header.count, _("more"))
    yield END.encode("ascii")


def block_of(block, rows, seen):
    """The transfers of one block, which must add up to what it says."""
    total, left = ZERO, block.count
    while left:
        lines = []
        for _number, row in zip(range(min(CHUNK, left)), rows, strict=False):
            transfer = Transfer(*row)
            if seen.add(transfer.end_to_end_id):
                raise SepaError("repeated_id", _("Two payments have the number %s.") % transfer.end_to_end_id)
            lines.append(line(transfer))
            total += transfer.amount
        if not lines:
            raise differs("count_differs", block.count, block.count - left)
        left -= len(lines)
        yield "".join(lines).encode("ascii")
    if total != block.total:
        raise differs("total_differs", block.total, total)


def line(transfer):
    end_to_end_id, amount, name, account, remittance, bic = transfer
    if not is_reference(end_to_end_id):
        raise SepaError("invalid_id", _("%r cannot be the number of a payment.") % end_to_end_id)
    if not iban.is_right(account):
        raise SepaError("invalid_iban", _("The IBAN of payment %s is not right.") % end_to_end_id)
    if bic and not BIC.fullmatch(bic):
        raise SepaError("invalid_bic", _("The BIC of payment %s is not right.") % end_to_end_id)
    remittance = plain(remittance, REMITTANCE)
    return TRANSFER % (
        end_to_end_id,
        euro(amount, end_to_end_id),
        f"<CdtrAgt><FinInstnId><BICFI>{bic}</BICFI></FinInstnId></CdtrAgt>" if bic else "",
        plain(name, NAME) or NOT_PROVIDED,
        account,
        f"<RmtInf><Ustrd>{remittance}</Ustrd></RmtInf>" if remittance else "",
    )


def euro(amount, end_to_end_id):
    """`amount` with two decimals, 0.01 to 999,999,999.99 (the most of a SEPA credit transfer)."""
    text = str(amount)
    if not CENTS.fullmatch(text) and isinstance(amount, Decimal):
        try:
            text = str(amount.quantize(ZERO)) if amount == amount.quantize(ZERO) else ""
        except InvalidOperation:
            text = ""
    if not isinstance(amount, Decimal) or not CENTS.fullmatch(text) or amount <= 0:
        raise SepaError("invalid_amount", _("The amount of payment %s cannot be paid.") % end_to_end_id)
    return text


def check(header):
    """Raises SepaError `invalid_header`, which is a fault of the settings or of the caller, never of a claimant."""
    faults = []
    if not plain(header.name, NAME):
        faults.append("name")
    if not iban.is_right(header.iban):
        faults.append("iban")
    if header.bic and not BIC.fullmatch(header.bic):
        faults.append("bic")
    numbers = [header.message_id, *(block.id for block in header.blocks)]
    if not all(map(is_reference, numbers)) or len({block.id for block in header.blocks}) != len(header.blocks):
        faults.append("id")
    if not header.blocks or not all(block.count > 0 for block in header.blocks):
        faults.append("count")
    if not all(isinstance(block.total, Decimal) and block.total.as_tuple().exponent == -2 for block in header.blocks):
        faults.append("total")
    if faults:
        raise SepaError(
            "invalid_header", _("The head of the payment file is not right: %s. Ask an administrator.") % faults
        )


def differs(code, said, found):
    return SepaError(
        code,
        _("The payments are not those that were approved: %(said)s expected, %(found)s found. Start the batch anew.")
        % {"said": said, "found": found},
    )
