"""Asking a claimant for something, reading what was asked, and answering it."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from accounts.access import SIGNED_IN
from claims.actions import answers, questions
from claims.api.body import Strict
from claims.api.documentation import IF_MATCH, KEY_DEMANDED, PAGES, described, page_of
from claims.api.fields import Id, Text, Time, Word, Yes, iso_date, utc
from claims.api.paging import Cursor, in_order, parameters
from claims.api.repeating import answered
from claims.api.representations import either, find, reads_as_staff
from claims.api.steps import REVIEWERS, USUAL, Nothing, Step, step
from claims.models import InformationRequest
from claims.reports.questions import rounds_of
from claims.rules.asking import LABEL, MOST_DAYS, MOST_THINGS
from claims.rules.text import NOTE


class NewQuestion(Strict):
    items = serializers.ListField(
        child=Text(max_length=LABEL), max_length=MOST_THINGS, help_text="The things you ask for, a line each."
    )
    text = Text(max_length=NOTE, required=False, allow_blank=True, help_text="Further words to the claimant.")
    days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_DAYS, help_text="Left out: those of the terms."
    )


class GivenAnswer(Strict):
    """An answer to one thing; `declined`: it cannot be given, `text` says why."""

    id = Id(help_text="Of the thing that is asked for.")
    text = Text(max_length=NOTE, required=False, allow_blank=True)
    declined = Yes(required=False)
    documents = serializers.ListField(
        child=Word(), required=False, max_length=100, help_text="Documents of the claim that answer it."
    )


class Answers(Strict):
    text = Text(
        max_length=NOTE,
        required=False,
        allow_blank=True,
        help_text="Without `items` it answers everything that has no answer of its own.",
    )
    items = GivenAnswer(many=True, required=False, max_length=MOST_THINGS)


class AskedItem(serializers.Serializer):
    """One thing that is asked for. For staff the answer is empty until the claimant has handed it in."""

    id = serializers.IntegerField()
    label = serializers.CharField()
    answer = serializers.CharField(allow_blank=True)
    declined = serializers.BooleanField()
    documents = serializers.ListField(child=serializers.UUIDField())


class Round(serializers.Serializer):
    """One round of questions. `answered_at` after `ended_at` tells a late answer."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=InformationRequest.State.values)
    text = serializers.CharField(allow_blank=True)
    due = serializers.DateField()
    asked_at = Time()
    ended_at = Time(allow_null=True)
    answered_at = Time(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    items = AskedItem(many=True)


@extend_schema_view(
    post=described(
        "Ask the claimant for something",
        tag="review",
        operation_id="claims_request_information_create",
        request=NewQuestion,
        answers={200: either()},
        problems=(*USUAL, 412),
        parameters=[KEY_DEMANDED, IF_MATCH],
        example={"items": ["The invoice of the new mailbox"], "text": "The scan cannot be read.", "days": 15},
        description="All things of a round go out in one notice. Until the answer the time to decide stands still.",
    )
)
class RequestInformation(Step):
    access_rule = {"GET": SIGNED_IN, "POST": REVIEWERS}
    body = NewQuestion

    @described(
        "Read what was asked and answered",
        tag="claims",
        operation_id="claims_request_information_list",
        answers={200: page_of(Round(many=True), "RoundPage")},
        problems=(400, 401, 404),
        parameters=PAGES,
        description="Oldest first.",
    )
    def get(self, request, reference):
        cursor = Cursor(request, f"rounds {reference}", parameters(request))
        claim = find(request.user, reference)
        page = in_order(rounds_of(claim)[::-1], cursor, lambda each: each.pk)
        staff = reads_as_staff(request.user, claim)
        return answered(200, {**page, "results": [round_as_json(one, staff=staff) for one in page["results"]]})

    def go(self, reference, **values):
        return questions.ask(reference, **values)


@extend_schema_view(post=step("Take an open question back", Nothing, example={}))
class CancelRequest(Step):
    access_rule = REVIEWERS
    body = Nothing

    def go(self, reference, **values):
        return questions.cancel(reference, **values)


@extend_schema_view(
    post=step(
        "Answer what was asked",
        Answers,
        tag="claims",
        example={"text": "Here is what you asked for.", "items": [{"id": 3, "text": "I bought it on 24 January."}]},
        description="Hands in what was kept by `PATCH` and what is sent along. Every thing needs an answer, a document"
        " or the reason why it cannot be given. After the last day an answer is added while the claim is not decided.",
    )
)
class Answer(Step):
    access_rule = SIGNED_IN
    body = Answers

    def go(self, reference, **values):
        return answers.answer(reference, **values)


def round_as_json(one, *, staff):
    shown = not staff or one.answered_at is not None
    return {
        "id": one.pk,
        "state": one.state,
        "text": one.text,
        "due": iso_date(one.due),
        "asked_at": utc(one.asked_at),
        "ended_at": utc(one.ended_at),
        "answered_at": utc(one.answered_at),
        "answer": one.answer,
        "items": [item_as_json(item, shown=shown) for item in one.items.all()],
    }


def item_as_json(item, *, shown):
    return {
        "id": item.pk,
        "label": item.label,
        "answer": item.answer if shown else "",
        "declined": item.declined if shown else False,
        "documents": [str(each.document_id) for each in item.documents.all()] if shown else [],
    }
