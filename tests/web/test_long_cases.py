"""A case with 200 events, 50 documents and 100 messages: as many questions as for a small one, the newest shown."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Message
from tests import make
from tests.bench.case_page import addresses, client_of, fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(anna, incident, rita):
    """(a case with three of each, a case with very many)."""
    few, many = (make.taken(anna, incident, rita) for _each in range(2))
    return fill(few, rita, events=3, documents=2, messages=3), fill(many, rita, events=197, documents=49, messages=100)


def queries(client, address):
    client.get(address)  # what is read first is marked as read
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["anna", "rita"])
def test_pages_and_api_ask_as_often_for_three_as_for_two_hundred(cases, who, anna, rita, client):
    person = {"anna": anna, "rita": rita}[who]
    client = client_of(person)
    few, many = ({what: queries(client, at) for what, at in addresses(person, case).items()} for case in cases)
    assert few == many
    assert set(few) == {"page", "api", "events", "messages"}


@pytest.mark.parametrize("who", ["anna", "rita"])
def test_the_newest_are_shown_and_all_on_request(cases, who, anna, rita):
    person, many = {"anna": anna, "rita": rita}[who], cases[1]
    client, address = client_of(person), addresses(person, cases[1])["page"]
    client.cookies["language"] = "en"
    shown = client.get(address).content.decode()
    assert "Message 99:" in shown
    assert "Message 80:" in shown
    assert "Message 79:" not in shown
    assert "Show all 100 messages" in shown
    assert "Words 196," in shown
    assert "Words 100," not in shown
    assert shown.count("all=1#") == 2
    everything = client.get(address + "?all=1").content.decode()
    assert all(f"Message {number}:" in everything for number in range(100))
    assert "Show all" not in everything
    assert "Words 0," in everything
    assert many.attachments.count() == 50


@pytest.mark.parametrize("who", ["anna", "rita"])
def test_what_is_unread_is_shown_however_old_and_only_what_is_shown_counts_as_read(cases, who, anna, rita):
    person, many = {"anna": anna, "rita": rita}[who], cases[1]
    lines = list(Message.objects.filter(claim=many).order_by("pk"))
    theirs = lines[31] if person is anna else lines[30]
    Message.objects.filter(pk=theirs.pk).update(read_at=None)
    shown = client_of(person).get(addresses(person, many)["page"]).content.decode()
    assert theirs.text in shown
    assert lines[29].text not in shown
    theirs.refresh_from_db()
    assert theirs.read_at is not None


def test_a_short_case_has_nothing_to_unfold(cases, anna):
    assert "all=1" not in client_of(anna).get(addresses(anna, cases[0])["page"]).content.decode()
