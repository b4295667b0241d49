"""Deciding a claim, and the second person's signature under it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import letters, lifecycle
from claims.actions.review import end_assignment
from claims.models import Award, Countersignature, Decision
from claims.reports import wording
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.remedies import damages
from claims.rules.statuses import LABELS, UNDECIDED, Status
from claims.rules.text import NOTE, clean_text
from claims.rules.verdict import check_findings, check_outcome, signature_due


@transaction.atomic
def decide(reference, *, by, outcome, items, note="", version=None, ask_signature=False):
    """Decides the claim on `by`'s desk; over the limit of its terms the decision waits for a countersignature.

    `items`: one {id, awarded (Decimal euro), share (0 to 100), reasons [codes]} for each item.
    Returns the claim. Raises Refused: 403 `not_assignee` or `own_claim`, 409 `illegal_move` or
    `stale`, 422 at the item that is not right.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    allowed = permissions.may_decide(by, claim)
    if allowed == permissions.NOT_ASSIGNEE:
        check_state(claim, *UNDECIDED)  # who comes too late hears what became of it, not whose it was
    permissions.require(allowed)
    check_state(claim, Status.IN_REVIEW)
    note = clean_text(note, field="note", limit=NOTE, required=False)
    reasons = wording.newest()
    findings = check_findings(items, list(claim.items.all()), wording.offered(reasons))
    check_outcome(outcome, findings)
    assessment = damages.assess(findings, claim.terms.rules)
    now = timezone.now()
    waits = signature_due(assessment, claim.terms.rules, asked=ask_signature)
    decision = Decision.objects.create(
        claim=claim,
        round=claim.round,
        outcome=outcome,
        state=Decision.State.PROPOSED if waits else Decision.State.EFFECTIVE,
        decider=by,
        note=note,
        assessment=assessment.to_json(),
        total=assessment.total,
        offsets=assessment.offsets,
        net=assessment.net,
        reason_versions={code: reasons[code].version for code in reasons_given(findings, assessment)},
        made_at=now,
        effective_at=None if waits else now,
    )
    Award.objects.bulk_create(
        Award(
            decision=decision,
            item_id=finding.item,
            awarded=finding.awarded,
            share=finding.share,
            reduced=finding.reduced,
            reasons=list(finding.reasons),
        )
        for finding in findings
    )
    facts = {"outcome": outcome, "total": str(decision.total), "net": str(decision.net), "decision": decision.pk}
    end_assignment(claim, "decided")
    if waits:
        return lifecycle.advance(
            claim, Status.AWAITING_COUNTERSIGNATURE, by=by, move="propose", facts=facts, words=note
        )
    letters.write(decision)
    return lifecycle.advance(claim, Status(outcome), by=by, move="decide", facts=facts, words=note, decided_at=now)


def reasons_given(findings, assessment):
    """Every code that a decision gives, once."""
    return dict.fromkeys([*(code for finding in findings for code in finding.reasons), *assessment.reasons])


def check_state(claim, *states):
    if claim.state not in states:
        raise Refused(
            "illegal_move",
            _("This claim cannot be decided now: it is “%(status)s”.") % {"status": LABELS[claim.state]},
            status=409,
        )


def proposed(claim):
    """The decision that waits for a signature. Raises Refused `illegal_move` if there is none."""
    decision = claim.decisions.filter(state=Decision.State.PROPOSED, round=claim.round).first()
    if decision is None or claim.state is not Status.AWAITING_COUNTERSIGNATURE:
        raise Refused("illegal_move", _("No decision of this claim waits for a signature."), status=409)
    return decision


@transaction.atomic
def countersign(reference, *, by, version=None):
    """The second person signs; the decision takes effect as it was proposed."""
    claim = lifecycle.locked(reference, by=by, version=version)
    may_sign(by, claim)
    decision = proposed(claim)
    now = timezone.now()
    Countersignature.objects.create(decision=decision, signer=by, signed_at=now)
    decision.state, decision.effective_at = Decision.State.EFFECTIVE, now
    decision.save(update_fields=["state", "effective_at"])
    letters.write(decision)
    return lifecycle.advance(
        claim, Status(decision.outcome), by=by, move="countersign", facts={"decision": decision.pk}, decided_at=now
    )


@transaction.atomic
def return_to_reviewer(reference, *, by, note, version=None):
    """The second person gives the claim back to the reviewer and says why."""
    claim = lifecycle.locked(reference, by=by, version=version)
    may_sign(by, claim)
    decision = proposed(claim)
    note = clean_text(note, field="note", limit=NOTE)
    decision.state = Decision.State.RETURNED
    decision.save(update_fields=["state"])
    claim.assignments.create(reviewer=decision.decider)
    return lifecycle.advance(claim, Status.IN_REVIEW, by=by, move="return", words=note, facts={"decision": decision.pk})


def may_sign(by, claim):
    decider = claim.decisions.filter(state=Decision.State.PROPOSED).values_list("decider_id", flat=True).first()
    permissions.require(permissions.may_countersign(by, claim, decider))
