"""What moves a claim on: by its claimant, and by those who review it."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from accounts.access import SIGNED_IN, rule_of
from accounts.roles import Role
from claims.actions import clock, decisions, intake, people, review
from claims.api.body import Strict
from claims.api.documentation import IF_MATCH, KEY_DEMANDED, PAGES, described, page_of
from claims.api.door import Door
from claims.api.fields import Amount, Count, Id, MaybeWord, Percentage, Text, Word, Yes, iso_date
from claims.api.paging import Cursor, in_order, parameters
from claims.api.preconditions import if_match, only_if
from claims.api.repeating import Acting, answered
from claims.api.representations import (
    ClaimGiven,
    Event,
    claim_for,
    either,
    event_as_json,
    find,
    reads_as_staff,
)
from claims.models import REMEDIES
from claims.reports.desks import away_until
from claims.reports.history import events_of
from claims.rules.text import NARRATIVE, NOTE
from claims.rules.verdict import OUTCOMES

REVIEWERS = rule_of(Role.REVIEWER, Role.SUPERVISOR)
SUPERVISORS = rule_of(Role.SUPERVISOR)
MOST_REASONS = 50
USUAL = (400, 401, 403, 404, 409, 411, 413, 415, 422)


class Step(Acting):
    """One move of one claim. Subclasses name its `body` and define go(reference, by, version, **values) -> claim."""

    key_required = True
    body = None

    def act(self, request, data, reference):
        values, version = self.body.read(data), if_match(request)
        with only_if(version):
            claim = self.go(reference, by=request.user, version=version, **values)
        return 200, self.shown(request.user, claim)

    def shown(self, person, claim):
        return claim_for(person, claim)


class Giving(Step):
    """A step that puts a claim on a desk. Whoever gives it should know that its owner is away, as on the pages."""

    def shown(self, person, claim):
        until = away_until(claim.assigned_to, clock.today())
        return {**claim_for(person, claim), "assigned_to_away_until": iso_date(until)}


def step(summary, body, *, tag="review", example=None, answer=None, **more):
    """Describes a Step for the schema."""
    problems = (*USUAL, 412)
    return described(
        summary,
        tag=tag,
        request=body,
        answers={200: answer or either()},
        problems=problems,
        parameters=[KEY_DEMANDED, IF_MATCH],
        example=example,
        **more,
    )


class Declaration(Strict):
    declaration = Yes(help_text="That what was written is true.")
    late_reason = Text(max_length=NARRATIVE, required=False, allow_blank=True)


class MaybeReason(Strict):
    reason = Text(max_length=NOTE, required=False, allow_blank=True)


class Receiver(Strict):
    to = Word(help_text="E-mail address of the reviewer.")


class Handing(Receiver):
    note = Text(max_length=NOTE)


class Choice(Strict):
    incident = MaybeWord(required=False, allow_null=True)
    remedy = serializers.ChoiceField(choices=[code for code, _label in REMEDIES], required=False, allow_null=True)


class ItemDecision(Strict):
    id = Id()
    awarded = Amount()
    share = Percentage(required=False, allow_null=True)
    reasons = serializers.ListField(child=Word(), required=False, max_length=MOST_REASONS)


class BenefitDecision(Strict):
    kind = Word()
    quantity = Count()


class Verdict(Strict):
    outcome = serializers.ChoiceField(choices=list(OUTCOMES))
    items = ItemDecision(many=True, max_length=1000)
    awards = BenefitDecision(many=True, required=False, max_length=20, help_text="What is given beside money.")
    note = Text(max_length=NOTE, required=False, allow_blank=True)
    ask_signature = Yes(required=False, help_text="Let a second person sign although the limit does not ask for it.")


class Nothing(Strict):
    """No values."""


class Note(Strict):
    note = Text(max_length=NOTE)


@extend_schema_view(post=step("Submit a draft", Declaration, tag="claims", example={"declaration": True}))
class Submit(Step):
    access_rule = SIGNED_IN
    body = Declaration

    def go(self, reference, **values):
        return intake.submit_claim(reference, **values)


@extend_schema_view(
    post=step("Withdraw a claim", MaybeReason, tag="claims", example={"reason": "I was paid by my insurance."})
)
class Withdraw(Step):
    access_rule = SIGNED_IN
    body = MaybeReason

    def go(self, reference, **values):
        return intake.withdraw(reference, **values)


@extend_schema_view(
    post=step(
        "Give a claim to a reviewer",
        Receiver,
        answer=ClaimGiven,
        example={"to": "rita@example.org"},
        description="A supervisor gives a claim to anybody who may review it: a free one, or one on a desk, also while"
        " it waits for an answer or is on hold. A reviewer takes a free claim by naming themselves.",
    )
)
class Assign(Giving):
    access_rule = REVIEWERS
    body = Receiver

    def go(self, reference, *, by, version, to):
        if to.lower() == by.email and not by.has_role(Role.SUPERVISOR):
            return review.take(reference, by=by, version=version)
        return review.assign(reference, by=by, version=version, to=people.reviewer_called(to))


@extend_schema_view(
    post=step(
        "Hand a claim over to a colleague",
        Handing,
        answer=ClaimGiven,
        example={"to": "remo@example.org", "note": "You know this insurer."},
        description="By the reviewer who has it or a supervisor, also while it waits for an answer or is on hold. The"
        " note is for colleagues only. 403 names what bars the receiver: `own_claim`, `same_household`, `same_iban` or"
        " `decided_before`.",
    )
)
class HandOver(Giving):
    access_rule = REVIEWERS
    body = Handing

    def go(self, reference, *, by, version, to, note):
        return review.hand_over(reference, by=by, version=version, to=people.reviewer_called(to), note=note)


@extend_schema_view(
    post=step("Put a claim back among the free ones", MaybeReason, example={"reason": "I know the claimant."})
)
class Release(Step):
    access_rule = REVIEWERS
    body = MaybeReason

    def go(self, reference, **values):
        return review.release(reference, **values)


@extend_schema_view(
    post=step(
        "Decide a claim",
        Verdict,
        example={
            "outcome": "partly_approved",
            "items": [{"id": 17, "awarded": "100.00", "share": "25.00", "reasons": ["own_contribution"]}],
            "note": "The invoice proves the loss; a quarter of it could have been avoided.",
        },
        description="Every loss is decided. Over the limit of the terms the decision waits for a countersignature.",
    )
)
class Decide(Step):
    access_rule = REVIEWERS
    body = Verdict

    def go(self, reference, **values):
        return decisions.decide(reference, **values)


@extend_schema_view(post=step("Sign a decision as the second person", Nothing, example={}))
class Countersign(Step):
    access_rule = SUPERVISORS
    body = Nothing

    def go(self, reference, **values):
        return decisions.countersign(reference, **values)


@extend_schema_view(
    post=step(
        "Take a proposed decision back to change it",
        Nothing,
        example={},
        description="Only its reviewer may, while nobody signed it. It is void, the claim is in review again.",
    )
)
class Recall(Step):
    access_rule = REVIEWERS
    body = Nothing

    def go(self, reference, **values):
        return decisions.recall(reference, **values)


@extend_schema_view(
    post=step("Give a decision back to its reviewer", Note, example={"note": "Look at the second invoice again."})
)
class Return(Step):
    access_rule = SUPERVISORS
    body = Note

    def go(self, reference, **values):
        return decisions.return_to_reviewer(reference, **values)


@extend_schema_view(
    post=described(
        "Take the most urgent free claim",
        tag="review",
        request=Choice,
        answers={200: either(), 204: None},
        problems=(400, 401, 403, 409, 411, 413, 415, 422),
        parameters=[KEY_DEMANDED],
        example={"incident": "libero-2023"},
        description="204 when there is none. First what is overdue or due within the reminder days of its terms, by"
        " due date; then the rest by risk (over the limit of the terms, a second look, returned by the second person)"
        " and age. Skipped is what you gave back, and what you may not work on: claims you filed, of your household or"
        " your bank account, or decided in an earlier round.",
    )
)
class TakeNext(Acting):
    access_rule = REVIEWERS
    key_required = True

    def act(self, request, data):
        claim = review.take_next(by=request.user, **Choice.read(data))
        return (204, None) if claim is None else (200, claim_for(request.user, claim))


class Events(Door):
    access_rule = SIGNED_IN

    @described(
        "Read a claim's journal",
        tag="claims",
        operation_id="claims_events_list",
        answers={200: page_of(Event(many=True), "EventPage")},
        problems=(400, 401, 404),
        parameters=PAGES,
        description="Oldest first. Staff read all of it, with names and hashes; claimants what is theirs.",
    )
    def get(self, request, reference):
        cursor = Cursor(request, f"events {reference}", parameters(request))
        claim = find(request.user, reference)
        events = events_of(claim, for_staff=reads_as_staff(request.user, claim))
        page = in_order(events, cursor, lambda event: event.sequence)
        return answered(200, {**page, "results": [event_as_json(event) for event in page["results"]]})
