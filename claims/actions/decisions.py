"""Deciding a claim, and the second person's signature under it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import appeals, checklist, letters, lifecycle, weighing
from claims.actions.review import end_assignment
from claims.models import Countersignature, Decision
from claims.reports import risk
from claims.reports.granted import Granted, granted_beside
from claims.rules import denials, permissions
from claims.rules.errors import Refused
from claims.rules.statuses import LABELS, UNDECIDED, Status
from claims.rules.text import NOTE, clean_text


@transaction.atomic
def decide(reference, *, by, outcome, items, awards=(), note="", version=None, ask_signature=False):
    """Decides the claim on `by`'s desk; if claims.rules.signatures gives a reason it waits for a countersignature.

    `items`: one {id, awarded (Decimal euro), share (0 to 100), reasons [codes]} for each item; `awards`: what is given
    beside money, {kind, quantity} each.
    Returns the claim. Raises Refused: 403 `not_assignee` or `own_claim`, 409 `illegal_move` or
    `stale`, 422 at the item that is not right, or `checklist_incomplete` naming what was not looked at.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    allowed = permissions.may_decide(by, claim)
    if allowed == denials.NOT_ASSIGNEE:
        check_state(claim, *UNDECIDED)  # who comes too late hears what became of it, not whose it was
    permissions.require(allowed)
    check_state(claim, Status.IN_REVIEW)
    note = clean_text(note, field="note", limit=NOTE, required=False)
    weighed = weighing.weigh(claim, outcome=outcome, items=items, awards=awards, ask_signature=ask_signature)
    appeals.check_result(claim, weighed.assessment, weighed.gifts)
    checklist.demand(claim)
    now = timezone.now()
    decision = weighing.write(claim, weighed, by=by, note=note, now=now)
    facts = {"outcome": outcome, "total": str(decision.total), "net": str(decision.net), "decision": decision.pk}
    end_assignment(claim, "decided")
    if weighed.signature_reasons:
        facts["signature"] = list(weighed.signature_reasons)
        return lifecycle.advance(
            claim, Status.AWAITING_COUNTERSIGNATURE, by=by, move="propose", facts=facts, words=note
        )
    letters.write(decision)
    return lifecycle.advance(claim, Status(outcome), by=by, move="decide", facts=facts, words=note, decided_at=now)


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
    check_offsets(claim, decision)
    now = timezone.now()
    Countersignature.objects.create(decision=decision, signer=by, signed_at=now)
    decision.state, decision.effective_at = Decision.State.EFFECTIVE, now
    decision.save(update_fields=["state", "effective_at"])
    letters.write(decision)
    return lifecycle.advance(
        claim, Status(decision.outcome), by=by, move="countersign", facts={"decision": decision.pk}, decided_at=now
    )


def check_offsets(claim, decision):
    """Nobody signs an amount from which something granted in the meantime would have to be taken off."""
    weighing.hold_account(claim)
    then = {each["remedy"]: each["granted"] for each in decision.assessment.get("deductions", ())}
    if granted_beside(claim).to_json() != (then or Granted().to_json()):
        raise Refused(
            "offsets_changed",
            _("Meanwhile more or less was granted for this account. Return the decision, so that it is weighed again."),
            status=409,
        )


@transaction.atomic
def recall(reference, *, by, version=None):
    """The reviewer takes back a proposed decision to change it: it is void, and the claim is on the desk again."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_recall(by, claim, by.pk))
    decision = proposed(claim)
    permissions.require(permissions.may_recall(by, claim, decision.decider_id))
    decision.state = Decision.State.VOID
    decision.save(update_fields=["state"])
    claim.assignments.create(reviewer=by)
    return lifecycle.advance(claim, Status.IN_REVIEW, by=by, move="recall", facts={"decision": decision.pk})


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
    return lifecycle.advance(
        claim,
        Status.IN_REVIEW,
        by=by,
        move="return",
        words=note,
        facts={"decision": decision.pk},
        risk=risk.of(claim, returned=True),
    )


def may_sign(by, claim):
    decider = claim.decisions.filter(state=Decision.State.PROPOSED).values_list("decider_id", flat=True).first()
    permissions.require(permissions.may_countersign(by, claim, decider))
