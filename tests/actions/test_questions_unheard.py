"""The days to answer do not run while the claimant's only mailbox is down and the notice waits for it."""

from datetime import timedelta

import pytest
import time_machine

from claims.actions import answers, clock, incidents, mails, questions
from claims.models import InformationRequest, JournalEntry, Notice
from claims.rules.asking import answer_by
from tests import make
from tests.referee import assert_laws_hold

LOGIN = "stranded@libero.example"


def noon(day):
    return time_machine.travel(f"{day.isoformat()}T12:00:00+00:00")


@pytest.fixture
def stranded(incident):
    """Somebody whose only address is on the service that is down."""
    incident.services.update(restored_at=None)
    make.customer(incident, LOGIN)
    return make.person("stranded", "claimant", email=LOGIN)


@pytest.fixture
def asked(stranded, incident, rita):
    with noon(clock.today() - timedelta(days=60)):
        claim = make.taken(stranded, incident, rita, login=LOGIN)
        return questions.ask(claim.reference, by=rita, items=["The invoice"], days=15)


def request_of(claim):
    return InformationRequest.objects.get(claim=claim)


def notice_of(claim):
    return Notice.objects.get(claim=claim, kind="information_requested")


def restore(incident, mara):
    return incidents.restore(incident.code, "paid", by=mara)


def test_nothing_expires_and_nobody_is_reminded_while_the_notice_is_held(asked):
    assert notice_of(asked).state == "held"
    with noon(request_of(asked).due - timedelta(days=1)):
        assert questions.remind_batch() == 0
    assert questions.expire_batch() == 0
    asked.refresh_from_db()
    assert asked.status == "information_requested"


def test_when_the_mailbox_works_again_the_days_begin_and_the_mail_says_until_when(asked, incident, mara):
    old = request_of(asked)
    restore(incident, mara)
    due = answer_by(clock.today(), (old.due - old.asked_at.date()).days)
    assert request_of(asked).due == due >= answer_by(clock.today(), 15)
    notice = notice_of(asked)
    assert (notice.state, notice.context["answer_on"]) == ("queued", due.isoformat())
    assert f"{due.day} " in mails.contents(notice)[1]
    assert JournalEntry.objects.of(incident).last().facts["questions"] == 1
    with noon(due):
        assert questions.expire_batch() == 0
    with noon(due + timedelta(days=1)):
        assert (questions.expire_batch(), questions.expire_batch()) == (1, 0)
    asked.refresh_from_db()
    assert (asked.status, asked.flags) == ("in_review", ["unanswered"])
    assert clock.ledger_of(asked)[-1].on == due + timedelta(days=1)
    assert_laws_hold()


def test_who_reads_it_on_the_site_answers_in_time_and_the_clock_stood_still_until_then(asked):
    claim = answers.answer(asked.reference, by=asked.claimant, text="Here it is.")
    assert (claim.status, claim.flags) == ("in_review", [])
    assert request_of(claim).state == "answered"
    assert clock.ledger_of(claim)[-1].on == clock.today()
    assert_laws_hold()


def test_what_was_answered_or_taken_back_meanwhile_has_no_days_that_begin(asked, incident, mara, rita):
    questions.cancel(asked.reference, by=rita)
    before = request_of(asked).due
    restore(incident, mara)
    assert request_of(asked).due == before
    assert JournalEntry.objects.of(incident).last().facts["questions"] == 0


def test_a_second_address_hears_of_it_at_once_and_its_days_run(asked, stranded, incident, rita):
    stranded.second_email = "stranded@other.example"
    stranded.save()
    with noon(clock.today() - timedelta(days=50)):
        questions.cancel(asked.reference, by=rita)
        questions.ask(asked.reference, by=rita, items=["The contract"], days=15)
    assert questions.expire_batch() == 1  # the first notice is still held, but nobody waits for its answer


def test_a_claimant_and_a_reviewer_read_that_the_days_have_not_begun(asked, client, rita):
    client.cookies["language"] = "en"
    client.force_login(asked.claimant)
    assert "Our message waits until your mailbox works again" in client.get(f"/claims/{asked.reference}/").text
    client.force_login(rita)
    assert "The days to answer begin when the notice leaves" in client.get(f"/admin/cases/{asked.reference}/").text
