"""What the list and the page of a claim show of it, worked out from what is stored."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch

from claims.actions import explained
from claims.models import Award, Claim, Decision
from claims.reports import wording
from claims.reports.stories import NOW, YOU
from claims.rules.statuses import BY_NAME, LABELS, UNDECIDED, Status
from claims.rules.terms import HEADS

WITHDRAWABLE = frozenset(BY_NAME["withdraw"].sources + BY_NAME["discard"].sources)
GOOD = {Status.APPROVED, Status.PARTLY_APPROVED, Status.PAYMENT_DUE, Status.PAID}
YOURS = {Status.DRAFT, Status.INFORMATION_REQUESTED, Status.PAYMENT_RETURNED}
BAD = {Status.REJECTED}


@dataclass(frozen=True)
class CaseLine:
    """A claim in the list."""

    claim: Claim
    label: str
    tone: str
    now: str
    you: str

    @property
    def due(self):
        """By when it is decided, while it is not and nothing has to be waited for."""
        waits = self.claim.state in (Status.INFORMATION_REQUESTED, Status.ON_HOLD)
        return self.claim.due if self.claim.state in UNDECIDED and not waits else None


def line_of(claim):
    status = claim.state
    tone = "good" if status in GOOD else "warn" if status in YOURS else "bad" if status in BAD else ""
    return CaseLine(claim, LABELS[status], tone, NOW[status], YOU.get(status, ""))


@dataclass(frozen=True)
class Outcome:
    """A decision as the claimant reads it: `sums` is the frozen arithmetic, head by head, amounts in euro."""

    decision: Decision
    awards: tuple
    sums: tuple
    reasons: tuple
    deductions: list
    benefits: list


@dataclass(frozen=True)
class Sum:
    label: str
    count: int
    gross: Decimal
    cap: Decimal | None
    net: Decimal


@dataclass(frozen=True)
class ItemOutcome:
    award: Award
    reasons: tuple


def decision_of(claim):
    """The Outcome of the decision in force, or None."""
    awards = Prefetch("awards", Award.objects.select_related("item"))
    decision = (
        claim.decisions.filter(state=Decision.State.EFFECTIVE).prefetch_related(awards).order_by("-round").first()
    )
    if decision is None:
        return None
    lines, texts = decision.assessment["lines"], wording.reasons_of(decision)
    return Outcome(
        decision,
        tuple(ItemOutcome(award, in_words(texts, award.reasons)) for award in decision.awards.all()),
        tuple(sum_of(line) for line in lines),
        in_words(texts, decision.assessment.get("reasons", ())),
        explained.deductions(decision),
        explained.benefits(decision),
    )


def sum_of(line):
    cap = line["cap"] and Decimal(line["cap"])
    return Sum(
        HEADS.get(line["head"], line["head"]),
        int(Decimal(line["quantity"])),
        Decimal(line["gross"]),
        cap,
        Decimal(line["net"]),
    )


def in_words(texts, codes):
    return tuple(texts[code].for_claimant for code in codes)
