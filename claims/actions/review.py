"""Reviewers' desks: taking, assigning and giving back claims."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import appeals, clock, lifecycle
from claims.models import Assignment, Claim, DecisionDraft
from claims.models.writing import first, insert
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.statuses import WITH_REVIEWER, Status
from claims.rules.terms import Terms
from claims.rules.text import NOTE, clean_text

# Written out because every reviewer waits for it: the ORM takes longer to compose it than PostgreSQL to run it.
# The bars of permissions.may_take(), and that one did not give the claim back.
FREE = """
    SELECT {{columns}} FROM claims_claim AS claim
    WHERE status IN ('submitted', 'appealed')
    AND claimant_id <> %(by)s AND filed_by_id <> %(by)s
    AND NOT EXISTS (
        SELECT FROM claims_assignment WHERE claim_id = claim.id AND reviewer_id = %(by)s AND ended_as = 'released'
    )
    AND (round = 1 OR NOT EXISTS (
        SELECT FROM claims_decision d LEFT JOIN claims_countersignature s ON s.decision_id = d.id
        WHERE d.claim_id = claim.id AND d.state = 'effective' AND d.round < claim.round
        AND %(by)s IN (d.decider_id, s.signer_id)
    ))
    AND login <> ALL(%(addresses)s::text[]) AND NOT (
        SELECT email = ANY(%(addresses)s::text[]) OR lower(second_email) = ANY(%(addresses)s::text[])
        FROM accounts_user AS claimant WHERE claimant.id = claim.claimant_id
    )
    AND (iban_index = '' OR iban_index <> ALL(ARRAY(
        SELECT own.iban_index FROM claims_claim AS own WHERE own.claimant_id = %(by)s
    )))
    {wishes}
"""
WISHES = {
    "incident": "AND incident_id = (SELECT id FROM claims_incident WHERE code = %(incident)s)",
    "remedy": "AND remedy = %(remedy)s",
}
# Of what presses, then of the rest: the second half runs only when the first finds nothing. Both walk an index in its
# order. The longest reminder days of all terms end the first walk, the claim's own say whether it presses.
DAYS = "coalesce((values ->> 'reminder_days')::int, %(usual)s)"
PRESSING = f"""{FREE}
    AND due <= %(today)s::date + (SELECT max({DAYS}) FROM claims_incidentterms)
    AND due <= %(today)s::date + (SELECT {DAYS} FROM claims_incidentterms AS terms WHERE terms.id = claim.terms_id)
    ORDER BY due, risk DESC, submitted_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""  # noqa: S608
REST = f"{FREE} ORDER BY risk DESC, submitted_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
MOST_URGENT = f"SELECT * FROM ({PRESSING}) AS pressing UNION ALL SELECT * FROM ({REST}) AS rest LIMIT 1"  # noqa: S608
USUAL = Terms().reminder_days


@transaction.atomic
def take_next(*, by, incident=None, remedy=None):
    """Takes the most urgent free claim (claims.rules.urgency) for `by` and returns it, or None when there is none.

    Claims that `by` gave back or may not take are left to others. Reviewers who ask at the same time never wait for
    each other: a claim somebody is just taking is skipped.
    """
    permissions.require(permissions.may_review(by))
    wishes = {name: value for name, value in (("incident", incident), ("remedy", remedy)) if value}
    statement = MOST_URGENT.format(wishes=" ".join(WISHES[name] for name in wishes))
    values = {"by": by.pk, "addresses": list(permissions.addresses_of(by)), "today": clock.today(), "usual": USUAL}
    claim = first(Claim, statement, {**values, **wishes})
    return claim and put_on_desk(claim, by, by=by)


@transaction.atomic
def take(reference, *, by, version=None):
    """Takes this very claim."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_take(by, claim))
    return put_on_desk(claim, by, by=by)


@transaction.atomic
def assign(reference, *, by, to, version=None):
    """A supervisor gives a claim to reviewer `to` (a User): a free one, or one on a desk, also while it waits there."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_assign(by, claim, to))
    if claim.state in WITH_REVIEWER:
        return pass_on(claim, to, by=by, action="assign")
    return put_on_desk(claim, to, by=by)


@transaction.atomic
def hand_over(reference, *, by, to, note, version=None):
    """The reviewer who has the claim, or a supervisor, gives it to the colleague `to` (a User) and says why.

    Raises Refused: 403 for who may not give it or not have it, 409 `stale`, `not_on_a_desk` or `already_taken`, 422
    without a note.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_hand_over(by, claim, to))
    check_on_desk(claim)
    return pass_on(claim, to, by=by, action="hand over", words=clean_text(note, field="note", limit=NOTE))


@transaction.atomic
def release(reference, *, by, reason="", version=None):
    """Puts a claim back among the free ones."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_release(by, claim))
    reason = clean_text(reason, field="reason", limit=NOTE, required=False)
    return free(claim, by=by, words=reason)


def free(claim, *, by, words="", clearing=None):
    """Back among the free ones. It does not come to who gave it back again, but to whom a supervisor relieved of it."""
    how = Assignment.End.RELEASED if claim.assigned_to_id == by.pk else Assignment.End.FREED
    target = Status.APPEALED if appeals.has_one(claim) else Status.SUBMITTED
    lifecycle.advance(claim, target, by=by, move="release", words=words, assigned_to=None)
    end_assignment(claim, how, clearing)
    return claim


def check_on_desk(claim):
    if claim.state not in WITH_REVIEWER:
        raise Refused("not_on_a_desk", _("No reviewer is working on this claim just now."), status=409)


def pass_on(claim, to, *, by, action, words="", clearing=None):
    """From one desk to another. What state it is in, and its clock, stay as they are."""
    if claim.assigned_to_id == to.pk:
        raise Refused("already_taken", _("%(name)s has this claim already.") % {"name": to}, status=409)
    end_assignment(claim, Assignment.End.REASSIGNED, clearing)
    insert(Assignment(claim=claim, reviewer=to))
    return lifecycle.touch(claim, by=by, action=action, facts={"to": to.pk}, words=words, assigned_to=to)


def put_on_desk(claim, reviewer, *, by):
    if claim.state is Status.IN_REVIEW:
        mine = claim.assigned_to_id == reviewer.pk
        message = _("You have this claim already.") if mine else _("Somebody else took this claim just now.")
        raise Refused("already_taken", message, status=409)
    lifecycle.advance(
        claim, Status.IN_REVIEW, by=by, move="take", facts={"reviewer": reviewer.pk}, assigned_to=reviewer
    )
    insert(Assignment(claim=claim, reviewer=reviewer))
    return claim


def end_assignment(claim, how, clearing=None):
    """The reviewer has no more to do with it, and what they had begun to write as its decision goes with them."""
    DecisionDraft.objects.filter(claim=claim).delete()
    claim.assignments.filter(ended_at=None).update(ended_at=timezone.now(), ended_as=how, cleared_by=clearing)
