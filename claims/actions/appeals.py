"""The appeal: once, in time, with grounds; and what the decision on it may not do."""

from django.db import transaction
from django.utils import timezone

from claims.actions import clock, lifecycle
from claims.models import Appeal, Decision
from claims.reports import appealing, risk
from claims.rules import permissions
from claims.rules.appeals import Result, check_not_worse, check_window
from claims.rules.statuses import DECIDED, Status
from claims.rules.text import NARRATIVE, clean_text


@transaction.atomic
def appeal(reference, *, by, grounds, version=None):
    """The claimant asks for a second look at a decision: another reviewer takes it, in a round with a clock of its own.

    New documents are attached before (claims.actions.attachments). Raises Refused: 403 `not_yours`, 409
    `illegal_move`, `stale`, `appealed_before` or `appeal_window_closed`, 422 for the grounds.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_settle(by, claim))
    lifecycle.check(claim, Status.APPEALED, move="appeal")
    decision = appealing.decision_in_force(claim)
    check_window(appealing.window_of(claim, decision, today=clock.today()))
    grounds = clean_text(grounds, field="grounds", limit=NARRATIVE)
    now, rules, number = timezone.now(), claim.terms.rules, claim.round + 1
    Appeal.objects.create(claim=claim, against=decision, grounds=grounds, filed_at=now)
    documents = claim.attachments.filter(added_at__gte=decision.effective_at).count()
    due = clock.start(claim, rules.appeal_decision_days, basis="appeal", by=by, mode=rules.decision_mode, number=number)
    return lifecycle.advance(
        claim,
        Status.APPEALED,
        by=by,
        move="appeal",
        words=grounds,
        facts={"decision": decision.pk, "documents": documents, "round": number},
        round=number,
        risk=risk.of(claim, number=number),
        told={"context": {"due_on": due.isoformat()}},
        assigned_to=None,
        due=due,
    )


def prepares_one(claim):
    """Whether the claimant of a locked claim may still appeal, and so may add documents."""
    if claim.state not in DECIDED:
        return False
    return appealing.window_of(claim, appealing.decision_in_force(claim), today=clock.today()).open


def check_result(claim, assessment, gifts):
    """Raises Refused 422 `worse_on_appeal` if a decision of a locked claim gives less than the one appealed against.

    `gifts` are what it gives beside money, each with its kind and quantity.
    """
    first = Decision.objects.filter(appeal__claim=claim).first() if claim.round > 1 else None
    if first is not None:
        beside = {gift.kind: gift.quantity for gift in gifts}
        second = Result(assessment.net, assessment.offsets, beside)
        check_not_worse(appealing.result_of(first), second, claim.terms.rules)


def has_one(claim):
    """Whether the claim was appealed; what waits again after it waits as an appeal."""
    return claim.round > 1 and Appeal.objects.filter(claim=claim).exists()
