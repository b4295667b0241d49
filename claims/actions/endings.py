"""How a decided claim ends: accepted, or by the clock when nobody appealed; and how a supervisor opens one again."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import clock, entitling, lifecycle, notices, owing
from claims.models import Assignment, Claim, IncidentTerms
from claims.reports import appealing, risk
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.statuses import DECIDED, Status
from claims.rules.text import NOTE, clean_text


@transaction.atomic
def accept(reference, *, by, version=None):
    """The claimant accepts the decision: it is paid, or closed if there is nothing to pay. No appeal any more.

    Raises Refused: 403 `not_yours`, 409 `illegal_move`, `stale` or `bank_details_missing`.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_settle(by, claim))
    lifecycle.check(claim, Status.CLOSED, move="accept")
    decision = appealing.decision_in_force(claim)
    if decision.net and not claim.iban_hint:
        raise Refused(
            "bank_details_missing", _("Give us your bank details first, so that we know where to pay."), status=409
        )
    return end(claim, decision, by=by, move="accept")


def end(claim, decision, *, by, move):
    """To be paid, or closed if there is nothing to pay beyond what an earlier round paid already."""
    facts, payout = {"decision": decision.pk, "net": str(decision.net)}, owing.owe(claim, decision)
    if awards := entitling.grant(claim, decision):
        facts["awards"] = awards
    if payout is None:
        return lifecycle.advance(claim, Status.CLOSED, by=by, move=move, facts=facts)
    facts |= {"payout": payout.pk, "amount": str(payout.amount)}
    return lifecycle.advance(claim, Status.PAYMENT_DUE, by=by, move=move, facts=facts)


def pass_windows(*, size=200):
    """Ends at most `size` claims whose time to appeal is over, and those paid long ago; returns how many it acted on.

    How late it is called changes nothing in what it does.
    """
    now, ended = timezone.now(), 0
    for terms in IncidentTerms.objects.all():
        for find, act in ((appealing.may_be_over, pass_window), (appealing.long_paid, close_paid)):
            for pk in find(terms, now).order_by("pk").values_list("pk", flat=True):
                if ended >= size:
                    return ended
                ended += act(pk)
    return ended


def free(pk, *states):
    """The locked claim, unless somebody has it in hand or it is in none of `states` any more."""
    rows = Claim.objects.select_related("claimant", "terms").filter(pk=pk, status__in=states)
    return rows.select_for_update(skip_locked=True, of=("self",)).first()


@transaction.atomic(durable=True)
def pass_window(pk):
    """Ends one decided claim if nobody can appeal any more; 1 if it did, or asked for the bank details."""
    claim = free(pk, *DECIDED)
    if claim is None:
        return 0
    decision = appealing.decision_in_force(claim)
    if appealing.window_of(claim, decision, today=clock.today()).open:
        return 0
    if claim.state is Status.REJECTED:
        lifecycle.advance(claim, Status.CLOSED, by=None, move="close", facts={"decision": decision.pk})
    elif decision.net and not claim.iban_hint:
        return ask_for_bank_details(claim)
    else:
        end(claim, decision, by=None, move="lapse")
    return 1


def ask_for_bank_details(claim):
    """Asks once; 1 if it did now."""
    if claim.notices.filter(kind="bank_details_needed", key__endswith=f":{claim.round}").exists():
        return 0
    notices.post("bank_details_needed", claim=claim)
    return 1


@transaction.atomic(durable=True)
def close_paid(pk):
    claim = free(pk, Status.PAID)
    if claim is None or not appealing.long_paid(claim.terms, timezone.now()).filter(pk=pk).exists():
        return 0
    lifecycle.advance(claim, Status.CLOSED, by=None, move="close")
    return 1


@transaction.atomic
def reopen(reference, *, by, reason, to=None, version=None):
    """A supervisor opens an ended claim again: in its next round, on the desk of `to` (a User; their own if None).

    An expired draft was never submitted: it becomes a draft again, for its claimant to go on with. Raises Refused:
    403 `wrong_role`, `own_claim` or `decided_before`, 409 `illegal_move`, `stale` or `never_submitted`, 422 without
    a reason.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_reopen(by, claim))
    if claim.state is Status.EXPIRED:
        return restore(claim, by=by, reason=clean_text(reason, field="reason", limit=NOTE))
    lifecycle.check(claim, Status.IN_REVIEW, move="reopen")
    if claim.submitted_at is None:
        raise Refused(
            "never_submitted",
            _("This draft was discarded before it was sent, so there is nothing to review."),
            status=409,
        )
    reason = clean_text(reason, field="reason", limit=NOTE)
    reviewer, rules = to or by, claim.terms.rules
    claim.round += 1  # so that whoever decided before counts as an earlier hand
    permissions.require(permissions.may_assign(by, claim, reviewer))
    due = clock.start(claim, rules.decision_days, basis="reopen", by=by, mode=rules.decision_mode)
    Assignment.objects.create(claim=claim, reviewer=reviewer)
    entitling.annul(claim)  # the next decision says anew what is given
    return lifecycle.advance(
        claim,
        Status.IN_REVIEW,
        by=by,
        move="reopen",
        words=reason,
        facts={"reviewer": reviewer.pk, "round": claim.round},
        told={"context": {"due_on": due.isoformat()}},
        round=claim.round,
        risk=risk.of(claim),
        assigned_to=reviewer,
        due=due,
    )


def restore(claim, *, by, reason):
    lifecycle.advance(claim, Status.DRAFT, by=by, move="restore", words=reason)
    notices.post("draft_restored", claim=claim, about=claim.version)
    return claim
