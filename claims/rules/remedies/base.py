"""What every remedy takes and gives: Facts in, an Assessment out that explains its own arithmetic."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from claims.rules.money import ZERO


@dataclass(frozen=True)
class Facts:
    """What is known about one account. Intervals are UTC, the paid period Rome dates [from, to)."""

    service_kind: str
    intervals: tuple = ()
    fee: Decimal = ZERO
    paid_from: date | None = None
    paid_to: date | None = None


@dataclass(frozen=True)
class Line:
    """One line of the arithmetic, in euro: gross = quantity x rate, then cap and offset, then net."""

    head: str
    basis: str
    quantity: Decimal
    rate: Decimal
    gross: Decimal
    net: Decimal
    cap: Decimal | None = None
    offset: Decimal = ZERO


@dataclass(frozen=True)
class Deduction:
    """What is taken off for one remedy granted before: `counted` of the `granted` euro."""

    remedy: str
    granted: Decimal
    counted: Decimal


@dataclass(frozen=True)
class Assessment:
    """The outcome of a rule: `total` before and `net` after offsets, in euro; `reasons` are codes.

    `offsets` is the sum of the `deductions`.
    """

    lines: tuple = ()
    total: Decimal = ZERO
    offsets: Decimal = ZERO
    net: Decimal = ZERO
    reasons: tuple = field(default=())
    deductions: tuple = ()

    def to_json(self):
        """As stored with a decision: amounts are strings with two decimals."""
        return {
            "lines": [
                {
                    "head": line.head,
                    "basis": line.basis,
                    "quantity": str(line.quantity),
                    "rate": str(line.rate),
                    "gross": str(line.gross),
                    "cap": None if line.cap is None else str(line.cap),
                    "offset": str(line.offset),
                    "net": str(line.net),
                }
                for line in self.lines
            ],
            "deductions": [
                {"remedy": each.remedy, "granted": str(each.granted), "counted": str(each.counted)}
                for each in self.deductions
            ],
            "total": str(self.total),
            "offsets": str(self.offsets),
            "net": str(self.net),
            "reasons": list(self.reasons),
        }
