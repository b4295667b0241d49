"""Documents of a draft: taken in within limits, taken out, never through somebody else's claim."""

import pytest

from claims.actions import appeals, attachments
from claims.models import Attachment
from claims.rules.terms import Terms
from evidence import blobs
from evidence.models import Document
from evidence.uploading import StreamedUpload
from tests import make


@pytest.fixture
def upload():
    """upload(name, content) is a streamed upload, closed in the end."""
    made = []

    def go(name="invoice.pdf", content=make.PDF):
        made.append(StreamedUpload.of(name, [content]))
        return made[-1]

    yield go
    for each in made:
        each.close()


@pytest.fixture
def draft(anna, incident):
    return make.draft(anna, incident)


def test_u_44_a_file_goes_only_to_an_own_draft(draft, anna, bruno, rita, incident, upload, refused):
    with refused(404, "not_found"):
        attachments.attach(draft.reference, upload(), by=bruno)
    submitted = make.submitted(anna, incident)
    with refused(409, "wrong_state"):
        attachments.attach(submitted.reference, upload(), by=anna)
    decided = make.decided(anna, incident, rita)
    appeals.appeal(decided.reference, by=anna, grounds="You overlooked something.")
    with refused(409, "wrong_state"):
        attachments.attach(decided.reference, upload(), by=anna)
    with refused(403, "not_yours"):
        attachments.attach(submitted.reference, upload(), by=rita)


def test_u_43_the_loss_of_another_claim_is_unknown(draft, anna, bruno, incident, upload, refused):
    theirs = make.draft(bruno, incident, login="bruno@virgilio.example").items.get()
    for item_id in (theirs.pk, 10**12):
        with refused(422, "unknown_item", "item"):
            attachments.attach(draft.reference, upload(), by=anna, item_id=item_id)
    assert not Document.objects.exists()


def test_an_unknown_kind_is_refused(draft, anna, upload, refused):
    with refused(422, "unknown_kind", "kind"):
        attachments.attach(draft.reference, upload(), by=anna, kind="secret")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.pdf", b"", 422, "empty_file"),
        ("a.pdf", b"MZ" + bytes(100), 415, "type_not_allowed"),
        ("a.jpg", b"<html><script>1</script>", 415, "content_mismatch"),
    ],
)
def test_what_evidence_refuses_is_refused_with_its_own_code(draft, anna, upload, refused, name, content, status, code):
    with refused(status, code, "file"):
        attachments.attach(draft.reference, upload(name, content), by=anna)
    assert not Document.objects.exists()
    assert not (blobs.root() / "sha256").exists()


def test_a_file_too_large_is_called_so_even_where_the_room_is_short(anna, settings, upload, refused):
    settings.EVIDENCE_MAX_BYTES = 1000
    small = make.incident("small-2023", terms=Terms(most_bytes=500))
    draft = make.draft(anna, small)
    with refused(413, "too_large", "file"):
        attachments.attach(draft.reference, upload(content=b"%PDF-" + bytes(2000)), by=anna)


def test_u_06_the_forty_first_file_is_refused(anna, upload, refused):
    few = make.incident("few-2023", terms=Terms(most_files=3))
    draft = make.draft(anna, few)
    for _ in range(3):
        attachments.attach(draft.reference, upload(), by=anna)
    with refused(409, "too_many_files", "file"):
        attachments.attach(draft.reference, upload(), by=anna)
    attachments.detach(draft.reference, draft.attachments.first().document_id, by=anna)
    attachments.attach(draft.reference, upload(), by=anna)
    assert draft.attachments.count() == 3


def test_u_06_the_demo_terms_say_40_files_and_200_mb():
    assert (Terms().most_files, Terms().most_bytes) == (40, 200 * 1024 * 1024)


def test_u_06_what_is_beyond_the_room_of_a_claim_is_refused(anna, upload, refused):
    tight = make.incident("tight-2023", terms=Terms(most_bytes=2 * len(make.PDF)))
    draft = make.draft(anna, tight)
    for _ in range(2):
        attachments.attach(draft.reference, upload(), by=anna)
    with refused(409, "quota", "file"):
        attachments.attach(draft.reference, upload("a.txt", b"x"), by=anna)


def test_a_document_is_stored_pending_with_one_entry_and_no_notice(draft, anna, upload, acts, last_act, told):
    item = draft.items.get()
    attachment = attachments.attach(draft.reference, upload(), by=anna, kind="invoice", item_id=item.pk)
    document = attachment.document
    assert (attachment.kind, attachment.item, document.state, document.owner) == ("invoice", item, "pending", anna)
    assert blobs.path(document.sha256).read_bytes() == make.PDF
    draft.refresh_from_db()
    assert draft.version == 2
    assert acts(draft) == ["open", "attach"]
    assert last_act(draft).facts == {
        "document": str(document.pk),
        "sha256": document.sha256,
        "size": len(make.PDF),
        "kind": "invoice",
    }
    assert told(draft) == []


def test_an_old_entry_does_not_hold_the_name_of_a_file(draft, anna, upload, last_act):
    attachments.attach(draft.reference, upload("canary Rossi.pdf"), by=anna)
    assert "canary" not in str(last_act(draft).facts)


def test_u_27_the_same_file_twice_is_two_rows_and_one_blob(draft, anna, upload):
    for _ in range(2):
        attachments.attach(draft.reference, upload(), by=anna)
    assert (Attachment.objects.count(), Document.objects.count()) == (2, 2)
    assert sum(path.is_file() for path in (blobs.root() / "sha256").rglob("*")) == 1


def test_a_document_is_taken_out_of_a_draft_once_and_its_bytes_stay(draft, anna, bruno, upload, acts, refused):
    document = attachments.attach(draft.reference, upload(), by=anna).document
    with refused(404, "not_found"):
        attachments.detach(draft.reference, document.pk, by=bruno)
    attachments.detach(draft.reference, document.pk, by=anna)
    with refused(404, "not_found"):
        attachments.detach(draft.reference, document.pk, by=anna)
    assert acts(draft) == ["open", "attach", "detach"]
    assert blobs.path(document.sha256).exists()
    assert Document.objects.filter(pk=document.pk).exists()


def test_the_document_of_another_claim_cannot_be_taken_out_through_an_own_one(draft, anna, bruno, incident, refused):
    theirs = make.attachment(make.draft(bruno, incident, login="bruno@virgilio.example"))
    with refused(404, "not_found"):
        attachments.detach(draft.reference, theirs.document_id, by=anna)
    assert Attachment.objects.filter(pk=theirs.pk).exists()


def test_after_the_submission_no_document_is_taken_out(anna, incident, refused):
    claim = make.submitted(anna, incident)
    with refused(409, "wrong_state"):
        attachments.detach(claim.reference, claim.attachments.get().document_id, by=anna)
