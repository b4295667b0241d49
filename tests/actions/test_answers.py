"""Answering a question: kept thing by thing, handed in as a whole, late, or not at all."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims.actions import answers, appeals, decisions, endings, intake, questions, review
from claims.models import JournalEntry, RequestedItem
from claims.reports.history import events_of
from claims.reports.questions import rounds_of
from tests import make

THINGS = ["The invoice", "Why you needed it"]


@pytest.fixture
def asked(anna, incident, rita):
    claim = make.taken(anna, incident, rita)
    return questions.ask(claim.reference, by=rita, items=THINGS)


def request_of(claim):
    return claim.information_requests.order_by("id").last()


def given(claim, *texts, **more):
    """Answers to the first things of the round."""
    first = request_of(claim).items.all()[: len(texts)]
    return [{"id": item.pk, "text": text, **more} for item, text in zip(first, texts, strict=True)]


def expired(claim):
    assert questions.expire_batch(today=request_of(claim).due + timedelta(days=1)) == 1
    claim.refresh_from_db()
    return claim


# --- who, when


def test_only_the_claimant_or_their_operator_answers(asked, bruno, rita, sara, refused):
    with refused(404, "not_found"):
        answers.answer(asked.reference, by=bruno, text="x")
    for staff in (rita, sara):
        with refused(403, "not_yours"):
            answers.answer(asked.reference, by=staff, text="x")
        with refused(403, "not_yours"):
            answers.save_answers(asked.reference, by=staff, answers=given(asked, "x"))


def test_the_operator_who_filed_answers_for_the_caller(olga, incident, rita):
    person = {"email": "gina@example.org", "name": "Gina", "identity_check": "Date of birth"}
    draft = make.draft(olga, incident, login="anna@libero.example", on_behalf_of=person)
    make.attachment(draft)
    claim = intake.submit_claim(draft.reference, by=olga, declaration=True)
    claim = review.take(claim.reference, by=rita)
    claim = questions.ask(claim.reference, by=rita, items=THINGS)
    assert answers.answer(claim.reference, by=olga, text="She says so.").status == "in_review"


def test_nothing_is_answered_that_was_not_asked(anna, incident, rita, asked, refused):
    for claim in (make.draft(anna, incident), make.submitted(anna, incident), make.taken(anna, incident, rita)):
        with refused(409, "nothing_asked"):
            answers.answer(claim.reference, by=anna, text="x")
    foreign = make.taken(anna, incident, rita)
    foreign = questions.ask(foreign.reference, by=rita, items=THINGS)
    with refused(422, "unknown_item", "items.0.id"):
        answers.answer(asked.reference, by=anna, items=given(foreign, "x"))


# --- whole or not at all


def test_every_thing_without_an_answer_is_named(asked, anna, refused):
    first, second = request_of(asked).items.all()
    with refused(422, "unanswered") as caught:
        answers.answer(asked.reference, by=anna)
    assert [field for field, _code, _text in caught.value.errors] == [f"items.{first.pk}", f"items.{second.pk}"]
    with refused(422, "unanswered", f"items.{second.pk}"):
        answers.answer(asked.reference, by=anna, items=given(asked, "Here."), text="Words beside a list answer nothing")
    assert request_of(asked).state == "open"


def test_what_cannot_be_given_needs_a_reason(asked, anna, refused):
    with refused(422, "reason_required", "items.0.text"):
        answers.answer(asked.reference, by=anna, items=given(asked, "", "x", declined=True))
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestedItem.objects.update(declined=True)
    claim = answers.answer(asked.reference, by=anna, items=given(asked, "I lost it.", "I never had it.", declined=True))
    assert claim.status == "in_review"
    assert [item.declined for item in request_of(claim).items.all()] == [True, True]


def test_words_alone_answer_whatever_has_no_answer_of_its_own(asked, anna):
    answers.save_answers(asked.reference, by=anna, answers=given(asked, "The first."))
    answers.answer(asked.reference, by=anna, text="All the rest.")
    request = request_of(asked)
    assert [item.answer for item in request.items.all()] == ["The first.", "All the rest."]
    assert (request.state, request.answer) == ("answered", "")


def test_words_with_a_whole_answer_are_kept_beside_it(asked, anna, last_act):
    claim = answers.answer(asked.reference, by=anna, items=given(asked, "One.", "Two."), text="Call me.")
    assert request_of(claim).answer == "Call me."
    assert (last_act(claim).action, last_act(claim).words()) == ("answer", "Call me.")


def test_a_document_answers_unless_it_was_refused(asked, anna, refused):
    first, second = request_of(asked).items.all()
    good, bad = make.attachment(asked), make.attachment(asked, state="refused", reason="malware")
    first.documents.add(good)
    second.documents.add(bad)
    with refused(422, "unanswered", f"items.{second.pk}"):
        answers.answer(asked.reference, by=anna)
    second.documents.add(make.attachment(asked, state="pending"))
    assert answers.answer(asked.reference, by=anna).status == "in_review"


def test_documents_of_the_claim_are_named_as_answers_and_no_others(asked, anna, bruno, incident, refused):
    own = asked.attachments.get()
    foreign = make.attachment(make.draft(bruno, incident, login="bruno@virgilio.example"))
    with refused(422, "unknown_document", "answers.0.documents"):
        answers.save_answers(asked.reference, by=anna, answers=given(asked, "", documents=[foreign.document_id]))
    answers.save_answers(asked.reference, by=anna, answers=given(asked, "", "", documents=[str(own.document_id)]))
    assert all(list(item.documents.all()) == [own] for item in request_of(asked).items.all())


# --- kept before it is handed in


def test_a_draft_of_an_answer_survives_and_leaves_no_trace(asked, anna, acts):
    before = (asked.version, acts(asked))
    claim = answers.save_answers(asked.reference, by=anna, answers=given(asked, "Half a sent"))
    claim.refresh_from_db()
    assert (claim.version, acts(claim)) == before
    [request] = rounds_of(claim)
    assert (request.answered_at, request.items.all()[0].answer) == (None, "Half a sent")
    answers.save_answers(asked.reference, by=anna, answers=given(asked, ""))
    assert not request_of(asked).items.first().is_given


def test_a_stale_version_is_refused(asked, anna, refused):
    with refused(409, "stale"):
        answers.save_answers(asked.reference, by=anna, answers=given(asked, "x"), version=asked.version - 1)
    with refused(409, "stale"):
        answers.answer(asked.reference, by=anna, text="x", version=asked.version - 1)


def test_answering_twice_is_refused(asked, anna, refused):
    answers.answer(asked.reference, by=anna, text="Here.")
    with refused(409, "nothing_asked"):
        answers.answer(asked.reference, by=anna, text="Once more.")
    with refused(409, "nothing_asked"):
        answers.save_answers(asked.reference, by=anna, answers=given(asked, "Other."))


# --- late


def test_a_late_answer_is_added_while_the_claim_is_in_review(asked, anna, rita, refused, last_act):
    claim = expired(asked)
    due, version = claim.due, claim.version
    answers.save_answers(claim.reference, by=anna, answers=given(claim, "Slowly."))
    claim = answers.answer(claim.reference, by=anna, text="I was in hospital.")
    assert (claim.status, claim.flags, claim.due, claim.version) == ("in_review", ["answered_late"], due, version + 1)
    assert last_act(claim).action == "late answer"
    with refused(409, "stale"):  # the reviewer looks at it before deciding
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), version=version)
    with refused(409, "nothing_asked"):
        answers.answer(claim.reference, by=anna, text="Again.")


def test_a_question_of_an_earlier_round_is_not_answered_any_more(asked, anna, sara, refused):
    expired(asked)
    intake.withdraw(asked.reference, by=anna)
    endings.reopen(asked.reference, by=sara, reason="Withdrawn by mistake")
    with refused(409, "nothing_asked"):
        answers.answer(asked.reference, by=anna, text="Here.")


def test_a_question_asked_at_the_moment_of_an_earlier_decision_is_of_its_own_round(anna, incident, rita, remo):
    with time_machine.travel(timezone.now(), tick=False):
        claim = make.decided(anna, incident, rita)
        appeals.appeal(claim.reference, by=anna, grounds="Too little")
        review.take(claim.reference, by=remo)
        questions.ask(claim.reference, by=remo, items=["The contract"])
    assert request_of(claim).round == 2
    claim.information_requests.update(round=1)
    with connection.cursor() as cursor:  # those asked before rounds were stored
        cursor.execute(import_module("claims.migrations.0019_rounds_of_questions").ROUNDS)
    assert request_of(claim).round == 2
    expired(claim)
    assert answers.answer(claim.reference, by=anna, text="Here.").flags == ["answered_late"]


def test_a_late_answer_is_accepted_wherever_the_review_stands_until_it_is_decided(asked, anna, rita, sara, refused):
    claim = expired(asked)
    claim = review.release(claim.reference, by=rita)
    answers.save_answers(claim.reference, by=anna, answers=given(claim, "One.", "Two."))
    claim = review.assign(claim.reference, by=sara, to=rita)
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    with refused(409, "nothing_asked"):
        answers.answer(claim.reference, by=anna)


def test_a_new_question_takes_the_place_of_an_expired_one(asked, anna, rita):
    claim = expired(asked)
    first = request_of(claim)
    claim = questions.ask(claim.reference, by=rita, items=["Something else"])
    answers.answer(claim.reference, by=anna, text="This.")
    first.refresh_from_db()
    assert (first.state, first.answered_at) == ("expired", None)
    assert request_of(claim).items.get().answer == "This."


# --- what each side reads


def test_the_claimant_reads_the_round_without_names_and_the_staff_with_them(asked, anna, rita):
    claim = expired(asked)
    claim = answers.answer(claim.reference, by=anna, text="Here.", items=given(claim, "One.", "Two."))
    public = events_of(claim, for_staff=False)[-3:]
    assert [(event.action, event.actor, event.note) for event in public] == [
        ("ask", "reviewer", ""),
        ("unanswered", "clock", ""),
        ("late answer", "claimant", "Here."),
    ]
    staff = events_of(claim, for_staff=True)[-3:]
    assert [event.actor for event in staff] == ["Rita", "clock", "Anna"]
    assert all(event.label != event.action for event in [*public, *staff])


def test_no_words_of_an_answer_are_in_the_clear_in_the_journal(asked, anna):
    answers.answer(asked.reference, by=anna, items=given(asked, "One.", "Two."), text="My doctor's name")
    assert "doctor" not in str(list(JournalEntry.objects.values()))


def test_rounds_cost_the_same_however_many_there_are(asked, anna, rita, django_assert_num_queries):
    claim = asked
    for _ in range(3):
        answers.answer(claim.reference, by=anna, text="Here.")
        claim = questions.ask(claim.reference, by=rita, items=THINGS)
        request_of(claim).items.first().documents.add(make.attachment(claim))
    with django_assert_num_queries(3):
        names = [
            each.document.name for one in rounds_of(claim) for item in one.items.all() for each in item.documents.all()
        ]
    assert names == ["invoice.pdf"] * 3
