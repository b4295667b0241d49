"""Messages and notes on the pages of both sides."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import messages
from claims.models import Mention, Message, Note
from tests import make
from tests.uploads.conftest import Tus

pytestmark = pytest.mark.django_db


@pytest.fixture
def look(client):
    """look(person, path) is the page as that person reads it, in English."""

    def at(person, path, status=200):
        client.force_login(person)
        client.cookies["language"] = "en"
        answer = client.get(path)
        assert answer.status_code == status
        text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.S)
        return " ".join(html.unescape(text).split())

    return at


@pytest.fixture
def send(client):
    """send(person, path, **form) posts it."""

    def post(person, path, **form):
        client.force_login(person)
        client.cookies["language"] = "en"
        return client.post(path, form)

    return post


def page_of(claim):
    return f"/claims/{claim.reference}/"


def case_of(claim):
    return f"/admin/cases/{claim.reference}/"


def test_a_question_and_its_answer_with_documents(claim, anna, rita, look, send):
    answer = send(anna, page_of(claim) + "messages/", text="When, please?", file=make.upload("mail.pdf"))
    assert (answer.status_code, answer.url) == (302, page_of(claim) + "#messages")
    assert "New message" in look(rita, "/admin/queue/")
    desk = look(rita, "/admin/")
    assert "Messages unread" in desk
    case = look(rita, case_of(claim))
    assert "When, please?" in case
    assert "mail.pdf" in case
    assert "New message" not in look(rita, "/admin/queue/")
    assert "Messages unread" not in look(rita, "/admin/")
    answer = send(rita, case_of(claim) + "messages/", message="On Friday.", file=make.upload("form.pdf"))
    assert (answer.status_code, answer.url) == (302, case_of(claim))
    assert "New message" in look(anna, "/claims/")
    own = look(anna, page_of(claim))
    assert "On Friday." in own
    assert "form.pdf" in own
    assert "The review office" in own
    assert "Rita" not in own
    assert "New message" not in look(anna, "/claims/")


def test_the_others_looking_on_leaves_the_marks(claim, anna, sara, mara, look):
    messages.write(claim.reference, by=anna, text="When, please?")
    for person in (sara, mara):
        look(person, case_of(claim))
    assert Message.objects.get().read_at is None


def test_a_head_request_reads_nothing(claim, client, anna, rita):
    messages.write(claim.reference, by=rita, text="Hello")
    client.force_login(anna)
    assert client.head(page_of(claim)).status_code == 200
    assert Message.objects.get().read_at is None


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_message_is_shown_again_with_what_is_wrong(claim, anna, send, text):
    answer = send(anna, page_of(claim) + "messages/", text=text)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["text"]


def test_a_file_that_is_refused_loses_no_word(claim, anna, send):
    words = "I wrote this for an hour."
    answer = send(anna, page_of(claim) + "messages/", text=words, file=make.upload("a.exe", b"MZ" + bytes(99)))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert answer.context["form"].non_field_errors()
    assert not Message.objects.exists()


def test_when_the_claim_ended_meanwhile_the_words_are_shown(claim, anna, rita, send):
    address = page_of(claim) + "messages/"
    send(anna, page_of(claim) + "withdraw/", reason="")
    answer = send(anna, address, text="My long letter")
    assert answer.status_code == 409
    assert "My long letter" in answer.content.decode()
    answer = send(rita, case_of(claim) + "messages/", message="My long answer")
    assert answer.status_code == 409
    assert not Message.objects.exists()


def test_words_outlive_the_session(claim, client, anna, look):
    answer = client.post(page_of(claim) + "messages/", {"text": "Typed before the session ended"})
    assert answer.status_code == 302
    assert "kept" in answer.url


def test_a_stranger_finds_nothing(claim, bruno, send, look):
    look(bruno, page_of(claim) + "messages/", 404)
    assert send(bruno, page_of(claim) + "messages/", text="Hello").status_code == 404
    assert send(bruno, case_of(claim) + "messages/", message="Hello").status_code == 403
    assert send(bruno, case_of(claim) + "notes/", internal_note="Hello").status_code == 403


def test_a_manager_reads_and_has_no_forms(claim, mara, rita, send, look):
    messages.write_note(claim.reference, by=rita, text="Between us")
    case = look(mara, case_of(claim))
    assert "Between us" in case
    assert "Write a note" not in case
    assert "Write to the claimant" not in case
    assert send(mara, case_of(claim) + "messages/", message="Hello").status_code == 403
    assert send(mara, case_of(claim) + "notes/", internal_note="Hello").status_code == 403


def test_a_note_calls_a_colleague_to_the_case(claim, rita, sara, mara, look, send):
    answer = send(rita, case_of(claim) + "notes/", internal_note="@sara @mara @zoe what do you think?")
    assert answer.status_code == 302
    assert "Nobody who may read this claim is called @zoe." in look(rita, case_of(claim))
    for person in (sara, mara):
        desk = look(person, "/admin/")
        assert "You were mentioned" in desk
        assert "what do you think?" in desk
        assert "what do you think?" in look(person, case_of(claim))
        assert "You were mentioned" not in look(person, "/admin/")
    assert Mention.objects.filter(seen_at=None).count() == 0


def test_a_refused_note_stays_in_its_field(claim, rita, send):
    answer = send(rita, case_of(claim) + "notes/", internal_note="x" * 5001)
    assert answer.status_code == 422
    assert "x" * 5001 in answer.content.decode()


def test_script_is_shown_and_not_run(claim, client, anna, rita):
    evil = "<script>alert(1)</script>"
    messages.write(claim.reference, by=anna, text=evil)
    messages.write_note(claim.reference, by=rita, text=evil)
    for person, path in ((anna, page_of(claim)), (rita, case_of(claim))):
        client.force_login(person)
        content = client.get(path).content.decode()
        assert evil not in content
        assert "&lt;script&gt;" in content


def test_both_pages_cost_the_same_for_three_messages_and_for_a_hundred(claim, client, anna, rita, sara):
    def add(count):
        made = [
            Message(claim=claim, author=rita if n % 2 else anna, from_staff=bool(n % 2), text="Words")
            for n in range(count)
        ]
        for message in Message.objects.bulk_create(made):
            message.documents.add(claim.attachments.get())
        Note.objects.bulk_create(Note(claim=claim, author=sara, text="Words") for _ in range(count))

    def cost(person, path):
        client.force_login(person)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    places = [(anna, page_of(claim)), (rita, case_of(claim)), (anna, "/claims/"), (rita, "/admin/queue/")]
    add(3)
    few = [cost(person, path) for person, path in places]
    add(97)
    assert [cost(person, path) for person, path in places] == few


def test_staff_send_files_in_pieces_and_a_refusal_loses_neither_words_nor_files(claim, client, rita, anna):
    client.force_login(rita)
    client.cookies["language"] = "en"
    tus = Tus(client, claim.reference, "/admin/cases", "")
    assert tus.begin(0).status_code == 422
    assert tus.begin(len(make.PDF), "calculation.pdf").status_code == 201
    assert tus.patch(make.PDF[:50], 0).status_code == 204
    assert (tus.offset(), tus.row().status_code) == (50, 204)
    assert tus.patch(make.PDF[50:], 50).status_code == 204
    row = tus.row().content.decode()
    assert "calculation.pdf" in row
    upload = row.partition('name="upload" value="')[2].partition('"')[0]
    address = case_of(claim) + "messages/"
    answer = client.post(address, {"message": "x" * 5001, "upload": [upload]})
    assert answer.status_code == 422
    assert "x" * 5001 in answer.content.decode()
    assert "calculation.pdf" in answer.content.decode()
    assert client.post(address, {"message": "Our sums", "upload": [upload]}).status_code == 302
    message = claim.messages.get()
    assert (message.from_staff, message.documents.get().document.name) == (True, "calculation.pdf")
    assert client.post(address, {"message": "Again", "upload": [upload]}).status_code == 409
    refused = Tus(client, claim.reference, "/admin/cases", "")
    assert "type_not_allowed" in refused.send(b"MZ" + bytes(200), "a.pdf").content.decode()
    client.force_login(anna)
    assert client.head(tus.address, headers={"Tus-Resumable": "1.0.0"}).status_code == 403
