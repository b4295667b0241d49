"""The question loop: a reviewer asks for named things, the claimant answers them one by one, or the time runs out.

While a question is open the clock stands still. It runs again from the day of the answer, at the latest from the day
after the last one to answer, whenever the crank comes round. The days to answer do not run while the notice is held
because the claimant's mailbox is down. Answers are in claims.actions.answers.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import clock, lifecycle, notices
from claims.models import Claim, IncidentTerms, InformationRequest, RequestedItem
from claims.models.questions import unheard
from claims.rules import asking, denials, permissions
from claims.rules.errors import Refused
from claims.rules.outage import ROME
from claims.rules.statuses import LABELS, UNDECIDED, Status
from claims.rules.text import NOTE, clean_text

BASIS = "information_request"
KIND, ABOUT = "information_requested", "request:"
UNANSWERED, ANSWERED_LATE = "unanswered", "answered_late"
State = InformationRequest.State


@transaction.atomic
def ask(reference, *, by, items, text="", days=None, version=None):
    """Asks the claimant for `items` (a line of text each), all in one notice, within `days` (usual: the terms').

    Returns the claim. Raises Refused: 403 `not_assignee` or `own_claim`, 409 `illegal_move` or `stale`, 422.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    require_asker(by, claim, Status.IN_REVIEW)
    things = asking.clean_things(items)
    text = clean_text(text, field="text", limit=NOTE, required=False)
    days = asking.clean_days(days, claim.terms.rules.information_days)
    due = asking.answer_by(clock.today(), days)
    request = InformationRequest.objects.create(claim=claim, round=claim.round, asked_by=by, text=text, due=due)
    RequestedItem.objects.bulk_create(RequestedItem(request=request, label=thing) for thing in things)
    return lifecycle.advance(
        claim,
        Status.INFORMATION_REQUESTED,
        by=by,
        move="ask",
        words=text,
        facts={"request": request.pk, "items": len(things), "answer_by": due.isoformat()},
        told=told(request, things),
        due=clock.pause(claim, basis=BASIS, by=by),
    )


@transaction.atomic
def cancel(reference, *, by, version=None):
    """Takes the open question back: it is no longer needed. The claimant is told and the review goes on."""
    claim = lifecycle.locked(reference, by=by, version=version)
    require_asker(by, claim, Status.INFORMATION_REQUESTED)
    request = open_request(claim)
    finish(request, State.CANCELLED)
    return lifecycle.advance(
        claim,
        Status.IN_REVIEW,
        by=by,
        move="take back question",
        facts={"request": request.pk},
        told=told(request, [item.label for item in request.items.all()]),
        due=resumed(claim, request, by=by),
    )


def require_asker(by, claim, state):
    """Raises Refused unless `by` may ask now. Who comes too late hears what became of the claim, not whose it was."""
    allowed = permissions.may_ask(by, claim)
    states = UNDECIDED if allowed == denials.NOT_ASSIGNEE else (state,) if allowed else ()
    if states and claim.state not in states:
        message = _("This is not possible now: the claim is “%(status)s”.") % {"status": LABELS[claim.state]}
        raise Refused("illegal_move", message, status=409)
    permissions.require(allowed)


def told(request, things):
    """What notices.post() takes to tell of a request: every one of its things, and the day."""
    context = {"text": request.text, "things": things, "answer_on": request.due.isoformat()}
    return {"about": f"{ABOUT}{request.pk}", "context": context}


def is_over(request):
    """Whether the last day to answer has passed."""
    return clock.today() > request.due and InformationRequest.objects.filter(~unheard(), pk=request.pk).exists()


def begin_days(released):
    """Lets the days to answer begin today for the questions among these notices, just `released`; returns how many.

    The rows of the requests are locked, those of the claims are not: whoever holds a claim may wait for this very
    release to write a notice.
    """
    begun = 0
    for notice in released:
        if notice.kind != KIND:
            continue
        request_id = notice.key.rpartition(":")[2]
        open_ones = InformationRequest.objects.select_for_update().filter(state=State.OPEN)
        request = open_ones.filter(pk=request_id, claim=notice.claim_id).first()
        if request is not None:
            days = (request.due - request.asked_at.astimezone(ROME).date()).days
            request.due = asking.answer_by(clock.today(), days)
            request.save(update_fields=["due"])
            notice.context["answer_on"] = request.due.isoformat()
            notice.save(update_fields=["context"])
            begun += 1
    return begun


def open_request(claim):
    """The question that waits for an answer, or None."""
    return claim.information_requests.filter(state=State.OPEN).first()


def answerable(claim):
    """The request that its claimant may still answer: the open one, or one that expired in this round of the review."""
    return answerable_among(claim, claim.information_requests.order_by("-id")[:1])


def answerable_among(claim, rounds):
    """The same for who has the requests at hand, newest first."""
    request = next(iter(rounds), None)
    if request is None or request.state == State.OPEN:
        return request
    late = request.state == State.EXPIRED and request.answered_at is None and claim.state in UNDECIDED
    return request if late and request.round == claim.round else None


def finish(request, state, **fields):
    """Ends an open request."""
    fields |= {"state": state, "ended_at": timezone.now()}
    for name, value in fields.items():
        setattr(request, name, value)
    request.save(update_fields=list(fields))


def drop(claim):
    """The claim ends while a question may be open: nobody waits for the answer any more."""
    claim.information_requests.filter(state=State.OPEN).update(state=State.CANCELLED, ended_at=timezone.now())


def resumed(claim, request, *, by):
    """Lets the clock run again, at the latest from the day after the last one to answer; returns the due date."""
    on = request.due + timedelta(days=1) if is_over(request) else clock.today()
    return clock.resume(claim, basis=BASIS, by=by, on=on)


def flags_with(claim, flag):
    """The claim's flags with this one of the two that tell of a late answer."""
    return [each for each in claim.flags if each not in (UNANSWERED, ANSWERED_LATE)] + [flag]


def expire(claim, request):
    """The day has passed without an answer: back to the reviewer, who is told by a flag. An inner step."""
    finish(request, State.EXPIRED)
    return lifecycle.advance(
        claim,
        Status.IN_REVIEW,
        by=None,
        move="unanswered",
        facts={"request": request.pk},
        due=resumed(claim, request, by=None),
        flags=flags_with(claim, UNANSWERED),
    )


def expire_batch(*, today=None, size=500):
    """Ends at most `size` questions whose day has passed; returns how many."""
    today = today or clock.today()
    late = InformationRequest.objects.filter(~unheard(), state=State.OPEN, due__lt=today).order_by("due", "id")
    return sum(expire_one(*row, today) for row in late.values_list("pk", "claim_id")[:size])


@transaction.atomic(durable=True)
def expire_one(request_id, claim_id, today):
    """Ends one question unless it was answered or its days began meanwhile, or it is in use; 1 if it did."""
    claim = free(claim_id)
    late = claim and claim.information_requests.select_for_update().filter(~unheard(), state=State.OPEN, due__lt=today)
    request = late and late.filter(pk=request_id).first()
    if not request:
        return 0
    expire(claim, request)
    return 1


def remind_batch(*, today=None, size=500):
    """Reminds at most `size` claimants whose answer is due soon, once for each question; returns how many."""
    today, reminded = today or clock.today(), 0
    waiting = InformationRequest.objects.filter(~unheard(), state=State.OPEN, reminded_at=None, due__gte=today)
    for terms in IncidentTerms.objects.all():
        before = terms.rules.reminder_days
        soon = waiting.filter(claim__terms=terms, due__lte=today + timedelta(days=before)).order_by("due", "id")
        for pk, claim_id, asked_at, due in soon.values_list("pk", "claim_id", "asked_at", "due")[: size - reminded]:
            if asking.remind_on(asked_at.astimezone(ROME).date(), due, before) <= today:
                reminded += remind_one(pk, claim_id)
    return reminded


@transaction.atomic(durable=True)
def remind_one(request_id, claim_id):
    """Reminds of one question unless it was ended or reminded of meanwhile; 1 if it was done."""
    claim = free(claim_id)
    request = claim and claim.information_requests.filter(pk=request_id, state=State.OPEN, reminded_at=None).first()
    if not request:
        return 0
    request.reminded_at = timezone.now()
    request.save(update_fields=["reminded_at"])
    missing = [item.label for item in request.items.all() if not item.is_given]
    notices.post("information_reminder", claim=claim, **told(request, missing))
    return 1


def free(claim_id):
    """The claim, locked, or None while somebody else works on it."""
    rows = Claim.objects.select_related("incident", "terms", "claimant")
    return rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=claim_id).first()
