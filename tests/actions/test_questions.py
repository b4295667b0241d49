"""Asking a claimant for something: the unhappy ways first, then rounds, days, notices and the clock."""

from datetime import date, timedelta

import pytest
import time_machine

from claims.actions import answers, attachments, decisions, intake, mails, questions, review
from claims.models import Claim, ClockEvent, InformationRequest, Notice
from claims.rules.asking import MOST_DAYS, MOST_THINGS
from claims.rules.terms import Terms
from evidence.uploading import StreamedUpload
from tests import make

THINGS = ["The invoice of the new mailbox", "Why you needed it"]
NOON = "T12:00:00+00:00"


@pytest.fixture
def taken(anna, incident, rita):
    return make.taken(anna, incident, rita)


@pytest.fixture
def asked(taken, rita):
    """A claim whose claimant has 15 days to answer two things."""
    return questions.ask(taken.reference, by=rita, items=THINGS, text="The scan cannot be read.")


@pytest.fixture
def upload():
    made = []

    def go(name="invoice.pdf", content=make.PDF):
        made.append(StreamedUpload.of(name, [content]))
        return made[-1]

    yield go
    for each in made:
        each.close()


def request_of(claim):
    return claim.information_requests.order_by("id").last()


def all_answers(claim, text="Here it is."):
    return [{"id": item.pk, "text": text} for item in request_of(claim).items.all()]


def day_after(claim, days=1):
    return request_of(claim).due + timedelta(days=days)


# --- asking


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"items": []}, "required", "items"),
        ({"items": ["", "x"]}, "required", "items.0"),
        ({"items": ["x", " \n "]}, "required", "items.1"),
        ({"items": ["a" * 301]}, "too_long", "items.0"),
        ({"items": ["a\x00b"]}, "invalid_characters", "items.0"),
        ({"items": [7]}, "invalid_text", "items.0"),
        ({"items": [str(n) for n in range(MOST_THINGS + 1)]}, "too_many", "items"),
        ({"days": 0}, "invalid_days", "days"),
        ({"days": MOST_DAYS + 1}, "invalid_days", "days"),
        ({"days": True}, "invalid_days", "days"),
        ({"days": "15"}, "invalid_days", "days"),
        ({"text": "a" * 5001}, "too_long", "text"),
    ],
)
def test_a_question_that_is_not_right_is_refused_at_its_field(taken, rita, refused, given, code, field):
    with refused(422, code, field):
        questions.ask(taken.reference, by=rita, **{"items": THINGS, **given})
    assert not InformationRequest.objects.exists()
    assert ClockEvent.objects.count() == 1


def test_only_the_assignee_or_a_supervisor_asks(taken, anna, bruno, remo, mara, sara, refused):
    with refused(404, "not_found"):
        questions.ask(taken.reference, by=bruno, items=THINGS)
    with refused(403, "own_claim"):
        questions.ask(taken.reference, by=anna, items=THINGS)
    for other in (remo, mara):
        with refused(403, "not_assignee"):
            questions.ask(taken.reference, by=other, items=THINGS)
    assert questions.ask(taken.reference, by=sara, items=THINGS).assigned_to != sara


def test_nothing_is_asked_of_a_claim_that_is_not_in_review(anna, incident, rita, sara, asked, refused):
    with refused(409, "illegal_move"):
        questions.ask(asked.reference, by=rita, items=THINGS)
    waiting = make.submitted(anna, incident)
    with refused(409, "illegal_move"):
        questions.ask(waiting.reference, by=sara, items=THINGS)
    decided = make.decided(anna, incident, rita)
    with refused(409, "illegal_move"):
        questions.ask(decided.reference, by=rita, items=THINGS)
    withdrawn = make.taken(anna, incident, rita)
    intake.withdraw(withdrawn.reference, by=anna)
    with refused(409, "illegal_move"):
        questions.ask(withdrawn.reference, by=rita, items=THINGS)


def test_a_stale_page_asks_nothing(taken, rita, refused):
    with refused(409, "stale"):
        questions.ask(taken.reference, by=rita, items=THINGS, version=taken.version - 1)


def test_all_things_of_a_round_go_out_in_one_notice_with_the_day(asked, last_act, told):
    request = request_of(asked)
    assert (asked.status, request.state) == ("information_requested", "open")
    assert [item.label for item in request.items.all()] == THINGS
    assert told(asked) == ["claim_submitted", "information_requested"]
    notice = asked.notices.last()
    assert notice.key == f"claim:{asked.pk}:information_requested:request:{request.pk}"
    assert notice.context["things"] == THINGS
    assert notice.context["answer_on"] == request.due.isoformat()
    assert last_act(asked).facts == {"request": request.pk, "items": 2, "answer_by": request.due.isoformat()}


def test_the_same_thing_twice_is_asked_once_and_on_one_line(taken, rita):
    claim = questions.ask(taken.reference, by=rita, items=["The invoice", "The\n  invoice", " The invoice "])
    assert [item.label for item in request_of(claim).items.all()] == ["The invoice"]


