"""Risarcimento: proven loss, item by item, as a reviewer found it (Codice civile 1223, 1226, 1227)."""

from dataclasses import dataclass
from decimal import Decimal

from claims.rules.money import ZERO, cents
from claims.rules.remedies.base import Assessment, Deduction, Line


@dataclass(frozen=True)
class Finding:
    """What a reviewer found for one item: `awarded` euro before the claimant's own `share` (0 to 100 %)."""

    item: int
    head: str
    claimed: Decimal
    awarded: Decimal
    share: Decimal = Decimal(0)
    reasons: tuple = ()

    @property
    def reduced(self):
        return cents(min(self.awarded, self.claimed) * (100 - self.share) / 100)


def assess(findings, terms, *, indemnity_granted=ZERO, refund_granted=ZERO, refund_from_all=False):
    """1. each item reduced by the own share; 2. each head capped; 3. the claim capped; 4. less what was granted.

    `indemnity_granted` and `refund_granted` are euro already given to the same customer for the
    same incident; the refund is offset only against `service_value`, or against everything if `refund_from_all`.
    """
    lines, total, service_value = [], ZERO, ZERO
    for head in dict.fromkeys(finding.head for finding in findings):
        of_head = [finding for finding in findings if finding.head == head]
        gross = sum((finding.reduced for finding in of_head), ZERO)
        cap = terms.head_caps.get(head)
        net = gross if cap is None else min(gross, cap)
        lines.append(Line(head, "items", Decimal(len(of_head)), ZERO, gross, net, cap=cap))
        total += net
        if head == "service_value":
            service_value = net
    capped = min(total, terms.damages_cap)
    indemnity = min(capped, indemnity_granted)
    refund = min(capped - indemnity, refund_granted, capped if refund_from_all else service_value)
    deductions = (
        Deduction("indemnity", indemnity_granted, indemnity),
        Deduction("refund", refund_granted, refund),
    )
    offsets = indemnity + refund
    reasons = ("above_cap",) if capped < sum((line.gross for line in lines), ZERO) else ()
    return Assessment(
        tuple(lines), total=capped, offsets=offsets, net=capped - offsets, reasons=reasons, deductions=deductions
    )
