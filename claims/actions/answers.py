"""What a claimant answers to a question: kept thing by thing, then handed in as a whole."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle, questions
from claims.models import InformationRequest
from claims.rules import asking, permissions
from claims.rules.errors import Refused
from claims.rules.statuses import Status
from claims.rules.text import NOTE, clean_text

NOTHING_ASKED = _("There is no open question about this claim.")
NOT_ASKED = _("This was not asked.")


@transaction.atomic
def save_answers(reference, *, by, answers, version=None):
    """Keeps answers to what is asked without handing them in: {id, text, declined, documents} each, as answer() takes.

    Nobody but the claimant's side sees them until then, so neither the claim nor its journal changes.
    """
    claim, request = asked_of(reference, by=by, version=version)
    keep_all(claim, request, answers, field="answers")
    return claim


@transaction.atomic
def save_answer(reference, item_id, *, by, text="", declined=False):
    """Keeps the answer to one thing, as save_answers() does."""
    _claim, request = asked_of(reference, by=by)
    item = item_of(request, item_id)
    keep(item, text=text, declined=declined)
    return item


@transaction.atomic
def answer(reference, *, by, text="", items=None, version=None):
    """Hands in the answer to the open question and returns the claim, which goes back to its reviewer.

    `items`: further answers as in save_answers(); where they are left out, `text` also answers whatever has no answer
    of its own. An answer to a question that has expired is added to the claim as long as it is not decided.
    Raises Refused: 409 `nothing_asked`, 422 `unanswered` naming what has no answer.
    """
    claim, request = asked_of(reference, by=by, version=version)
    text = clean_text(text, field="text", limit=NOTE, required=False)
    keep_all(claim, request, items or (), field="items")
    missing = [item for item in request.items.prefetch_related("documents__document") if not item.is_given]
    if text and missing and items is None:
        for item in missing:
            keep(item, text=text)
        text, missing = "", []
    asking.check_answered([(item.pk, item.label, False) for item in missing])
    facts = {"request": request.pk, "items": request.items.count()}
    if request.state == InformationRequest.State.OPEN and questions.is_over(request):
        questions.expire(claim, request)  # as the crank would have done by now
    if request.state == InformationRequest.State.OPEN:
        questions.finish(request, InformationRequest.State.ANSWERED, answer=text, answered_at=timezone.now())
        due = questions.resumed(claim, request, by=by)
        return lifecycle.advance(claim, Status.IN_REVIEW, by=by, move="answer", words=text, facts=facts, due=due)
    request.answer, request.answered_at = text, timezone.now()
    request.save(update_fields=["answer", "answered_at"])
    flags = questions.flags_with(claim, questions.ANSWERED_LATE)
    return lifecycle.touch(claim, by=by, action="late answer", words=text, facts=facts, flags=flags)


def asked_of(reference, *, by, version=None):
    """(locked claim, its request) if `by` may answer it. Raises Refused 409 `nothing_asked`."""
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_edit(by, claim))
    request = questions.answerable(claim)
    if request is None:
        raise Refused("nothing_asked", NOTHING_ASKED, status=409)
    return claim, request


def keep_all(claim, request, answers, *, field):
    """Keeps every one of `answers`; a refusal names its place among them."""
    asked = {item.pk: item for item in request.items.all()}
    for place, given in enumerate(answers):
        item = asked.get(given["id"])
        if item is None:
            raise Refused("unknown_item", NOT_ASKED, field=f"{field}.{place}.id")
        at = f"{field}.{place}.text"
        keep(item, text=given.get("text", ""), declined=given.get("declined", False), field=at)
        if given.get("documents") is not None:
            link(claim, item, given["documents"], field=f"{field}.{place}.documents")


def keep(item, *, text, declined=False, field="text"):
    item.answer, item.declined = asking.clean_answer(text, declined=declined, field=field), declined
    item.answered_at = timezone.now() if item.answer else None
    item.save(update_fields=["answer", "declined", "answered_at"])


def link(claim, item, documents, *, field):
    """Says which of the claim's documents (their ids) answer `item`."""
    found = {str(each.document_id): each for each in claim.attachments.all()}
    wanted = {str(each) for each in documents}
    if wanted - set(found):
        raise Refused("unknown_document", _("This document is not part of the claim."), field=field)
    item.documents.set([found[each] for each in wanted])


def item_of(request, item_id):
    """The thing asked for with this id; without one, the only thing that is asked for, if it is one."""
    if item_id is None:
        items = list(request.items.all()[:2])
        return items[0] if len(items) == 1 else None
    item = request.items.filter(pk=item_id).first()
    if item is None:
        raise Refused("unknown_item", NOT_ASKED, field="answers")
    return item