def test_there_are_as_many_rounds_as_it_takes_each_with_its_own_notice(taken, rita, anna, told, acts):
    for number in range(3):
        claim = questions.ask(taken.reference, by=rita, items=[f"Thing {number}"])
        claim = answers.answer(claim.reference, by=anna, text=f"Answer {number}")
        assert claim.status == "in_review"
    assert told(claim).count("information_requested") == 3
    assert acts(claim)[-6:] == ["ask", "answer"] * 3
    assert [r.items.get().answer for r in claim.information_requests.all()] == ["Answer 0", "Answer 1", "Answer 2"]


# --- the days: examples of the field


def test_the_clock_stands_still_from_the_question_to_the_answer(anna, incident, rita):
    with time_machine.travel("2023-03-20" + NOON, tick=False):
        claim = make.taken(anna, incident, rita)
        assert claim.due == date(2023, 5, 4)
    with time_machine.travel("2023-04-03" + NOON, tick=False):
        claim = questions.ask(claim.reference, by=rita, items=THINGS)
        assert request_of(claim).due == date(2023, 4, 18)
    with time_machine.travel("2023-04-18" + NOON, tick=False):
        claim = answers.answer(claim.reference, by=anna, text="Here.")
    assert (claim.due, claim.status, claim.flags) == (date(2023, 5, 19), "in_review", [])


@pytest.mark.parametrize("crank", ["2023-04-19", "2023-04-30"])
def test_a_crank_that_comes_late_changes_nothing_in_what_is_due(anna, incident, rita, crank):
    with time_machine.travel("2023-03-20" + NOON, tick=False):
        claim = make.taken(anna, incident, rita)
    with time_machine.travel("2023-04-03" + NOON, tick=False):
        claim = questions.ask(claim.reference, by=rita, items=THINGS)
    with time_machine.travel("2023-04-18T21:59:59+00:00", tick=False):  # one second to midnight in Rome
        assert questions.expire_batch() == 0
    with time_machine.travel(crank + NOON, tick=False):
        assert questions.expire_batch() == 1
    claim.refresh_from_db()
    assert (claim.due, claim.status, claim.flags) == (date(2023, 5, 22), "in_review", ["unanswered"])


@pytest.mark.parametrize("crank_first", [True, False])
def test_a_late_answer_is_the_same_whether_the_crank_came_or_not(anna, incident, rita, acts, crank_first):
    with time_machine.travel("2023-03-20" + NOON, tick=False):
        claim = make.taken(anna, incident, rita)
    with time_machine.travel("2023-04-03" + NOON, tick=False):
        claim = questions.ask(claim.reference, by=rita, items=THINGS)
    with time_machine.travel("2023-04-21" + NOON, tick=False):
        if crank_first:
            questions.expire_batch()
        claim = answers.answer(claim.reference, by=anna, text="I was ill.")
    request = request_of(claim)
    assert (claim.due, claim.status, claim.flags) == (date(2023, 5, 22), "in_review", ["answered_late"])
    assert acts(claim)[-3:] == ["ask", "unanswered", "late answer"]
    assert (request.state, request.items.first().answer) == ("expired", "I was ill.")
    assert request.answered_at >= request.ended_at


@pytest.mark.parametrize(("days", "due"), [(None, "2023-04-04"), (1, "2023-03-21"), (5, "2023-03-27")])
def test_the_last_day_to_answer_is_a_working_day(anna, incident, rita, days, due):
    with time_machine.travel("2023-03-20" + NOON, tick=False):
        claim = make.taken(anna, incident, rita)
        claim = questions.ask(claim.reference, by=rita, items=THINGS, days=days)
    assert request_of(claim).due == date.fromisoformat(due)


def test_the_usual_days_are_those_of_the_terms(anna, rita):
    incident = make.incident("other-2023", terms=Terms(information_days=30))
    with time_machine.travel("2023-03-20" + NOON, tick=False):
        claim = make.taken(anna, incident, rita, login="x@libero.example", login_explanation="Mine.")
        claim = questions.ask(claim.reference, by=rita, items=THINGS)
    assert request_of(claim).due == date(2023, 4, 19)


# --- what may happen while a question is open


def test_nothing_is_decided_released_or_asked_again_while_a_question_is_open(asked, rita, sara, refused):
    with refused(409, "illegal_move"):
        decisions.decide(asked.reference, by=rita, outcome="approved", items=make.findings(asked))
    with refused(409, "illegal_move"):
        review.release(asked.reference, by=rita)
    with refused(409, "illegal_move"):
        review.take(asked.reference, by=sara)


