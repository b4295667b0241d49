"""The last page: what is missing, the declaration, sending once, and the confirmation."""

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.test import Client

from claims.actions import intake
from claims.models import Claim, JournalEntry, Notice
from tests import make


@pytest.fixture
def draft(anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    return claim


def check(claim):
    return f"/claims/{claim.reference}/check/"


def test_what_is_missing_is_named_with_a_link_to_its_page(page, anna, incident, posted, text_of, current):
    bare = intake.open_claim(incident.code, by=anna, login="nobody@libero.example")
    for response in (page(anna).get(check(bare)), posted(page(anna), check(bare), declaration="on")):
        for step in ("story", "losses"):
            assert f'href="/claims/{bare.reference}/{step}/?then=check"' in response.content.decode()
        assert "Tell what happened." in text_of(response)
        assert "Add at least one loss." in text_of(response)
    assert response.status_code == 422
    assert current(bare).status == "draft"


def test_a_loss_without_a_document_is_named(page, anna, incident, posted, codes):
    claim = make.draft(anna, incident)
    response = posted(page(anna), check(claim), declaration="on")
    assert response.status_code == 422
    assert codes(response) == {"": ["evidence_required"]}
    assert f'href="/claims/{claim.reference}/documents/?then=check"' in response.content.decode()


def test_without_the_declaration_nothing_is_sent(page, anna, draft, posted, codes, current):
    response = posted(page(anna), check(draft))
    assert (response.status_code, codes(response)) == (422, {"declaration": ["declaration_required"]})
    assert current(draft).status == "draft"


def test_r_3_sending_twice_is_one_submission_and_the_same_confirmation(page, anna, draft):
    client = page(anna)
    version = client.get(check(draft)).context["version"]
    answers = [client.post(check(draft), {"version": version, "declaration": "on"}) for _press in range(3)]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, f"/claims/{draft.reference}/done/")}
    assert JournalEntry.objects.filter(action="submit").count() == 1
    assert Notice.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_r_3_eight_presses_at_once_are_one_submission(anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    clients = [Client() for _each in range(8)]
    for client in clients:
        client.force_login(anna)
    start, answers = Barrier(8), []

    def press(client):
        start.wait()
        answers.append(client.post(check(claim), {"version": claim.version, "declaration": "on"}))
        connection.close()

    threads = [Thread(target=press, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, f"/claims/{claim.reference}/done/")}
    assert JournalEntry.objects.filter(action="submit").count() == 1
    assert Notice.objects.count() == 1


def test_r_13_what_is_sent_is_what_was_shown(page, anna, draft, current):
    client = page(anna)
    version = client.get(check(draft)).context["version"]
    intake.edit_claim(draft.reference, by=anna, narrative="Changed in another window.")
    late = client.post(check(draft), {"version": version, "declaration": "on"})
    assert late.status_code == 409
    assert "Changed in another window." in late.content.decode()
    assert current(draft).status == "draft"


def test_the_confirmation_says_what_happens_by_when_and_where_the_mail_goes(page, anna, draft, posted, text_of):
    with time_machine.travel(datetime(2023, 3, 20, 12, tzinfo=UTC)):
        client = page(anna)
        done = client.get(posted(client, check(draft), declaration="on").url)
    for told in (draft.reference, "4 May 2023", "on its way to anna@example.org"):
        assert told in text_of(done)


def test_a_mail_to_the_mailbox_that_failed_waits_and_the_page_says_so(page, incident, posted, text_of):
    person = make.person("carla", "claimant", email="carla@libero.example")
    claim = make.draft(person, incident, login="anna@libero.example")
    make.attachment(claim)
    done = page(person).get(posted(page(person), check(claim), declaration="on").url)
    assert "The confirmation waits" in text_of(done)
    assert "/accounts/profile/" in done.content.decode()


def test_a_second_address_gets_the_mail_when_the_first_failed(page, incident, posted, text_of):
    person = make.person("carla", "claimant", email="carla@libero.example", second_email="carla@posta.example")
    claim = make.draft(person, incident, login="anna@libero.example")
    make.attachment(claim)
    done = page(person).get(posted(page(person), check(claim), declaration="on").url)
    assert "on its way to carla@posta.example" in text_of(done)


def test_the_confirmation_of_a_draft_leads_to_the_draft(page, anna, draft):
    assert page(anna).get(f"/claims/{draft.reference}/done/").url == f"/claims/{draft.reference}/"


def test_when_the_time_is_over_a_claimant_cannot_send_but_asks_to_be_taken(
    page, anna, draft, incident, text_of, current
):
    type(incident).objects.update(state="closed")
    shown = page(anna).get(check(draft))
    assert "The time to file a claim is over" in text_of(shown)
    assert "Send my claim" not in text_of(shown)
    asked = {"version": draft.version, "declaration": "on", "late_reason": ""}
    assert page(anna).post(check(draft), asked).status_code == 422
    page(anna).post(check(draft), asked | {"late_reason": "I was ill"})
    assert (current(draft).status, current(draft).late_reason) == ("draft", "I was ill")
    waits = page(anna).get(check(draft))
    assert "A supervisor looks at it" in text_of(waits)
    assert "Ask for it to be taken" not in text_of(waits)


def test_redis_is_not_needed_to_file(page, anna, draft, posted, settings, monkeypatch):
    settings.CELERY = {**settings.CELERY, "broker_url": "redis://127.0.0.1:1/0"}
    assert posted(page(anna), check(draft), declaration="on").status_code == 302
    assert Claim.objects.get().status == "submitted"
    assert Notice.objects.get().state == "queued"
