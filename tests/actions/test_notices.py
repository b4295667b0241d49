"""Writing notices: to which address, once for each fact, held while the mailbox is broken."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from claims.actions import notices
from claims.models import Notice
from tests import make


def submitted_by(person, incident):
    return make.submitted(person, incident).notices.get()


def test_a_notice_goes_to_the_address_of_the_person_in_their_language(anna, incident):
    notice = submitted_by(anna, incident)
    assert (notice.state, notice.address, notice.language) == ("queued", "anna@example.org", "it")
    assert (notice.recipient, notice.kind, notice.tries) == (anna, "claim_submitted", 0)
    assert len(notice.code) == 16


def test_a_mailbox_on_the_failed_service_is_not_trusted(incident):
    person = make.person("dora", "claimant", email="dora@libero.example", second_email="dora@elsewhere.example")
    assert submitted_by(person, incident).address == "dora@elsewhere.example"


def test_without_another_address_the_notice_waits_and_stands_in_the_inbox(incident):
    person = make.person("dora", "claimant", email="dora@libero.example")
    notice = submitted_by(person, incident)
    assert (notice.state, notice.address) == ("held", "")
    assert list(Notice.objects.in_inbox_of(person)) == [notice]
    assert notices.deliver_batch() == 0


def test_a_second_address_on_another_broken_service_is_not_used_either(incident):
    person = make.person("dora", "claimant", email="dora@libero.example", second_email="dora@VIRGILIO.example")
    assert submitted_by(person, incident).state == "held"


def test_once_the_service_is_restored_its_address_is_used(incident):
    incident.services.filter(code="paid").update(restored_at=timezone.now())
    person = make.person("dora", "claimant", email="dora@libero.example")
    assert submitted_by(person, incident).state == "queued"


def test_held_notices_leave_once_oldest_first_and_only_for_what_was_restored(anna, incident):
    dora = make.person("dora", "claimant", email="dora@libero.example")
    emil = make.person("emil", "claimant", email="emil@virgilio.example")
    first, other, second = submitted_by(dora, incident), submitted_by(emil, incident), submitted_by(dora, incident)
    assert notices.release_held(incident.pk) == []
    incident.services.filter(code="paid").update(restored_at=timezone.now())
    assert len(notices.release_held(incident.pk)) == 2
    assert notices.release_held(incident.pk) == []
    queued = notices.lease(10)
    assert list(queued) == [first, second]
    assert {notice.address for notice in queued} == {"dora@libero.example"}
    other.refresh_from_db()
    assert other.state == "held"


def test_one_fact_is_told_once_in_a_round(anna, incident):
    claim = make.submitted(anna, incident)
    with pytest.raises(IntegrityError), transaction.atomic():
        notices.post("claim_submitted", claim=claim)
    claim.round = 2
    assert notices.post("claim_submitted", claim=claim).pk


def test_the_message_id_says_which_notice_it_is_and_never_changes(anna, incident):
    notice = submitted_by(anna, incident)
    assert notice.message_id == f"<notice.{notice.pk}.{notice.code.lower()}@ristoro.example>"
    assert Notice.objects.get(pk=notice.pk).message_id == notice.message_id


def test_a_sign_in_mail_is_no_part_of_the_inbox(anna):
    notices.post_sign_in(
        "x", code="ABCDEFGHIJKLMNOP", recipient=anna, address=anna.email, language="en", subject="s", text="t", html=""
    )
    assert not Notice.objects.in_inbox_of(anna).exists()
