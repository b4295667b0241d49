"""Asking the claimant from the case page, reading the answer beside the documents, taking a question back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import answers, questions
from tests import make

THINGS = ["The invoice", "Why you needed it"]


@pytest.fixture
def taken(anna, incident, rita):
    return make.taken(anna, incident, rita)


@pytest.fixture
def asked(taken, rita):
    return questions.ask(taken.reference, by=rita, items=THINGS, text="The scan cannot be read.")


def test_what_is_often_asked_for_such_a_loss_is_offered_and_asked_in_the_claimants_language(
    staff, at, rita, anna, taken, words
):
    anna.language = "it"
    anna.save()
    client = staff(rita)
    shown = words(client.get(at("case", taken)))
    assert "The receipt or the invoice of the expense" in shown
    assert "What you usually earn on such days" not in shown
    form = {
        "common": ["extra_expense.receipt", "lost_earnings.usual", "nonsense"],
        "own": "One\n\n  Two ",
        "days": "10",
    }
    response = client.post(at("case-ask", taken), form)
    assert response.status_code == 302
    labels = [item.label for item in taken.information_requests.get().items.all()]
    assert labels[1:] == ["One", "Two"]
    assert len(labels) == 3
    taken.refresh_from_db()
    assert taken.status == "information_requested"


@pytest.mark.parametrize(
    ("form", "field"),
    [({"own": " \n "}, "own"), ({"own": "x", "days": "0"}, "days"), ({"own": "x", "days": "soon"}, "days")]
    + [({"own": "x" * 301, "text": "Kept words"}, "own"), ({"own": "x", "text": "y" * 5001}, "text")],
)
def test_what_is_not_right_comes_back_with_everything_typed(staff, at, rita, taken, form, field):
    response = staff(rita).post(at("case-ask", taken), form)
    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="ask-{field}-error"' in page
    assert all(value.strip() in page for value in form.values())
    assert not taken.information_requests.exists()


def test_who_has_not_the_claim_is_offered_no_question(staff, at, remo, mara, anna, taken, words):
    for other in (remo, mara):
        assert "Ask the claimant" not in words(staff(other).get(at("case", taken)))
    assert staff(remo).post(at("case-ask", taken), {"own": "x"}).status_code == 403
    assert staff(mara).post(at("case-ask", taken), {"own": "x"}).status_code == 403
    assert staff(anna).post(at("case-ask", taken), {"own": "x"}).status_code == 403


def test_the_answer_is_read_beside_the_documents_once_it_is_handed_in(staff, at, rita, anna, asked, words):
    item = asked.information_requests.get().items.first()
    item.documents.add(make.attachment(asked, name="receipt.pdf"))
    answers.save_answers(asked.reference, by=anna, answers=[{"id": item.pk, "text": "Half a sentence"}])
    client = staff(rita)
    shown = words(client.get(at("case", asked)))
    assert "Waiting for the answer" in shown
    assert "The scan cannot be read." in shown
    assert "Half a sentence" not in shown
    answers.answer(asked.reference, by=anna, text="All the rest.")
    response = client.get(at("case", asked))
    shown = words(response)
    for told in ("Half a sentence", "All the rest.", "Answered:"):
        assert told in shown
    assert at("case-document", asked, item.documents.get().document_id) in response.content.decode()


def test_a_message_that_did_not_reach_the_claimant_is_told(staff, at, rita, anna, asked, words):
    asked.notices.filter(kind="information_requested").update(state="held", address="")
    assert "has not reached the claimant" in words(staff(rita).get(at("case", asked)))


def test_a_question_is_taken_back(staff, at, rita, remo, asked, words):
    assert staff(remo).post(at("case-ask-cancel", asked)).status_code == 403
    client = staff(rita)
    assert "Take the question back" in words(client.get(at("case", asked)))
    assert client.post(at("case-ask-cancel", asked)).status_code == 302
    asked.refresh_from_db()
    assert asked.status == "in_review"
    assert "No longer needed" in words(client.get(at("case", asked)))


def test_the_page_costs_the_same_for_one_round_and_for_six(staff, at, rita, anna, asked):
    client = staff(rita)

    def cost():
        client.get(at("case", asked))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(at("case", asked)).status_code == 200
        return len(queries)

    def answered():
        claim = asked
        claim.information_requests.last().items.first().documents.add(make.attachment(claim))
        answers.answer(claim.reference, by=anna, text="Here.")

    answered()
    few = cost()
    for _ in range(5):
        questions.ask(asked.reference, by=rita, items=THINGS)
        answered()
    assert cost() == few
