"""Files found inside an archive or a message become documents of the claim."""

import pytest

from claims.actions import attachments, heard, intake, messages
from claims.models import Attachment, JournalEntry
from claims.reports.inside import arranged
from claims.rules.terms import Terms
from evidence.models import Document
from evidence.scanning import scan_batch
from evidence.uploading import StreamedUpload
from tests import make
from tests.evidence import files


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


def settled():
    """Everything is judged and heard."""
    while scan_batch() or heard.hear_batch():
        pass


def attach(claim, by, name, content, **more):
    upload = StreamedUpload.of(name, [content])
    try:
        return attachments.attach(claim.reference, upload, by=by, **more)
    finally:
        upload.close()


def held(claim):
    """{path inside or name: kind} of a claim's documents."""
    return {each.document.inside or each.document.name: each.kind for each in claim.attachments.all()}


def test_members_are_attached_as_the_same_kind_for_the_same_loss_and_the_journal_says_so(draft, anna):
    item = draft.items.get()
    content = files.archive({"one.pdf": files.pdf(), "note.eml": files.mail([("two.txt", b"two")])})
    attach(draft, anna, "papers.zip", content, kind="invoice", item_id=item.pk)
    assert held(draft) == {"papers.zip": "invoice"}
    settled()
    assert held(draft) == {"papers.zip": "invoice", "one.pdf": "invoice", "note.eml": "mail", "two.txt": "other"}
    assert {each.item for each in draft.attachments.all()} == {item}
    entries = JournalEntry.objects.of(draft).filter(action="inside").order_by("sequence")
    assert [(len(entry.facts["documents"]), entry.facts["no_room"]) for entry in entries] == [(2, 0), (1, 0)]
    assert [entry.actor for entry in entries] == [None, None]


def test_a_second_turn_attaches_nothing_twice_and_what_was_taken_out_stays_out(draft, anna):
    attach(draft, anna, "papers.zip", files.archive({"one.txt": b"1", "two.txt": b"2"}))
    settled()
    inner = draft.attachments.get(document__inside="one.txt")
    attachments.detach(draft.reference, inner.document_id, by=anna)
    settled()
    assert set(held(draft)) == {"papers.zip", "two.txt"}
    assert Document.objects.filter(inside="one.txt").exists()


def test_an_archive_is_taken_out_with_all_that_lies_in_it(draft, anna):
    content = files.archive({"one.txt": b"1", "note.eml": files.mail([("two.txt", b"two")])})
    outer = attach(draft, anna, "papers.zip", content)
    attach(draft, anna, "other.txt", b"other")
    settled()
    assert len(held(draft)) == 5
    attachments.detach(draft.reference, outer.document_id, by=anna)
    assert set(held(draft)) == {"other.txt"}


def test_an_archive_taken_out_before_it_was_opened_brings_nothing(draft, anna):
    outer = attach(draft, anna, "papers.zip", files.archive({"one.txt": b"1"}))
    attachments.detach(draft.reference, outer.document_id, by=anna)
    settled()
    assert held(draft) == {}


def test_u_06_the_members_of_an_archive_count_before_it_is_taken(anna, refused):
    content = files.archive({f"{number}.txt": b"%d" % number for number in range(3)})
    claim = make.draft(anna, make.incident(terms=Terms(most_files=3)))
    with refused(409, "too_many_files"):
        attach(claim, anna, "a.zip", content)
    litter = files.archive({"0.txt": b"0", "1.txt": b"1", "__MACOSX/._0.txt": b"x", "__MACOSX/._1.txt": b"x"})
    attach(claim, anna, "b.zip", litter)
    settled()
    assert len(held(claim)) == 3


def test_u_06_what_an_archive_unpacks_to_counts_before_it_is_taken(anna, refused):
    claim = make.draft(anna, make.incident(terms=Terms(most_bytes=100_000)))
    content = files.archive({"long.txt": bytes(range(32, 127)) * 1100})
    assert len(content) < 10_000
    with refused(409, "quota"):
        attach(claim, anna, "a.zip", content)


def test_u_06_attachments_of_a_message_beyond_the_room_are_left_out_and_said_so(anna):
    claim = make.draft(anna, make.incident(terms=Terms(most_files=3)))
    inner = files.mail([("deep.txt", b"deep")])
    attached = [("1.txt", b"1"), ("2.txt", b"2"), ("3.eml", inner), ("4.txt", b"4")]
    outer = attach(claim, anna, "a.eml", files.mail(attached))
    settled()
    assert set(held(claim)) == {"a.eml", "1.txt", "2.txt"}
    document = Document.objects.get(pk=outer.document_id)
    left = [{"inside": "3.eml", "reason": "no_room"}, {"inside": "4.txt", "reason": "no_room"}]
    assert (document.left_out, document.parts, document.members.count()) == (left, 4, 2)
    assert any("no room" in str(text) for text in document.texts)
    assert not Document.objects.filter(name="deep.txt").exists()


def test_members_of_what_was_sent_with_a_message_belong_to_the_message(anna, incident):
    claim = make.submitted(anna, incident)
    upload = StreamedUpload.of("a.zip", [files.archive({"one.txt": b"1"})])
    message = messages.write(claim.reference, by=anna, text="Here.", uploads=[upload])
    upload.close()
    settled()
    assert {each.document.name for each in message.documents.all()} == {"a.zip", "one.txt"}
    assert len({each.added_at for each in message.documents.all()}) == 1


def test_pages_show_members_under_what_holds_them_without_a_question_for_each(draft, anna, django_assert_num_queries):
    attach(draft, anna, "papers.zip", files.archive({"note.eml": files.mail([("two.txt", b"2")]), "one.txt": b"1"}))
    attach(draft, anna, "other.txt", b"other")
    settled()
    with django_assert_num_queries(1):
        shown = arranged(Attachment.objects.filter(claim=draft).select_related("document"))
        lines = [(each.document.name, each.within.name if each.within else "") for each in shown]
    assert lines == [
        ("papers.zip", ""),
        ("note.eml", "papers.zip"),
        ("two.txt", "note.eml"),
        ("one.txt", "papers.zip"),
        ("other.txt", ""),
    ]


def test_a_submitted_claim_hears_of_its_members_too(anna, incident):
    claim = make.draft(anna, incident)
    attach(claim, anna, "papers.zip", files.archive({"one.pdf": files.pdf()}))
    make.attachment(claim)
    intake.submit_claim(claim.reference, by=anna, declaration=True)
    settled()
    assert "one.pdf" in held(claim)


def test_nobody_takes_the_documents_of_a_claim_that_is_being_worked_on(draft, anna, refused):
    outer = attach(draft, anna, "papers.zip", files.archive({"one.txt": b"1"}))
    settled()
    member = draft.attachments.get(document__inside="one.txt")
    intake.submit_claim(draft.reference, by=anna, declaration=True)
    for each in (outer, member):
        with refused(409, "wrong_state"):
            attachments.detach(draft.reference, each.document_id, by=anna)
