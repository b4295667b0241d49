"""The thread through the API."""

import pytest

from claims.actions import messages
from claims.models import Message
from tests import make
from tests.api.conftest import call, problem, refusal

__all__ = ["call", "problem", "refusal"]
pytestmark = pytest.mark.django_db
KEYS = {"id", "at", "from_staff", "author", "text", "read_at", "documents"}


@pytest.fixture
def path(claim):
    return f"claims/{claim.reference}/messages/"


def form(caller, path, **fields):
    return caller.client.post(f"/api/v1/{path}", fields, format="multipart")


def test_both_sides_write_and_read(call, path, anna, rita):
    written = call(anna).post(path, {"text": "When will you decide?"})
    assert written.status_code == 201
    assert set(written.json()) == KEYS
    assert (written.json()["author"], written.json()["from_staff"]) == ("claimant", False)
    read = call(rita).get(path).json()["results"]
    assert [(line["author"], line["text"], line["read_at"]) for line in read] == [
        ("Anna", "When will you decide?", None)
    ]
    assert call(rita).post(path, {"text": "On Friday."}).json()["author"] == "Rita"
    own = call(anna).get(path).json()["results"]
    assert [line["author"] for line in own] == ["claimant", "reviewer"]
    assert own[0]["read_at"] is not None
    assert call(anna).get(path).json()["results"][1]["read_at"] is not None


def test_documents_come_as_a_form(call, path, anna):
    answer = form(call(anna), path, text="Here they are", file=[make.upload("a.pdf"), make.upload("b.pdf")])
    assert answer.status_code == 201, answer.content
    assert [(each["name"], each["state"]) for each in answer.json()["documents"]] == [
        ("a.pdf", "pending"),
        ("b.pdf", "pending"),
    ]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"text": ""}, "required", "text"),
        ({"text": 7}, "invalid_text", "text"),
        ({"text": "x" * 5001}, "too_long", "text"),
        ({"text": "x", "from_staff": True}, "unknown_field", "from_staff"),
    ],
)
def test_what_is_no_message_is_refused(call, problem, path, anna, body, code, field):
    assert problem(call(anna).post(path, body)) == (422, code, [(field, code)])
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "required"),
        ({"text": ["a", "b"]}, "repeated_field"),
        ({"text": "a", "file": "no file"}, "file_required"),
        ({"text": "a", "other": "b"}, "unknown_field"),
        ({"text": make.upload("a.pdf")}, "invalid_text"),
    ],
)
def test_what_is_no_form_of_a_message_is_refused(call, refusal, path, anna, fields, code):
    assert refusal(form(call(anna), path, **fields)) == (422, code)
    assert not Message.objects.exists()


def test_a_key_writes_once(call, path, anna):
    for replayed in (None, "true"):
        answer = call(anna).post(path, {"text": "Once"}, key="one")
        assert (answer.status_code, answer.get("Idempotency-Replayed")) == (201, replayed)
    assert Message.objects.count() == 1


def test_who_may(call, refusal, path, bruno, olga, ada, mara):
    for person in (bruno, olga, ada):
        assert refusal(call(person).get(path)) == (404, "not_found")
        assert refusal(call(person).post(path, {"text": "x"})) == (404, "not_found")
    assert refusal(call(None).get(path))[0] == 401
    assert call(mara).get(path).status_code == 200
    assert refusal(call(mara).post(path, {"text": "x"})) == (403, "wrong_role")


def test_pages_of_the_thread_count_as_read_as_they_are_handed_out(call, path, claim, anna, rita):
    for number in range(3):
        messages.write(claim.reference, by=rita, text=f"{number}")
    page = call(anna).get(path + "?limit=2").json()
    assert [line["text"] for line in page["results"]] == ["0", "1"]
    assert Message.objects.filter(read_at=None).count() == 1
    assert [line["text"] for line in call(anna).get(page["next"]).json()["results"]] == ["2"]
    assert not Message.objects.filter(read_at=None).exists()
