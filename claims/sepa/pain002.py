"""What the bank says of a file we sent: pain.002.001.03 and .10 (ISO 20022 CustomerPaymentStatusReport), as a stream.

Sources: the schemas of both versions; the external code sets for status (ExternalPaymentTransactionStatus1Code) and
reason (ExternalStatusReason1Code).
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from claims.sepa.errors import SepaError
from claims.sepa.letters import NOT_PROVIDED
from claims.sepa.seen import Seen
from claims.sepa.stream import PARENT, VALUE, Format, records
from claims.sepa.values import day, euro, needed

HEAD, GROUP = "CstmrPmtStsRpt/GrpHdr", "CstmrPmtStsRpt/OrgnlGrpInfAndSts"
BLOCK, ONE = "CstmrPmtStsRpt/OrgnlPmtInfAndSts", "CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts"
FORMAT = Format(
    name="pain.002",
    versions=("pain.002.001.03", "pain.002.001.10"),
    records={"CstmrPmtStsRpt": "report", BLOCK: "block", ONE: "transaction"},
    values={
        f"{HEAD}/MsgId": "message",
        f"{HEAD}/CreDtTm": "created",
        f"{GROUP}/OrgnlMsgId": "original",
        f"{GROUP}/OrgnlMsgNmId": "original_name",
        f"{GROUP}/GrpSts": "status",
        f"{BLOCK}/OrgnlPmtInfId": "payment_information",
        f"{BLOCK}/PmtInfSts": "status",
        f"{ONE}/OrgnlEndToEndId": "end_to_end",
        f"{ONE}/TxSts": "status",
        f"{ONE}/AcctSvcrRef": "bank_reference",
        f"{ONE}/OrgnlTxRef/Amt/InstdAmt": "amount",
        f"{ONE}/OrgnlTxRef/Amt/InstdAmt@Ccy": "currency",
    },
    texts={
        f"{place}/StsRsnInf/{path}": name
        for place in (GROUP, BLOCK, ONE)
        for path, name in (("Rsn/Cd", "reasons"), ("Rsn/Prtry", "own_reason"), ("AddtlInf", "text"))
    },
)
REFUSED = {"RJCT", "CANC"}
SAYS = {"reasons", "own_reason", "text"}
DONE = {"ACSC", "ACCC"}
STATUS = re.compile(r"[A-Z]{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Report:
    """The head of a status report: which of our files it answers (`original_message_id`), and how that fared."""

    message_id: str
    created: date
    original_message_id: str
    status: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one payment; of a whole block if `end_to_end_id` is "", of the whole file if both ids are.

    `status` is that of the payment, else of its block, else of the file: ACTC, ACCP (accepted), ACSP (in process),
    ACSC (executed), PDNG, PART, RJCT … `reason` is the first code that was given, `amount` None if none was.
    """

    report: Report
    payment_information_id: str
    end_to_end_id: str
    status: str
    reason: str
    text: str
    bank_reference: str
    amount: Decimal | None

    @property
    def outcome(self):
        """“rejected” (nothing was paid), “settled” (the debtor's account was charged), or "" while it goes on."""
        return "rejected" if self.status in REFUSED else "settled" if self.status in DONE else ""


def read(file, *, original="", oldest=None):
    """Yields the Answers of a binary file. `original`: the message it must answer; `oldest`: the first date of it.

    Blocks and files of which single payments are named do not come as an Answer of their own.
    Raises SepaError on the way, after which none of the file counts: those of stream.records(), and `wrong_message`,
    `foreign_currency`, `too_old`, `repeated_entry`, `missing_value`, `invalid_value`, `invalid_amount`, `invalid_date`.
    """
    return answers(records(file, FORMAT), original=original, oldest=oldest)


def answers(found, *, original="", oldest=None):
    """The Answers among what stream.records() found."""
    seen = Seen()
    for kind, record in found:
        if kind == "transaction":
            block = record[PARENT]
            top = block[PARENT]
            block["answered"] = top["answered"] = True
            made = answer(report(top, original, oldest), record, block, top)
            if made.end_to_end_id and seen.add((made.payment_information_id, made.end_to_end_id)):
                raise SepaError("repeated_entry", _("Payment %s is in this file twice.") % made.end_to_end_id)
            yield made
        elif kind == "block" and "answered" not in record:
            record[PARENT]["answered"] = True
            yield answer(report(record[PARENT], original, oldest), {}, record, record[PARENT])
        elif kind == "report":
            said = report(record, original, oldest)
            if "answered" not in record:
                yield answer(said, {}, {}, record)


def report(record, original, oldest):
    """The Report of a record, made and checked once, when all of its head was read."""
    if "made" not in record:
        made = Report(
            message_id=needed(record, "message", "MsgId"),
            created=day(needed(record, "created", "CreDtTm")),
            original_message_id=needed(record, "original", "OrgnlMsgId"),
            status=status(record) if "status" in record else "",
            reason=reason(record),
            text=words(record),
        )
        if not needed(record, "original_name", "OrgnlMsgNmId").startswith("pain.001"):
            raise SepaError("wrong_message", _("This is not an answer to a file of credit transfers."))
        if original and made.original_message_id != original:
            raise SepaError("wrong_message", _("This answers file %s, another one.") % made.original_message_id)
        if oldest and made.created < oldest:
            raise SepaError("too_old", _("This report was made on %s, too long ago.") % made.created.isoformat())
        record["made"] = made
    return record["made"]


def answer(said, record, block, top):
    """The Answer of one transaction; what it does not say itself is said by its block, or by the head of the file."""
    if "amount" in record and record.get("currency") != "EUR":
        raise SepaError("foreign_currency", _("This report is in %s; we pay in euro only.") % record.get("currency"))
    number = record.get("end_to_end", "")
    speaker = next((place for place in (record, block, top) if "status" in place), None)
    if speaker is None:
        raise SepaError("missing_value", _("A line of this file has no %s. Ask the bank.") % "TxSts")
    explained = next((place for place in (record, block, top) if place.keys() & SAYS), {})
    return Answer(
        report=said,
        payment_information_id=block.get("payment_information", ""),
        end_to_end_id="" if number == NOT_PROVIDED else number,
        status=status(speaker),
        reason=reason(explained),
        text=words(explained),
        bank_reference=record.get("bank_reference", ""),
        amount=euro(record["amount"]) if "amount" in record else None,
    )


def status(record):
    if not STATUS.fullmatch(record["status"]):
        raise SepaError("invalid_value", _("“%s” is not a value of the standard. Ask the bank.") % record["status"])
    return record["status"]


def reason(record):
    return record.get("reasons", "").partition(" ")[0] or record.get("own_reason", "")[:VALUE]


def words(record):
    return " ".join(record.get("text", "").split())
