"""Asking and answering through the API."""

from datetime import timedelta

import pytest

from claims.actions import questions
from tests import make

pytestmark = pytest.mark.django_db
THINGS = ["The invoice", "Why you needed it"]


@pytest.fixture
def taken(anna, incident, rita):
    return make.taken(anna, incident, rita)


@pytest.fixture
def asked(taken, rita):
    return questions.ask(taken.reference, by=rita, items=THINGS)


def ask(caller, claim, **body):
    return caller.post(f"claims/{claim.reference}/request-information/", {"items": THINGS, **body})


def rounds(caller, claim):
    answer = caller.get(f"claims/{claim.reference}/request-information/")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_the_whole_round(call, anna, rita, taken):
    answer = ask(call(rita), taken, text="The scan cannot be read.", days=10)
    assert (answer.status_code, answer.json()["status"]) == (200, "information_requested")
    [one] = rounds(call(anna), taken)
    assert (one["state"], one["text"], [item["label"] for item in one["items"]]) == (
        "open",
        "The scan cannot be read.",
        THINGS,
    )
    first, second = [item["id"] for item in one["items"]]
    path = f"claims/{taken.reference}/"
    kept = call(anna).patch(
        path, {"answers": [{"id": first, "text": "Half"}]}, If_Match=f'"{answer.json()["version"]}"'
    )
    assert (kept.status_code, kept["ETag"]) == (200, answer["ETag"])
    assert rounds(call(anna), taken)[0]["items"][0]["answer"] == "Half"
    assert rounds(call(rita), taken)[0]["items"][0]["answer"] == ""
    document = call(anna).attach(taken.reference, answers=second)
    assert document.status_code == 201, document.content
    body = {"text": "That is all.", "items": [{"id": first, "text": "I lost it.", "declined": True}]}
    answer = call(anna).post(path + "answer/", body)
    assert (answer.status_code, answer.json()["status"]) == (200, "in_review")
    [one] = rounds(call(rita), taken)
    assert (one["state"], one["answer"], one["items"][0]["declined"]) == ("answered", "That is all.", True)
    assert one["items"][1]["documents"] == [document.json()["id"]]


def test_words_alone_answer_everything(call, anna, asked):
    answer = call(anna).post(f"claims/{asked.reference}/answer/", {"text": "Here is all of it."})
    assert (answer.status_code, answer.json()["status"]) == (200, "in_review")


def test_repeating_an_answer_gets_the_first_answer_again(call, anna, asked):
    path = f"claims/{asked.reference}/answer/"
    first = call(anna).post(path, {"text": "Here."}, key="same")
    again = call(anna).post(path, {"text": "Here."}, key="same")
    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "malformed_json"),
        ({"items": []}, 422, "required"),
        ({"items": [{"label": "x"}]}, 422, "invalid_text"),
        ({"items": "x"}, 422, "invalid_list"),
        ({"items": ["x"], "days": 0}, 422, None),
        ({"items": ["x"], "days": 91}, 422, None),
        ({"items": ["x"], "until": "2026-01-01"}, 422, "unknown_field"),
    ],
)
def test_what_is_not_right_is_refused(call, rita, taken, problem, body, status, code):
    found = problem(call(rita).post(f"claims/{taken.reference}/request-information/", body))
    assert found[0] == status
    assert code is None or code in (found[1], *[each for _field, each in found[2]])


def test_who_may_not_is_refused(call, anna, bruno, remo, rita, taken, asked, refusal):
    assert refusal(ask(call(anna), taken)) == (403, "wrong_role")
    assert refusal(ask(call(bruno), taken)) == (403, "wrong_role")
    assert refusal(ask(call(remo), taken)) == (403, "not_assignee")
    path = f"claims/{taken.reference}/"
    assert refusal(call(rita).post(path + "answer/", {"text": "x"})) == (403, "not_yours")
    assert refusal(call(bruno).post(path + "answer/", {"text": "x"})) == (404, "not_found")
    assert refusal(call(bruno).get(path + "request-information/")) == (404, "not_found")
    assert refusal(call(anna).post(path + "request-information/cancel/")) == (403, "wrong_role")
    assert call(rita).post(path + "request-information/cancel/").json()["status"] == "in_review"
    assert refusal(call(rita).post(path + "request-information/cancel/")) == (409, "illegal_move")


def test_what_was_not_asked_is_not_patched(call, anna, incident, asked, refusal, problem):
    item = asked.information_requests.get().items.first()
    path, version = f"claims/{asked.reference}/", {"If_Match": f'"{asked.version}"'}
    caller = call(anna)
    assert refusal(caller.patch(path, {"narrative": "Other"}, **version)) == (409, "wrong_state")
    both = {"narrative": "Other", "answers": [{"id": item.pk, "text": "x"}]}
    assert problem(caller.patch(path, both, **version)) == (422, "not_together", [("answers", "not_together")])
    unknown = {"answers": [{"id": 10**12, "text": "x"}]}
    assert problem(caller.patch(path, unknown, **version))[2] == [("answers.0.id", "unknown_item")]
    documents = {"answers": [{"id": item.pk, "documents": ["nonsense"]}]}
    assert problem(caller.patch(path, documents, **version))[2] == [("answers.0.documents", "unknown_document")]
    assert refusal(caller.patch(path, {"answers": []}, If_Match='"1"')) == (412, "stale")
    assert caller.patch(path, {"answers": []}, **version).status_code == 200
    draft = make.draft(anna, incident)
    assert refusal(caller.patch(f"claims/{draft.reference}/", {"answers": []}, If_Match='"1"')) == (
        409,
        "nothing_asked",
    )


def test_every_thing_without_an_answer_is_named(call, anna, asked, problem):
    found = problem(call(anna).post(f"claims/{asked.reference}/answer/", {"items": []}))
    assert found[:2] == (422, "unanswered")
    assert found[2] == [(f"items.{item.pk}", "unanswered") for item in asked.information_requests.get().items.all()]


def test_a_late_answer_is_added(call, anna, asked):
    questions.expire_batch(today=asked.information_requests.get().due + timedelta(days=1))
    answer = call(anna).post(f"claims/{asked.reference}/answer/", {"text": "I was ill."})
    assert (answer.status_code, answer.json()["status"]) == (200, "in_review")
    [one] = rounds(call(anna), asked)
    assert (one["state"], one["items"][0]["answer"]) == ("expired", "I was ill.")
    assert one["answered_at"] > one["ended_at"]
