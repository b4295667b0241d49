"""Where a decided claim stands before it is paid: until when it may be appealed against, and whose window is over."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from claims.models import Claim, Decision, Notice
from claims.rules import appeals
from claims.rules.outage import ROME
from claims.rules.statuses import DECIDED, Status

TO_PAY = (Status.APPROVED, Status.PARTLY_APPROVED)


def decision_in_force(claim):
    """The newest decision that took effect, or None."""
    return claim.decisions.filter(state=Decision.State.EFFECTIVE).order_by("-round").first()


def window_of(claim, decision, *, today):
    """The Window in which the claimant of a decided claim may appeal against `decision`."""
    return window_from(claim, decision, told_on(claim), today)


def window_from(claim, decision, told, today):
    decided = decision.effective_at.astimezone(ROME).date()
    return appeals.window(decided, told, claim.terms.rules.appeal_days, today=today, final=decision.is_final)


def told_on(claim):
    """The Rome date on which the notice of the latest decision left, None if it has not."""
    sent = claim.notices.filter(kind="claim_decided").order_by("-id").values_list("sent_at", flat=True).first()
    return sent and sent.astimezone(ROME).date()


def may_be_over(terms, now):
    """Decided claims under `terms` (a row) whose window may be over; the last day itself is the rule's to say.

    Those that were asked for bank details and have given none are left out: they wait for their claimant.
    """
    before = now - timedelta(days=terms.rules.appeal_days)
    told = Notice.objects.filter(claim=OuterRef("pk"), kind="claim_decided").order_by("-id").values("sent_at")
    asked = Notice.objects.filter(claim=OuterRef("pk"), kind="bank_details_needed")
    decided = Claim.objects.filter(terms=terms, status__in=DECIDED).annotate(told=Subquery(told[:1]))
    over = decided.filter(Q(told__lte=before) | Q(appeal__isnull=False))
    return over.exclude(Q(status__in=TO_PAY, iban_hint="") & Exists(asked))


def long_paid(terms, now):
    """Paid claims under `terms` that nothing has happened to for the days of the terms."""
    before = now - timedelta(days=terms.rules.closing_days)
    return Claim.objects.filter(terms=terms, status=Status.PAID, updated_at__lte=before)


@dataclass(frozen=True)
class Choices:
    """What the claimant of a decided claim can do until when."""

    decision: Decision
    window: appeals.Window
    told: bool
    may_accept: bool
    bank_details_missing: bool

    @property
    def may_appeal(self):
        return self.window.open


def choices_of(claim, today=None):
    """The Choices, None while the claim is not decided, or is past that."""
    if claim.state not in DECIDED:
        return None
    decision, told = decision_in_force(claim), told_on(claim)
    if decision is None:
        return None
    window = window_from(claim, decision, told, today or timezone.now().astimezone(ROME).date())
    granted = claim.state in TO_PAY
    return Choices(
        decision=decision,
        window=window,
        told=told is not None,
        may_accept=granted,
        bank_details_missing=granted and bool(decision.net) and not claim.iban_hint,
    )


def earlier_decisions(claim):
    """The decisions of earlier rounds, newest first: they stay in the record. A claim in its first round has none."""
    if claim.round == 1:
        return []
    earlier = list(claim.decisions.filter(state=Decision.State.EFFECTIVE).order_by("-round"))
    return earlier[1:] if len(earlier) > 1 else []


def result_of(decision):
    """What a stored decision gives."""
    benefits = {benefit.kind: benefit.quantity for benefit in decision.benefits.all()}
    return appeals.Result(decision.net, decision.offsets, benefits)
