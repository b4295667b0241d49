"""Notices to a mailbox that failed wait for it, and leave once, oldest first, when it is declared restored."""

import threading
import time

import pytest
from django.db import connection, transaction

from claims.actions import incidents, lifecycle, notices
from claims.models import Claim, JournalEntry, Notice
from claims.rules.errors import Refused
from tests import make


@pytest.fixture
def stranded(db):
    """A claimant whose only address is on the service that failed."""
    return make.person("stella", "claimant", email="stella@libero.example")


def held():
    return Notice.objects.filter(state="held")


def test_held_notices_leave_once_and_oldest_first(incident, stranded, mara):
    claims = [make.submitted(stranded, incident) for _ in range(3)]
    assert [notice.claim_id for notice in held().order_by("id")] == [claim.pk for claim in claims]
    assert notices.lease(100) == []

    assert incidents.restore(incident.code, "paid", by=mara) == 3

    leaving = notices.lease(100)
    assert [notice.claim_id for notice in leaving] == [claim.pk for claim in claims]
    assert {notice.address for notice in leaving} == {"stella@libero.example"}
    assert notices.lease(100) == []


def test_restoring_another_service_releases_nothing(incident, stranded, mara):
    make.submitted(stranded, incident)
    assert incidents.restore(incident.code, "free", by=mara) == 0
    assert held().count() == 1


def test_a_service_is_restored_once(incident, stranded, mara):
    make.submitted(stranded, incident)
    incidents.restore(incident.code, "paid", by=mara)
    with pytest.raises(Refused) as refused:
        incidents.restore(incident.code, "paid", by=mara)
    assert (refused.value.code, refused.value.status) == ("already_restored", 409)
    assert JournalEntry.objects.get(action="restore").facts == {"service": "paid", "notices": 1, "questions": 0}


def test_after_the_restoration_notices_do_not_wait(incident, stranded, mara):
    incidents.restore(incident.code, "paid", by=mara)
    make.submitted(stranded, incident)
    assert not held().exists()


def test_a_second_address_that_works_is_used_at_once(incident, stranded):
    stranded.second_email = "stella@elsewhere.example"
    stranded.save()
    make.submitted(stranded, incident)
    assert Notice.objects.get(kind="claim_submitted").address == "stella@elsewhere.example"


@pytest.mark.race
def test_a_notice_written_during_the_restoration_does_not_wait_for_ever(transactional_db, incident, stranded, mara):
    """The claim is submitted first and committed last: the restoration waits for it and takes its notice along."""
    make.draft(stranded, incident)
    written, released = threading.Event(), []

    def submit():
        with transaction.atomic():
            claim = lifecycle.locked(Claim.objects.get().reference, by=stranded)
            notices.post("claim_submitted", claim=claim)
            written.set()
            time.sleep(0.3)
        connection.close()

    def restore():
        written.wait(5)
        released.append(incidents.restore(incident.code, "paid", by=mara))
        connection.close()

    threads = [threading.Thread(target=target) for target in (submit, restore)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert released == [1]
    assert not held().exists()