def test_a_question_is_taken_back_and_the_claimant_is_told(asked, rita, remo, anna, refused, told, last_act):
    with refused(403, "not_assignee"):
        questions.cancel(asked.reference, by=remo)
    claim = questions.cancel(asked.reference, by=rita)
    assert (claim.status, request_of(claim).state) == ("in_review", "cancelled")
    assert (told(claim)[-1], last_act(claim).action) == ("information_not_needed", "take back question")
    with refused(409, "nothing_asked"):
        answers.answer(claim.reference, by=anna, text="Too late.")
    with refused(409, "illegal_move"):
        questions.cancel(claim.reference, by=rita)
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))


def test_withdrawing_ends_the_question(asked, anna, refused):
    claim = intake.withdraw(asked.reference, by=anna)
    assert (claim.status, request_of(claim).state) == ("withdrawn", "cancelled")
    with refused(409, "nothing_asked"):
        answers.answer(claim.reference, by=anna, text="Here.")
    assert questions.expire_batch(today=day_after(claim)) == 0


# --- the cranks


def test_expiring_twice_does_it_once(asked, acts):
    assert questions.expire_batch(today=request_of(asked).due) == 0
    assert questions.expire_batch(today=day_after(asked)) == 1
    assert questions.expire_batch(today=day_after(asked)) == 0
    assert acts(asked).count("unanswered") == 1
    assert Claim.objects.get(pk=asked.pk).assigned_to_id == asked.assigned_to_id


def test_a_question_that_stayed_unanswered_is_flagged_beside_later_ones_that_were(asked, rita, anna):
    questions.expire_batch(today=day_after(asked))
    claim = questions.ask(asked.reference, by=rita, items=THINGS)
    claim = answers.answer(claim.reference, by=anna, text="Here.")
    assert claim.flags == ["unanswered"]


def test_a_reminder_goes_out_once_three_days_before(asked, told, anna):
    due = request_of(asked).due
    for day, number in ((-4, 0), (-3, 1), (-3, 0), (-1, 0), (0, 0), (1, 0)):
        assert questions.remind_batch(today=due + timedelta(days=day)) == number, day
    notice = asked.notices.get(kind="information_reminder")
    assert notice.key == f"claim:{asked.pk}:information_reminder:request:{request_of(asked).pk}"
    assert notice.context["things"] == THINGS


def test_a_reminder_names_what_is_still_missing(asked, anna):
    item = request_of(asked).items.first()
    answers.save_answers(asked.reference, by=anna, answers=[{"id": item.pk, "text": "Here."}])
    questions.remind_batch(today=request_of(asked).due)
    assert asked.notices.get(kind="information_reminder").context["things"] == THINGS[1:]


def test_nobody_is_reminded_on_the_day_of_the_question_or_after_answering(taken, rita, anna):
    claim = questions.ask(taken.reference, by=rita, items=THINGS, days=1)
    today = claim.updated_at.astimezone(questions.ROME).date()
    assert questions.remind_batch(today=today) == 0
    answers.answer(claim.reference, by=anna, text="Here.")
    assert questions.remind_batch(today=today + timedelta(days=1)) == 0


def test_each_mail_says_what_is_asked_and_by_when(asked, rita, anna, settings):
    request_id = request_of(asked).pk
    questions.remind_batch(today=request_of(asked).due)
    questions.cancel(asked.reference, by=rita)
    for kind in ("information_requested", "information_reminder", "information_not_needed"):
        notice = Notice.objects.get(key=f"claim:{asked.pk}:{kind}:request:{request_id}")
        notice.language = "en"
        message = mails.render(notice)
        for part in (message.body, message.alternatives[0][0]):
            assert all(thing in part for thing in THINGS), kind
            assert "\n\n\n" not in message.body
            assert asked.reference in message.subject
            if kind != "information_not_needed":
                assert f"{settings.SITE_URL}/claims/{asked.reference}/answer/" in part
                assert f"{request_of(asked).due:%Y}" in part
                assert "The scan cannot be read." in part


def test_documents_come_in_while_something_is_asked_and_not_after(asked, anna, bruno, upload, refused):
    claim, request = asked, request_of(asked)
    first = claim.attachments.get()
    with refused(404, "not_found"):
        attachments.attach(claim.reference, upload(), by=bruno)
    with refused(422, "unknown_item", "answers"):
        attachments.attach(claim.reference, upload(), by=anna, asked_id=10**12)
    item = request.items.first()
    added = attachments.attach(claim.reference, upload(), by=anna, asked_id=item.pk)
    loose = attachments.attach(claim.reference, upload("two.pdf"), by=anna)
    assert list(item.documents.all()) == [added]
    assert not loose.answers.exists()
    with refused(409, "wrong_state"):
        attachments.detach(claim.reference, first.document_id, by=anna)
    with refused(409, "wrong_state"):
        attachments.describe(claim.reference, first.document_id, by=anna, kind="mail")
    attachments.detach(claim.reference, loose.document_id, by=anna)
    answers.answer(claim.reference, by=anna, text="Here.")
    with refused(409, "wrong_state"):
        attachments.detach(claim.reference, added.document_id, by=anna)
    with refused(409, "wrong_state"):
        attachments.attach(claim.reference, upload(), by=anna)
