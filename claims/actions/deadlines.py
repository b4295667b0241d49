"""What is done about deadlines: a supervisor prolongs one; reminders, escalation and breaches by the clock.

Everything here looks at what is due and at what was already done about it, so that a job that runs late, or twice,
finds the same.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat, JSONObject
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from claims.actions import clock, lifecycle, notices
from claims.models import Claim, IncidentTerms, JournalEntry, Notice
from claims.models.claim import clock_stands
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.holding import EXTENSION_REASONS, check_extension
from claims.rules.statuses import LABELS, UNDECIDED, Status
from claims.rules.terms import Terms
from claims.rules.text import NOTE, clean_text

LISTED = 50  # claims in one mail to a supervisor
ON_A_DESK = (Status.IN_REVIEW, Status.ON_HOLD)


@transaction.atomic
def extend(reference, *, by, days, basis, note="", version=None):
    """A supervisor prolongs the time to decide by `days` (1 to 90) on a `basis` of the list; the claimant is told.

    Raises Refused 403 `wrong_role` or `own_claim`, 409 `illegal_move`, 422 `invalid_days` or `unknown_basis`.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_extend(by, claim))
    if claim.state not in UNDECIDED:
        raise Refused(
            "illegal_move",
            _("There is no deadline to prolong: the claim is “%(status)s”.") % {"status": LABELS[claim.state]},
            status=409,
        )
    check_extension(days, basis)
    note = clean_text(note, field="note", limit=NOTE, required=False)
    lifecycle.note_breach(claim)
    due = clock.extend(claim, days, basis=f"extension:{basis}", by=by)
    facts = {"days": days, "basis": basis, "due": due.isoformat()}
    lifecycle.touch(claim, by=by, action="extend", facts=facts, words=note, due=due)
    with translation.override(claim.claimant.language):
        why = str(EXTENSION_REASONS[basis])
    told = {"due_on": due.isoformat(), "why": why, "running": clock.running(clock.ledger_of(claim))}
    notices.post("deadline_extended", claim=claim, context=told, about=claim.version)
    return claim


def record_breaches(*, size=200):
    """Writes into the journal, once for each round, that a claim was not decided in time; returns how many it wrote."""
    today = clock.today()
    return sum(record_breach(pk) for pk in breached(today).order_by("pk").values_list("pk", flat=True)[:size])


def breached(today):
    """Undecided claims past their date of which the journal does not say so yet."""
    recorded = JournalEntry.objects.filter(
        chain=Concat(Value("claim:"), Cast(OuterRef("pk"), CharField())),
        action="overdue",
        facts__contains=JSONObject(round=OuterRef("round")),
    )
    return Claim.objects.overdue(today).exclude(Exists(recorded))


@transaction.atomic(durable=True)
def record_breach(pk):
    rows = Claim.objects.select_related("claimant").filter(pk=pk)
    claim = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if claim is None or claim.state not in UNDECIDED:
        return 0
    return lifecycle.note_breach(claim)


def remind(*, size=200):
    """Reminds reviewers of what is due soon, once for each date that it was due; returns how many notices it wrote."""
    today, written = clock.today(), 0
    for terms in IncidentTerms.objects.all():
        last = today + timedelta(days=terms.rules.reminder_days)
        soon = Claim.objects.filter(terms=terms, assigned_to__is_active=True, due__range=(today, last))
        soon = soon.filter(status__in=ON_A_DESK).exclude(clock_stands()).select_related("assigned_to")
        soon = {reminder_key(claim): claim for claim in soon.order_by("due", "pk")}
        known = set(Notice.objects.filter(key__in=soon).values_list("key", flat=True))
        fresh = [claim for key, claim in soon.items() if key not in known][: size - written]
        written += sum(remind_of(claim) for claim in fresh)
    return written


def reminder_key(claim):
    return f"claim:{claim.pk}:decision_due:{claim.round}:{claim.due}:{claim.assigned_to_id}"


def remind_of(claim):
    told = {"due_on": claim.due.isoformat()}
    return notices.tell(claim.assigned_to, "decision_due", key=reminder_key(claim), claim=claim, context=told)


def escalate():
    """One mail a day to each supervisor about what is overdue, and due soon with nobody on it; how many it wrote."""
    today = clock.today()
    supervisors = User.objects.filter(is_active=True, groups__name=Role.SUPERVISOR).order_by("pk")
    return sum(escalate_to(supervisor, today) for supervisor in supervisors)


def escalate_to(supervisor, today):
    claims = Claim.objects.visible_to(supervisor).exclude(claimant=supervisor).by_urgency(today)
    overdue = list(claims.overdue(today).values_list("reference", flat=True))
    soon = claims.waiting().filter(due__range=(today, today + timedelta(days=Terms().reminder_days)))
    nobody = list(soon.values_list("reference", flat=True))
    if not overdue and not nobody:
        return 0
    told = {
        "overdue": overdue[:LISTED],
        "overdue_more": max(0, len(overdue) - LISTED),
        "nobody": nobody[:LISTED],
        "nobody_more": max(0, len(nobody) - LISTED),
    }
    return notices.tell(supervisor, "escalation", key=f"escalation:{supervisor.pk}:{today}", context=told)
