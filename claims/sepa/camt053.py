"""The bank's statement: camt.053.001.02 and .08 (ISO 20022 BankToCustomerStatement), read as a stream.

Sources: the schemas of both versions; the external code set ExternalReturnReason1Code for why money came back.
Only booked entries (BOOK) come out: what is pending or for information has not moved money yet.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from claims.sepa.errors import SepaError
from claims.sepa.letters import NOT_PROVIDED
from claims.sepa.seen import Seen
from claims.sepa.stream import PARENT, Format, records
from claims.sepa.values import day, euro, needed, one_of, whole

STATEMENT, ENTRY = "BkToCstmrStmt/Stmt", "BkToCstmrStmt/Stmt/Ntry"
GROUP, ONE = f"{ENTRY}/NtryDtls", f"{ENTRY}/NtryDtls/TxDtls"
FORMAT = Format(
    name="camt.053",
    versions=("camt.053.001.02", "camt.053.001.08"),
    records={STATEMENT: "statement", ENTRY: "entry", GROUP: "group", ONE: "transaction"},
    values={
        "BkToCstmrStmt/GrpHdr/MsgId": "message",
        f"{STATEMENT}/Id": "id",
        f"{STATEMENT}/StmtPgntn/PgNb": "page",
        f"{STATEMENT}/CreDtTm": "created",
        f"{STATEMENT}/Acct/Id/IBAN": "iban",
        f"{STATEMENT}/Acct/Ccy": "currency",
        f"{ENTRY}/Amt": "amount",
        f"{ENTRY}/Amt@Ccy": "currency",
        f"{ENTRY}/CdtDbtInd": "direction",
        f"{ENTRY}/RvslInd": "reversal",
        f"{ENTRY}/Sts": "status",
        f"{ENTRY}/Sts/Cd": "status",
        f"{ENTRY}/BookgDt/Dt": "booked",
        f"{ENTRY}/BookgDt/DtTm": "booked",
        f"{ENTRY}/AcctSvcrRef": "bank_reference",
        f"{ENTRY}/BkTxCd/Domn/Fmly/SubFmlyCd": "kind",
        f"{GROUP}/Btch/PmtInfId": "payment_information",
        f"{GROUP}/Btch/NbOfTxs": "count",
        f"{ONE}/Refs/AcctSvcrRef": "bank_reference",
        f"{ONE}/Refs/PmtInfId": "payment_information",
        f"{ONE}/Refs/EndToEndId": "end_to_end",
        f"{ONE}/Amt": "amount",
        f"{ONE}/Amt@Ccy": "currency",
        f"{ONE}/AmtDtls/TxAmt/Amt": "detailed_amount",
        f"{ONE}/AmtDtls/TxAmt/Amt@Ccy": "detailed_currency",
        f"{ONE}/CdtDbtInd": "direction",
        f"{ONE}/BkTxCd/Domn/Fmly/SubFmlyCd": "kind",
        f"{ONE}/RtrInf/Rsn/Cd": "reason",
        f"{ONE}/RtrInf/Rsn/Prtry": "reason",
    },
    texts={
        f"{ENTRY}/Chrgs/Amt": "charges",
        f"{ENTRY}/Chrgs/TtlChrgsAndTaxAmt": "charges",
        f"{ENTRY}/Chrgs/Rcrd/Amt": "charges",
        f"{ONE}/RtrInf/AddtlInf": "text",
        f"{ONE}/AddtlTxInf": "remark",
    },
)
DIRECTIONS = {"CRDT": True, "DBIT": False}
TRUTHS = {"true": True, "1": True, "false": False, "0": False, None: False}
RETURN = "RRTN"  # bank transaction code: reimbursement of a credit transfer that was returned


@dataclass(frozen=True, slots=True)
class Statement:
    """Of which account, and when the bank made it."""

    id: str
    message_id: str
    iban: str
    currency: str
    created: date


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that moved. Several may come of one booked line (batch booking); without details the line itself is one.

    `end_to_end_id` is "" where the bank gives none; then `payment_information_id` and `count` may tell which block of
    payments it was. `amount` is positive, `credit` says that it came in. `reason` is a code of ISO 20022
    (AC01, AC04, AM04, MS03 …) or the bank's own.
    """

    statement: Statement
    end_to_end_id: str
    amount: Decimal
    credit: bool
    booked: date
    reversal: bool
    returned: bool
    reason: str
    text: str
    bank_reference: str
    payment_information_id: str
    count: int

    @property
    def outcome(self):
        """“settled” (went out), “returned” (came back), or "" for what a person has to look at."""
        if self.credit:
            return "returned" if self.returned or self.reversal else ""
        return "" if self.reversal or self.returned else "settled"


def read(file, *, iban="", oldest=None):
    """Yields the Entries of a binary file. `iban`: the account it must be of; `oldest`: the first date it may be made.

    Raises SepaError on the way, after which none of the file counts: those of stream.records(), and `wrong_account`,
    `foreign_currency`, `too_old`, `repeated_statement`, `repeated_entry`, `missing_value`, `invalid_value`,
    `invalid_amount`, `invalid_date`, `amounts_differ` (parts of a line against the line).
    """
    return entries(records(file, FORMAT), iban=iban, oldest=oldest)


