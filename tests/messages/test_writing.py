"""The thread: who may write, until when, with which documents, who is told, and what counts as read."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone, translation

from accounts.roles import Role
from claims.actions import intake, mails, messages
from claims.models import Claim, JournalEntry, Message, Notice
from claims.reports.history import events_of
from claims.reports.thread import thread_of
from claims.rules.errors import Refused
from claims.rules.talking import MOST_DOCUMENTS, TAKING_DOCUMENTS, TALKING
from tests import make
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db


def write(claim, by, text="When will you decide?", **more):
    return messages.write(claim.reference, by=by, text=text, **more)


def refused(act):
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.status, caught.value.code, caught.value.field


def later(minutes):
    return mock.patch.object(timezone, "now", return_value=timezone.now() + timedelta(minutes=minutes))


def told(claim):
    return Notice.objects.filter(claim=claim, kind="message_received").count()


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "required"), (" \n", "required"), ("x" * 5001, "too_long"), ("a\x00b", "invalid_characters")],
)
def test_a_message_is_text_that_can_be_kept(claim, anna, text, code):
    assert refused(lambda: write(claim, anna, text)) == (422, code, "text")
    assert not Message.objects.exists()


def test_to_others_the_claim_does_not_exist(claim, bruno, olga, ada):
    for person in (bruno, olga, ada):
        assert refused(lambda person=person: write(claim, person)) == (404, "not_found", None)


def test_a_manager_reads_but_does_not_write(claim, mara):
    assert refused(lambda: write(claim, mara)) == (403, "wrong_role", None)


def test_an_operator_writes_for_the_person_on_the_telephone_only(incident, olga):
    person = {"email": "gina@example.org", "name": "Gina", "identity_check": "Date of birth"}
    draft = make.draft(olga, incident, login="anna@libero.example", on_behalf_of=person)
    make.attachment(draft)
    claim = intake.submit_claim(draft.reference, by=olga, declaration=True)
    assert write(claim, olga).from_staff is False
    olga.groups.clear()
    olga.forget_roles()
    assert refused(lambda: write(claim, olga))[0] == 404


def test_a_reviewer_writes_as_the_claimant_in_an_own_claim(incident, rita):
    make.customer(incident, "rita@libero.example")
    own = make.submitted(rita, incident, login="rita@libero.example")
    assert write(own, rita).from_staff is False
    assert told(own) == 0


def test_nobody_writes_for_the_office_in_an_own_claim(claim, incident, anna, rita):
    make.customer(incident, "rita@libero.example")
    own = make.submitted(rita, incident, login="rita@libero.example")
    assert refused(lambda: write(own, rita, for_office=True)) == (403, "own_claim", None)
    assert refused(lambda: write(claim, anna, for_office=True)) == (403, "wrong_role", None)


def test_nobody_writes_about_a_draft_or_a_claim_that_is_over(anna, incident, rita, claim):
    make.customer(incident, "anna2@libero.example")
    draft = make.draft(anna, incident, login="anna2@libero.example")
    assert refused(lambda: write(draft, anna)) == (409, "wrong_state", None)
    intake.withdraw(claim.reference, by=anna, reason="")
    for person in (anna, rita):
        assert refused(lambda person=person: write(claim, person)) == (409, "wrong_state", None)


def test_after_the_decision_people_write_but_send_no_more_documents(anna, incident, rita, file):
    claim = make.decided(anna, incident, rita)
    assert write(claim, anna).text == "When will you decide?"
    assert refused(lambda: write(claim, anna, uploads=[file()])) == (409, "wrong_state", "file")
    assert Message.objects.count() == 1


def test_documents_are_taken_only_where_people_write():
    assert TAKING_DOCUMENTS < TALKING
    assert not TALKING & {"draft", "withdrawn", "expired", "closed"}


def test_documents_become_evidence_of_the_claim(claim, anna, rita, file):
    message = write(claim, anna, uploads=[file("a.pdf"), file("b.pdf", make.PDF + b"%")])
    answer = write(claim, rita, "Thank you, fill in this.", uploads=[file("form.pdf", make.PDF + b"%%")])
    assert [each.document.name for each in message.documents.all()] == ["a.pdf", "b.pdf"]
    assert [each.document.owner for each in answer.documents.all()] == [rita]
    assert claim.attachments.count() == 4
    entry = JournalEntry.objects.of(claim).filter(action="message").first()
    assert [set(each) for each in entry.facts["documents"]] == [{"document", "sha256", "size", "kind"}] * 2
    assert_laws_hold()


def test_a_file_that_is_refused_takes_its_message_with_it(claim, anna, file):
    uploads = [file("a.pdf"), file("a.exe", b"MZ" + bytes(200))]
    assert refused(lambda: write(claim, anna, uploads=uploads))[::2] == (415, "file")
    assert (Message.objects.count(), claim.attachments.count()) == (0, 1)
    many = [file() for _ in range(MOST_DOCUMENTS + 1)]
    assert refused(lambda: write(claim, anna, uploads=many)) == (422, "too_many_files", "file")


def test_the_quota_of_the_claim_holds_for_messages(anna, rita, incident, file):
    make.later_terms(incident, most_files=2)
    claim = make.taken(anna, incident, rita)
    write(claim, anna, uploads=[file()])
    assert refused(lambda: write(claim, anna, uploads=[file()])) == (409, "too_many_files", "file")


def test_the_journal_says_that_somebody_wrote_and_seals_what(claim, anna):
    before = Claim.objects.get(pk=claim.pk).version
    message = write(claim, anna, "My secret ailment")
    entry = JournalEntry.objects.of(claim).last()
    assert (entry.action, entry.old, entry.new, entry.actor) == ("message", "in_review", "in_review", anna)
    assert entry.facts == {"message": message.pk, "from_staff": False}
    assert entry.words() == "My secret ailment"
    assert b"ailment" not in bytes(entry.sealed)
    assert Claim.objects.get(pk=claim.pk).version == entry.sequence == before + 1


def test_several_messages_within_ten_minutes_are_one_notice(claim, rita, sara):
    write(claim, rita, "One thing more.")
    write(claim, sara, "And another.")
    assert told(claim) == 1
    with later(9):
        write(claim, rita)
    assert told(claim) == 1
    with later(11):
        write(claim, rita)
    assert told(claim) == 2


def test_a_message_after_the_last_one_was_read_is_told_of_anew(claim, anna, rita):
    write(claim, rita)
    messages.mark_read(claim, by=anna, seen=thread_of(claim, for_staff=False))
    write(claim, rita)
    write(claim, rita)
    assert told(claim) == 2
    assert_laws_hold()


def test_what_the_claimant_writes_is_told_by_no_mail(claim, anna):
    write(claim, anna)
    assert told(claim) == 0


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_notice_says_where_to_read_but_neither_the_words_nor_who(claim, rita, language):
    write(claim, rita, "Canary words")
    notice = Notice.objects.get(kind="message_received")
    notice.language = language
    sent = mails.render(notice)
    html = sent.alternatives[0].content
    assert claim.reference in sent.subject
    for body in (sent.body, html):
        assert f"/claims/{claim.reference}/" in body
        assert "Canary" not in body
        assert "Rita" not in body


def test_only_the_claimant_reads_for_the_claimant(claim, anna, rita, olga, mara):
    write(claim, rita)
    for person in (rita, olga, mara):
        assert messages.mark_read(claim, by=person, seen=thread_of(claim, for_staff=True)) == 0
    assert messages.mark_read(claim, by=anna, seen=thread_of(claim, for_staff=False)) == 1
    assert messages.mark_read(claim, by=anna, seen=thread_of(claim, for_staff=False)) == 0


def test_only_who_has_the_claim_reads_for_the_office(claim, anna, rita, remo, sara, mara):
    write(claim, anna)
    for person in (remo, sara, mara, anna):
        assert messages.mark_read(claim, by=person, seen=thread_of(claim, for_staff=True)) == 0
    assert messages.mark_read(claim, by=rita, seen=thread_of(claim, for_staff=True)) == 1


def test_while_nobody_has_it_every_reviewer_reads_for_the_office(anna, incident, remo, mara):
    claim = make.submitted(anna, incident)
    write(claim, anna)
    assert messages.mark_read(claim, by=mara, seen=thread_of(claim, for_staff=True)) == 0
    assert messages.mark_read(claim, by=remo, seen=thread_of(claim, for_staff=True)) == 1


def test_a_message_that_came_after_the_page_was_made_stays_unread(claim, anna, rita):
    write(claim, anna)
    seen = thread_of(claim, for_staff=True)
    last = write(claim, anna)
    assert messages.mark_read(claim, by=rita, seen=seen) == 1
    assert Message.objects.get(read_at=None) == last


def test_who_answers_has_read(claim, anna, sara):
    write(claim, anna)
    answer = write(claim, sara)
    assert Message.objects.get(read_at=None) == answer


def test_the_claimant_never_reads_a_name(claim, anna, rita):
    write(claim, rita)
    write(claim, anna)
    with translation.override("en"):
        public = [(line.actor, str(line.who)) for line in thread_of(claim, for_staff=False)]
    assert public == [(Role.REVIEWER, "The review office"), (Role.CLAIMANT, "You")]
    assert [line.who for line in thread_of(claim, for_staff=True)] == ["Rita", "Anna"]
    public = [event for event in events_of(claim, for_staff=False) if event.action == "message"]
    assert [(event.actor, event.note) for event in public] == [("reviewer", ""), ("claimant", "When will you decide?")]


def test_the_thread_costs_the_same_for_three_and_for_a_hundred(claim, anna, rita, django_assert_num_queries):
    def add(count):
        made = [
            Message(claim=claim, author=rita if n % 2 else anna, from_staff=bool(n % 2), text="x") for n in range(count)
        ]
        for message in Message.objects.bulk_create(made):
            message.documents.add(claim.attachments.get())

    for count in (3, 97):
        add(count)
        for for_staff in (True, False):
            with django_assert_num_queries(2):
                thread_of(claim, for_staff=for_staff)
    assert len(thread_of(claim, for_staff=True)) == 100


def test_the_chain_stays_whole(claim, anna, rita):
    for person in (anna, rita, anna):
        write(claim, person)
    assert_laws_hold()
