"""Answering a reviewer's question on the claimant's pages: thing by thing, kept, sent as a whole."""

from datetime import timedelta

import pytest

from claims.actions import answers, questions
from tests import make

THINGS = ["The invoice", "Why you needed it"]


@pytest.fixture
def asked(anna, incident, rita):
    claim = make.taken(anna, incident, rita)
    return questions.ask(claim.reference, by=rita, items=THINGS, text="The scan cannot be read.")


@pytest.fixture
def address(asked):
    """address() is the overview, address(0) the page of the first thing."""
    items = list(asked.information_requests.get().items.all())

    def of(place=None):
        overview = f"/claims/{asked.reference}/answer/"
        return overview if place is None else f"{overview}{items[place].pk}/"

    return of


def item(claim, place):
    return claim.information_requests.get().items.all()[place]


def test_the_case_says_what_is_asked_and_by_when(page, anna, asked, text_of, address):
    response = page(anna).get(f"/claims/{asked.reference}/")
    shown = text_of(response)
    for told in ("We need something more from you.", *THINGS, "The scan cannot be read.", "Please answer by"):
        assert told in shown
    assert address() in response.content.decode()
    assert "You get the decision by" not in shown


def test_a_thing_is_saved_and_leads_to_the_next_one_without_an_answer(page, anna, asked, address, text_of):
    client = page(anna)
    assert "No answer yet" in text_of(client.get(address()))
    assert "Send my answers" not in text_of(client.get(address()))
    response = client.post(address(0), {"text": "Here.", "go": "on"})
    assert response.url == address(1)
    assert "Here." in client.get(address(0)).content.decode()
    response = client.post(address(1), {"text": "I never had one.", "declined": "on", "go": "on"})
    assert response.url == address()
    shown = text_of(client.get(address()))
    assert "Cannot be given I never had one." in shown
    response = client.post(address(), {"text": "Thank you."})
    assert response.url == f"/claims/{asked.reference}/"
    asked.refresh_from_db()
    assert (asked.status, asked.information_requests.get().answer) == ("in_review", "Thank you.")
    shown = text_of(client.get(response.url))
    assert "You answered on" in shown
    assert "You could not give this: I never had one." in shown
    assert client.get(address()).url == response.url
    assert client.get(address(0)).url == response.url


def test_what_cannot_be_given_needs_a_reason_and_nothing_typed_is_lost(page, anna, asked, address, codes):
    response = page(anna).post(address(0), {"text": "", "declined": "on", "go": "on"})
    assert (response.status_code, codes(response)) == (422, {"text": ["reason_required"]})
    response = page(anna).post(address(0), {"text": "x" * 5001, "go": "on"})
    assert (response.status_code, codes(response)) == (422, {"text": ["too_long"]})
    assert "x" * 5001 in response.content.decode()


def test_half_an_answer_is_not_sent(page, anna, asked, address):
    client = page(anna)
    client.post(address(0), {"text": "Here.", "go": "on"})
    response = client.post(address(), {"text": "That is all."})
    assert response.status_code == 422
    assert "That is all." in response.content.decode()
    assert "has no answer yet" in response.content.decode()
    asked.refresh_from_db()
    assert asked.status == "information_requested"


def test_files_answer_a_thing_with_and_without_scripts(page, anna, asked, address, text_of):
    client = page(anna)
    response = client.post(address(0), {"file": make.upload("scripted.pdf")}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "scripted.pdf" in text_of(response)
    response = client.post(address(0), {"file": make.upload("plain.pdf"), "text": "Two files", "go": "on"})
    assert response.url == address(1)
    assert [each.document.name for each in item(asked, 0).documents.order_by("id")] == ["scripted.pdf", "plain.pdf"]
    assert "plain.pdf" in text_of(client.get(address(0)))
    document = item(asked, 0).documents.first().document_id
    row = client.get(f"/claims/{asked.reference}/documents/{document}/row/")
    assert "Remove" in text_of(row)
    address_of = f"/claims/{asked.reference}/documents/{document}/remove/"
    response = client.post(address_of, {"text": "Words that were not saved yet"})
    assert response.url.startswith(address(0) + "?kept=")
    assert "Words that were not saved yet" in client.get(response.url).content.decode()
    assert item(asked, 0).documents.count() == 1


def test_a_file_that_is_not_taken_is_named_and_the_words_are_kept(page, anna, asked, address, text_of):
    response = page(anna).post(address(0), {"file": make.upload("bad.pdf", b"MZ" + bytes(100)), "text": "See file"})
    assert response.status_code == 422
    assert "bad.pdf" in text_of(response)
    assert item(asked, 0).answer == "See file"


def test_nobody_else_sees_or_answers_it(page, bruno, rita, anna, asked, address):
    for path in (address(), address(0)):
        assert page(bruno).get(path).status_code == 404
        assert page(bruno).post(path, {"text": "x"}).status_code == 404
        assert page(rita).get(path).url == f"/admin/cases/{asked.reference}/"
    assert page(anna).get(address() + "999999/").status_code == 404


def test_a_question_taken_back_while_typing_shows_what_was_typed(page, anna, rita, asked, address, text_of):
    client = page(anna)
    questions.cancel(asked.reference, by=rita)
    response = client.post(address(0), {"text": "My long answer", "go": "on"})
    assert response.status_code == 409
    assert "My long answer" in text_of(response)
    assert "This is no longer needed." in text_of(client.get(f"/claims/{asked.reference}/"))


def test_after_the_last_day_it_may_still_be_answered_until_the_decision(page, anna, asked, address, text_of):
    questions.expire_batch(today=asked.information_requests.get().due + timedelta(days=1))
    client = page(anna)
    assert "You can still answer" in text_of(client.get(f"/claims/{asked.reference}/"))
    client.post(address(0), {"text": "One.", "go": "on"})
    client.post(address(1), {"text": "Two.", "go": "on"})
    assert client.post(address(), {"text": ""}).status_code == 302
    asked.refresh_from_db()
    assert asked.flags == ["answered_late"]


def test_pages_cost_the_same_however_many_rounds_there_are(page, anna, rita, asked, queries_of):
    client, path = page(anna), f"/claims/{asked.reference}/"
    asked.information_requests.get().items.first().documents.add(make.attachment(asked))
    few, claim = queries_of(client, path), asked
    for _ in range(4):
        answers.answer(claim.reference, by=anna, text="Here.")
        claim = questions.ask(claim.reference, by=rita, items=THINGS * 3)
        claim.information_requests.last().items.first().documents.add(make.attachment(claim))
    assert queries_of(client, path) == few
    assert queries_of(client, path + "answer/") <= few


def test_the_list_of_cases_names_no_day_of_decision_while_we_wait(page, anna, asked, text_of):
    shown = text_of(page(anna).get("/claims/"))
    assert "Answer what we asked." in shown