def entries(found, *, iban="", oldest=None):
    """The Entries among what stream.records() found."""
    reading = Reading(iban, oldest)
    for kind, record in found:
        if kind == "transaction":
            if made := reading.transaction(record):
                yield from made
        elif kind == "group":
            reading.group(record)
        elif kind == "entry":
            if made := reading.entry(record):
                yield made
        elif kind == "statement":
            reading.statement(record)


class Reading:
    """What is known of one file. A booked line's first transaction waits: only when a second one or the end of the
    line comes is it clear whether the line's amount is its amount."""

    def __init__(self, iban, oldest):
        self.iban, self.oldest = iban, oldest
        self.statements, self.seen = Seen(), Seen()

    def statement(self, record):
        """The Statement of a record, made and checked once, when all of its head was read."""
        if "made" not in record:
            made = Statement(
                id=needed(record, "id", "Id"),
                message_id=record[PARENT].get("message", ""),
                iban=record.get("iban", "").replace(" ", "").upper(),
                currency=record.get("currency", "EUR"),
                created=day(needed(record, "created", "CreDtTm")),
            )
            if self.iban and made.iban != self.iban:
                raise SepaError(
                    "wrong_account",
                    _("This statement is of account %s, not of the one we pay from.") % (made.iban or "?"),
                )
            if made.currency != "EUR":
                raise foreign(made.currency)
            if self.oldest and made.created < self.oldest:
                raise SepaError("too_old", _("This statement was made on %s, too long ago.") % made.created.isoformat())
            if self.statements.add((made.id, made.iban, record.get("page"))):
                raise SepaError("repeated_statement", _("Statement %s is in this file twice. Ask the bank.") % made.id)
            record["made"] = made
        return record["made"]

    def transaction(self, record):
        """The Entries that are now complete: from the second transaction of a line on."""
        group = record[PARENT]
        line = group[PARENT]
        group["detailed"] = True
        if needed(line, "status", "Sts") != "BOOK":
            return ()
        if "sum" not in line:
            line["sum"], line["waiting"] = Decimal(0), record
            return ()
        if waiting := line.pop("waiting", None):
            return self.part(line, waiting), self.part(line, record)
        return (self.part(line, record),)

    def group(self, record):
        if "detailed" not in record:
            line = record[PARENT]
            line["groups"], line["group"] = line.get("groups", 0) + 1, record

    def entry(self, line):
        """The Entry of a line that has one transaction or none; None after several, whose sum is checked."""
        self.statement(line[PARENT])
        if needed(line, "status", "Sts") != "BOOK":
            return None
        amount = self.amount(line)
        if "waiting" in line:
            return self.made(line, line.pop("waiting"), amount)
        if "sum" not in line:
            group = line.pop("group", {}) if line.get("groups") == 1 else {}
            return self.made(line, group, amount)
        if "charges" not in line and abs(line["sum"]) != amount:
            raise SepaError(
                "amounts_differ",
                _("A line of %(line)s consists of %(sum)s. Ask the bank.") % {"line": amount, "sum": abs(line["sum"])},
            )
        return None

    def part(self, line, record):
        """The Entry of one of several transactions, which needs an amount of its own."""
        if "amount" not in record:
            record["amount"] = needed(record, "detailed_amount", "TxAmt")
            record["currency"] = record.get("detailed_currency", "")
        made = self.made(line, record, self.amount(record))
        line["sum"] += made.amount if made.credit else -made.amount
        return made

    @staticmethod
    def amount(record):
        if record.get("currency") != "EUR":
            raise foreign(record.get("currency", "?"))
        return euro(needed(record, "amount", "Amt"))

    def made(self, line, record, amount):
        number = record.get("end_to_end", "")
        if number == NOT_PROVIDED:
            number = ""
        booked = needed(line, "booked", "BookgDt")
        reference = record.get("bank_reference") or line.get("bank_reference", "")
        direction = record.get("direction") or needed(line, "direction", "CdtDbtInd")
        if number and self.seen.add((number, direction, amount, booked, reference)):
            raise SepaError("repeated_entry", _("Payment %s is in this file twice in the same way.") % number)
        reason = record.get("reason", "")
        return Entry(
            statement=self.statement(line[PARENT]),
            end_to_end_id=number,
            amount=amount,
            credit=one_of(DIRECTIONS, direction),
            booked=day(booked),
            reversal=one_of(TRUTHS, line.get("reversal")),
            returned=bool(reason) or RETURN in (record.get("kind"), line.get("kind")),
            reason=reason,
            text=" ".join((record.get("text") or record.get("remark", "")).split()),
            bank_reference=reference,
            payment_information_id=record.get("payment_information")
            or record.get(PARENT, {}).get("payment_information", ""),
            count=whole(record.get("count", "1")),
        )


def foreign(currency):
    return SepaError("foreign_currency", _("This statement is in %s; we pay and read euro only.") % currency)
