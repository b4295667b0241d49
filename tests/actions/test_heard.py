"""What a claim draws from the verdicts on its documents."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from claims.actions import attachments, heard, intake, mails, notices
from claims.models import Claim, JournalEntry, Notice
from evidence import withdrawing
from evidence.models import Document
from evidence.scanning import scan_batch
from evidence.uploading import StreamedUpload
from tests import make
from tests.evidence import files
from tests.referee import assert_laws_hold

LATER = timedelta(minutes=11)


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


def told(claim):
    return list(claim.notices.filter(kind="documents_failed").order_by("pk"))


def failed(claim, **fields):
    return make.attachment(claim, state="refused", reason="broken_document", **fields)


def tell(after=LATER):
    heard.hear_batch()
    return heard.tell_batch(now=timezone.now() + after)


def test_all_that_failed_is_told_in_one_mail_with_what_to_do(draft, anna):
    anna.language = "en"
    anna.save()
    failed(draft, name="one.pdf")
    failed(draft, name="two.pdf")
    make.attachment(draft, name="locked.pdf", warnings=["unreadable_password"])
    make.attachment(draft, name="good.pdf")
    assert tell() == 1
    [notice] = told(draft)
    subject, text, html = mails.contents(notice)
    for name in ("one.pdf", "two.pdf", "locked.pdf", "damaged", "without the password"):
        assert name in text
        assert name in html
    assert "good.pdf" not in text
    assert draft.reference in subject
    assert_laws_hold()


def test_what_was_told_is_not_told_again_and_what_comes_later_is_another_mail(draft):
    failed(draft)
    assert (tell(), tell(), len(told(draft))) == (1, 0, 1)
    failed(draft)
    assert (tell(), tell(), len(told(draft))) == (1, 0, 2)


def test_whoever_watches_the_page_gets_no_mail_for_a_file_that_is_taken_out_at_once(draft):
    attachment = failed(draft)
    assert tell(timedelta(0)) == 0
    attachment.delete()
    assert tell() == 0


def test_the_mail_waits_for_what_is_still_being_checked_but_not_for_ever(draft):
    failed(draft)
    make.attachment(draft, state="pending")
    assert tell() == 0
    assert tell(timedelta(minutes=61)) == 1


def test_what_was_only_worth_knowing_is_no_mail(draft):
    make.attachment(draft, warnings=["changed_after_signing", "embedded_files", "incomplete_picture"])
    assert tell() == 0


def test_what_was_left_out_of_an_archive_is_told(draft):
    left = [{"inside": "setup.exe", "reason": "type_not_allowed"}]
    make.attachment(draft, name="a.zip", media_type="application/zip", parts=2, left_out=left)
    assert tell() == 1
    assert told(draft)[0].context["files"][0]["why"][0].startswith("setup.exe: ")


def test_a_closed_claim_is_left_in_peace(anna, incident):
    claim = make.submitted(anna, incident)
    failed(claim)
    intake.withdraw(claim.reference, by=anna)
    assert tell() == 0
    assert tell() == 0


def test_the_mail_speaks_the_claimants_language(draft, anna):
    anna.language = "it"
    anna.save()
    failed(draft)
    assert tell() == 1
    assert told(draft)[0].language == "it"


def test_mails_are_sent(draft):
    failed(draft)
    tell()
    notices.deliver_batch()
    assert [message for message in mail.outbox if draft.reference in message.subject]


# --- a virus that is found later


def infected(attachment):
    """The scanner learns that the document holds a virus."""
    heard.hear_batch()
    assert withdrawing.withdraw(attachment.document.sha256) >= 1
    return heard.hear_batch()


def test_u_30_a_virus_found_later_is_in_the_journal_and_told_to_claimant_and_reviewer(anna, incident, rita, sara):
    claim = make.taken(anna, incident, rita)
    attachment = claim.attachments.get()
    assert infected(attachment) == 1
    claim.refresh_from_db()
    assert claim.flags == ["virus_found"]
    entry = JournalEntry.objects.of(claim).get(action="virus found")
    assert entry.facts == {"document": str(attachment.document_id), "sha256": attachment.document.sha256}
    kinds = Notice.objects.filter(claim=claim).exclude(kind="claim_submitted").values_list("kind", "recipient__name")
    assert set(kinds) == {("document_withdrawn", anna.name), ("virus_found", rita.name)}
    for notice in Notice.objects.filter(claim=claim):
        assert "invoice.pdf" in mails.contents(notice)[1] or notice.kind == "claim_submitted"
    assert (heard.hear_batch(), tell()) == (0, 0)
    assert_laws_hold()


def test_u_30_a_decision_that_rests_on_it_is_brought_before_the_supervisors(anna, incident, rita, sara):
    claim = make.decided(anna, incident, rita)
    assert infected(claim.attachments.get()) == 1
    told_staff = Notice.objects.filter(claim=claim, kind="virus_found").values_list("recipient__name", flat=True)
    assert sara.name in set(told_staff)
    assert "decided while" in mails.contents(Notice.objects.filter(kind="virus_found", recipient=sara).get())[1]
    assert Claim.objects.get(pk=claim.pk).flags == ["virus_found"]


def test_u_30_the_same_bytes_are_withdrawn_from_every_claim(anna, bruno, incident):
    hers, his = make.submitted(anna, incident), make.submitted(bruno, incident, login="bruno@virgilio.example")
    heard.hear_batch()
    withdrawing.withdraw(hers.attachments.get().document.sha256)
    assert heard.hear_batch() == 2
    for claim in (hers, his):
        assert claim.notices.filter(kind="document_withdrawn").count() == 1
        assert Claim.objects.get(pk=claim.pk).flags == ["virus_found"]


def test_a_virus_in_a_member_takes_the_archive_back_too(draft, anna):
    upload = StreamedUpload.of("a.zip", [files.archive({"one.txt": b"one", "two.txt": b"two"})])
    attachments.attach(draft.reference, upload, by=anna)
    upload.close()
    while scan_batch() or heard.hear_batch():
        pass
    withdrawing.withdraw(Document.objects.get(inside="one.txt").sha256)
    heard.hear_batch()
    states = {each.document.name: (each.document.state, each.heard) for each in draft.attachments.all()}
    refused = ("refused", "refused")
    assert states == {"a.zip": refused, "one.txt": refused, "two.txt": ("clean", "clean")}
    assert draft.notices.filter(kind="document_withdrawn").count() == 2


def test_hearing_costs_the_same_however_many_claims_have_nothing_new(anna, incident, django_assert_num_queries):
    for rows in (3, 30):
        for _ in range(rows):
            make.attachment(make.draft(anna, incident))
        while heard.hear_batch():
            pass
        with django_assert_num_queries(2):
            assert heard.hear_batch() == 0
