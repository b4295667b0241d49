"""Who sees what of a claim's story."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from accounts.models import PersonKey
from claims.actions import attachments, decisions, intake, lifecycle, review
from claims.models import Claim
from claims.reports.history import events_of, story
from evidence.uploading import StreamedUpload
from tests import make

SECRET = "Between us: this smells of fraud."


def actions(claim, *, for_staff=False):
    return [event.action for event in events_of(claim, for_staff=for_staff)]


@pytest.fixture
def returned(anna, incident, rita, remo, sara):
    """A claim that went to and fro between three members of staff before it was decided."""
    make.later_terms(incident, countersign_limit=0)
    claim = make.submitted(anna, incident)
    review.take(claim.reference, by=rita)
    review.release(claim.reference, by=rita, reason=SECRET)
    review.take(claim.reference, by=remo)
    make.checked(review.assign(claim.reference, by=sara, to=rita))
    for _round in "proposed", "proposed again":
        decisions.decide(
            claim.reference, by=rita, outcome="approved", items=make.findings(claim), note=SECRET, ask_signature=True
        )
        if _round == "proposed":
            decisions.return_to_reviewer(claim.reference, by=sara, note=SECRET)
            claim.refresh_from_db()
    return decisions.countersign(claim.reference, by=sara)


def test_a_claimant_sees_the_way_and_the_outcome_but_nothing_between_staff(returned):
    events = events_of(returned, for_staff=False)
    assert [event.action for event in events] == ["open", "submit", "take", "decide"]
    assert [(event.old, event.new) for event in events] == [
        ("", "draft"),
        ("draft", "submitted"),
        ("submitted", "in_review"),
        ("in_review", "approved"),
    ]
    assert [event.actor for event in events] == ["claimant", "claimant", "reviewer", "reviewer"]
    assert str(events[-1].label) == "Decided: Approved"
    seen = repr([(event, str(event.label), str(event.who)) for event in events])
    for canary in (SECRET, "Rita", "Remo", "Sara", "rita", "remo", "sara", "countersign", "propose"):
        assert canary not in seen
    assert {event.hash for event in events} == {""}


def test_staff_see_every_act_with_names_notes_and_hashes(returned):
    events = events_of(returned, for_staff=True)
    assert [event.action for event in events] == [
        *("open", "submit", "take", "release", "take", "assign"),
        *("propose", "return", "propose", "countersign"),
    ]
    assert [event.sequence for event in events] == list(range(1, 11))
    assert [event.actor for event in events[:4]] == ["Anna", "Anna", "Rita", "Rita"]
    assert [event.note for event in events if event.note] == [SECRET] * 4
    assert str(events[5].label) == "Given to Rita"
    assert all(len(event.hash) == 64 for event in events)


def test_a_decision_that_awaits_its_second_signature_is_still_in_review_for_the_claimant(anna, incident, rita):
    claim = make.taken(anna, incident, rita)
    decisions.decide(
        claim.reference, by=rita, outcome="approved", items=make.findings(claim), note=SECRET, ask_signature=True
    )
    claim = Claim.objects.get(pk=claim.pk)
    assert claim.status == "awaiting_countersignature"
    assert actions(claim) == ["open", "submit", "take"]
    told = story(claim)
    assert str(told.now) == "A reviewer is looking at your claim."
    assert [(str(step.label), step.state) for step in told.steps] == [
        ("Draft", "done"),
        ("Submitted", "done"),
        ("In review", "current"),
        ("Decision", "ahead"),
    ]


def test_changes_of_a_draft_are_one_line_and_so_are_its_documents(anna, incident):
    claim = make.draft(anna, incident)
    for text in "one", "two", "three":
        intake.edit_claim(claim.reference, by=anna, narrative=text)
    for number in range(2):
        attachments.attach(claim.reference, StreamedUpload.of("a.pdf", [make.PDF, b"%d" % number]), by=anna)
    intake.edit_claim(claim.reference, by=anna, narrative="four")
    assert actions(claim) == ["open", "edit", "attach", "edit"]
    assert [event.sequence for event in events_of(claim, for_staff=False)] == [1, 4, 6, 7]
    assert len(actions(claim, for_staff=True)) == 7


def test_own_words_are_shown_and_vanish_with_the_key(anna, incident):
    claim = make.submitted(anna, incident)
    claim = intake.withdraw(claim.reference, by=anna, reason="I was paid otherwise.")
    assert events_of(claim, for_staff=False)[-1].note == "I was paid otherwise."
    PersonKey.objects.filter(person=anna).delete()
    assert events_of(claim, for_staff=False)[-1].note == ""
    assert events_of(claim, for_staff=True)[-1].note == ""


def test_who_filed_for_somebody_is_told_from_the_office(anna, incident, olga):
    claim = intake.open_claim(
        incident.code,
        by=olga,
        login="anna@libero.example",
        on_behalf_of={"email": anna.email, "name": "Anna", "identity_check": "Date of birth"},
    )
    (opened,) = events_of(claim, for_staff=False)
    assert (opened.actor, str(opened.who)) == ("operator", "Our call centre for you")


@pytest.mark.parametrize("for_staff", [True, False])
def test_thirty_events_take_as_many_queries_as_ten(returned, rita, sara, for_staff, django_assert_num_queries):

    queries = 3 if for_staff else 2
    with django_assert_num_queries(queries):
        events_of(returned, for_staff=for_staff)
    with transaction.atomic():
        for _turn in range(20):
            locked = lifecycle.locked(returned.reference, by=sara)
            lifecycle.touch(locked, by=sara, action="assign", facts={"to": rita.pk}, words="x")
    with django_assert_num_queries(queries):
        events_of(returned, for_staff=for_staff)


def test_the_story_of_a_draft_says_what_to_do_and_until_when(anna, incident):
    claim = make.draft(anna, incident)
    Claim.objects.filter(pk=claim.pk).update(updated_at=datetime(2026, 1, 1, 12, tzinfo=UTC))
    told = story(Claim.objects.get(pk=claim.pk))
    assert str(told.you) == "Complete the claim and submit it."
    assert told.by.isoformat() == "2026-04-01"
    assert [step.state for step in told.steps] == ["current", "ahead", "ahead", "ahead"]


def test_the_story_of_a_submitted_claim_says_when_we_owe_the_decision(anna, incident):
    claim = make.submitted(anna, incident)
    told = story(claim)
    assert (told.by, told.you) == (claim.due, "")
    assert [(step.at is not None, step.state) for step in told.steps] == [
        (True, "done"),
        (True, "current"),
        (False, "ahead"),
        (False, "ahead"),
    ]


def test_the_story_of_a_decided_claim_is_complete(anna, incident, rita):
    told = story(make.decided(anna, incident, rita))
    assert told.by is None
    assert {step.state for step in told.steps} == {"done"}
    assert all(step.at for step in told.steps)


def test_the_story_of_a_withdrawn_claim_ends_there(anna, incident):
    claim = make.submitted(anna, incident)
    told = story(intake.withdraw(claim.reference, by=anna))
    assert [str(step.label) for step in told.steps] == ["Draft", "Submitted", "Withdrawn"]
    assert told.steps[-1].at is not None


@pytest.mark.parametrize("status", [status for status, _label in Claim._meta.get_field("status").choices])
def test_every_status_has_a_story(anna, incident, status):
    claim = make.draft(anna, incident)
    claim.status = status
    told = story(claim)
    assert str(told.now)
    assert told.steps
