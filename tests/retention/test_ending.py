"""The documents of an ended claim are deleted after their time, with proof, and not one day earlier."""

import os
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone, translation

from claims.actions import attachments, bundles, intake, legal_holds, lifecycle, retention
from claims.models import Attachment, Bundle, JournalEntry, Message
from claims.reports.inside import held_by
from claims.reports.retention import certificates_of, retention_of, span_of
from claims.rules.errors import Refused
from claims.rules.terms import KEEP_DAYS, Terms
from evidence import blobs, deleting, delivery, sweeping
from evidence.errors import FileRefused
from evidence.models import Content, DeletedFile, Deletion, Document, Fingerprint, Page
from evidence.uploading import StreamedUpload
from tests import make
from tests.referee import assert_laws_hold

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_deleted_before_its_time(withdrawn, a_year_later, bytes_of):
    claim = withdrawn()
    assert a_year_later(days=364) == 0
    assert bytes_of(claim).exists()
    assert a_year_later(days=365.01) == 1
    assert not bytes_of(claim).exists()


def test_a_claim_that_goes_on_is_never_touched(anna, incident, a_year_later, bytes_of):
    claim = make.submitted(anna, incident)
    Attachment.objects.update(heard="clean")
    assert a_year_later(days=40_000) == 0
    assert bytes_of(claim).exists()


def test_what_is_left_is_a_tombstone_that_says_so(withdrawn, a_year_later, anna):
    claim = withdrawn()
    document = claim.attachments.get().document
    blobs.write_preview(document.sha256, b"jpeg")
    Document.objects.filter(pk=document.pk).update(has_preview=True)
    page = Page.objects.create(content_id=document.sha256, number=1, text="Dear Anna")
    Fingerprint.objects.create(sha256=document.sha256, kind="text", value=1)
    a_year_later()
    document.refresh_from_db()
    assert (document.state, document.name, document.has_preview, document.size) == ("deleted", "", False, len(make.PDF))
    assert document.sha256 == sha256(make.PDF).hexdigest()
    assert blobs.left_of(document.sha256) == []
    assert not Content.objects.exists()
    assert not Page.objects.filter(pk=page.pk).exists()
    assert not Fingerprint.objects.exists()
    for hand_out in (delivery.deliver, delivery.preview):
        with pytest.raises(FileRefused) as refused:
            hand_out(document, by=anna, why="test")
        assert (refused.value.code, refused.value.status) == ("deleted", 410)
    assert_laws_hold()


def test_the_proof_names_the_hash_before_and_the_absence_after(withdrawn, a_year_later):
    claim = withdrawn()
    a_year_later()
    deletion = Deletion.objects.get()
    file = deletion.files.get()
    assert (deletion.rule, deletion.days, deletion.why) == ("withdrawn", 365, f"case {claim.reference}")
    assert (file.outcome, file.hash_before) == ("gone", file.sha256)
    assert deletion.ordered_at <= file.absent_at <= deletion.finished_at


def test_the_proof_tells_changed_and_missing_bytes_from_those_handed_in(withdrawn, a_year_later, bytes_of):
    changed, missing = withdrawn(b"one"), withdrawn(b"two")
    bytes_of(changed).write_bytes(b"something else")
    bytes_of(missing).unlink()
    a_year_later()
    hashes = dict(DeletedFile.objects.values_list("document__attachment__claim", "hash_before"))
    assert hashes == {changed.pk: sha256(b"something else").hexdigest(), missing.pk: "missing"}


def test_the_journal_of_the_claim_lists_what_was_deleted(withdrawn, a_year_later):
    claim = withdrawn()
    document = claim.attachments.get().document
    a_year_later()
    entry = JournalEntry.objects.filter(chain=f"claim:{claim.pk}").latest("sequence")
    assert (entry.action, entry.actor_kind, entry.old, entry.new) == (
        "delete evidence",
        "clock",
        "withdrawn",
        "withdrawn",
    )
    assert entry.facts["documents"] == [{"document": str(document.pk), "sha256": document.sha256}]
    assert (entry.facts["rule"], entry.facts["days"]) == ("withdrawn", 365)


def test_bytes_that_a_kept_claim_shares_stay_until_that_one_ends_too(withdrawn, a_year_later, anna, incident, bytes_of):
    claim, other = withdrawn(), make.submitted(anna, incident)
    a_year_later()
    assert DeletedFile.objects.get().outcome == "shared"
    assert bytes_of(other).read_bytes() == make.PDF
    assert Content.objects.filter(sha256=sha256(make.PDF).hexdigest()).exists()
    assert_laws_hold()
    Attachment.objects.filter(claim=other).update(heard="clean")
    intake.withdraw(other.reference, by=anna)
    a_year_later()
    assert set(DeletedFile.objects.values_list("outcome", flat=True)) == {"gone"}
    assert not bytes_of(claim).exists()
    assert_laws_hold()


def test_what_lies_inside_an_archive_goes_with_it(withdrawn, a_year_later, anna):
    claim = withdrawn()
    holder = claim.attachments.get().document
    member = make.document(anna, content=b"inside", name="secret.txt", parent=holder, inside="a/secret.txt", depth=1)
    Document.objects.filter(pk=holder.pk).update(parts=2, left_out=[{"inside": "her-name.exe", "reason": "empty_file"}])
    a_year_later()
    member.refresh_from_db()
    holder.refresh_from_db()
    assert (member.state, member.name, member.inside) == ("deleted", "", str(member.pk))
    assert holder.left_out == [{"inside": "", "reason": "empty_file"}]
    assert not blobs.path(member.sha256).exists()


def test_a_claim_waits_while_a_document_is_not_judged_or_the_verdict_was_not_heard(withdrawn, a_year_later):
    claim = withdrawn()
    claim.attachments.update(heard="")
    assert a_year_later() == 0
    claim.attachments.update(heard="clean")
    assert a_year_later() == 1


def test_what_its_claimant_had_taken_out_ends_with_the_claim_and_its_proof_is_there(withdrawn, a_year_later):
    claim = withdrawn(out=b"dropped")
    dropped = Document.objects.exclude(attachment__claim=claim).get()
    assert a_year_later(days=364) == 0
    assert blobs.path(dropped.sha256).exists()
    assert (a_year_later(), a_year_later()) == (1, 0)
    dropped.refresh_from_db()
    assert (dropped.state, dropped.name) == ("deleted", "")
    assert not blobs.path(dropped.sha256).exists()
    (certificate,) = certificates_of(claim)
    assert certificate.files.filter(document=dropped, outcome="gone").exists()
    assert_laws_hold()


def test_a_claim_of_which_only_dropped_documents_are_left_ends_too(withdrawn, a_year_later):
    claim = withdrawn(out=b"dropped")
    document = claim.attachments.get().document
    with transaction.atomic():
        deletion = deleting.order([document], rule="withdrawn", days=365, why=f"case {claim.reference}")
        facts = {"deletion": str(deletion.pk), "documents": [{"document": str(document.pk), "sha256": document.sha256}]}
        lifecycle.touch(claim, by=None, action="delete evidence", facts=facts)
    assert a_year_later() == 1
    assert not Document.objects.kept().exists()
    assert len(certificates_of(claim)) == 2
    assert retention_of(claim).deleted_at
    assert_laws_hold()


def test_a_legal_hold_keeps_what_was_taken_out_too(withdrawn, a_year_later, sara):
    claim = withdrawn(out=b"dropped")
    legal_holds.place(claim.reference, by=sara, reason="Inspection")
    assert a_year_later() == 0
    assert Document.objects.kept().count() == 2


def test_what_was_deleted_takes_no_room_in_claim_or_day(anna, incident, a_year_later, withdrawn, settings):
    claim = withdrawn()
    assert held_by(claim) == (1, len(make.PDF))
    a_year_later()
    assert held_by(claim) == (0, 0)
    settings.EVIDENCE_BYTES_A_DAY = len(make.PDF)
    draft = make.draft(anna, incident)
    attachments.attach(draft.reference, StreamedUpload.of("a.pdf", [make.PDF]), by=anna)
    assert held_by(draft) == (1, len(make.PDF))
    with pytest.raises(Refused, match="daily_quota"):
        attachments.attach(draft.reference, StreamedUpload.of("b.pdf", [b"%PDF-1.4 x"]), by=anna)


@pytest.mark.parametrize(
    ("days", "italian", "english"),
    [(3650, "10 anni", "10 years"), (365, "1 anno", "1 year"), (30, "30 giorni", "30 days"), (1, "1 giorno", "1 day")],
)
def test_whole_years_are_told_as_years(days, italian, english):
    for language, expected in (("it", italian), ("en", english)):
        with translation.override(language):
            assert span_of(days).replace("\xa0", " ") == expected


def test_the_work_of_a_killed_binder_is_swept_but_not_that_of_a_living_one(withdrawn, rita, a_year_later):
    claim = withdrawn()
    later = timezone.now() + timedelta(minutes=5)
    living = Bundle.objects.create(
        claim=claim, requested_by=rita, digest="1", state="running", tries=1, leased_until=later
    )
    dead = Bundle.objects.create(claim=claim, requested_by=rita, digest="2", state="failed", tries=3)
    parts = bundles.path_of(living).parent / "incoming"
    names = [f"{living.pk}-1", f"{living.pk}-0", f"{dead.pk}-3"]
    for name in [*names, f"{dead.pk}-2"]:
        (parts / name).mkdir(parents=True)
        (parts / name / "1-1.jpg").write_bytes(b"a page")
        if name in names:
            os.utime(parts / name, (0, 0))
    assert bundles.sweep() == 2
    assert {path.name for path in parts.iterdir()} == {f"{living.pk}-1", f"{dead.pk}-2"}


def test_a_second_turn_finds_nothing_to_do(withdrawn, a_year_later):
    withdrawn()
    assert [a_year_later(), a_year_later()] == [1, 0]
    assert Deletion.objects.count() == 1


def test_a_storage_that_does_not_let_go_is_asked_again(withdrawn, a_year_later, bytes_of, monkeypatch):
    claim = withdrawn()
    with monkeypatch.context() as patched:
        patched.setattr(blobs, "delete", lambda _sha256: None)
        retention.end_retention(now=far())
        assert deleting.delete_batch() == 0
    file = DeletedFile.objects.get()
    assert (file.outcome, file.tries) == ("waiting", 1)
    assert "still there" in file.last_error
    assert deleting.delete_batch() == 1
    assert not bytes_of(claim).exists()


def far():
    return timezone.now() + timedelta(days=366)


def test_bytes_handed_in_again_before_they_went_are_kept(withdrawn, anna, bytes_of):
    withdrawn()
    retention.end_retention(now=far())
    again = make.document(anna)
    deleting.delete_batch()
    assert DeletedFile.objects.get().outcome == "shared"
    assert blobs.path(again.sha256).exists()


def test_the_sweeper_leaves_what_still_has_to_be_deleted_with_proof(withdrawn, bytes_of):
    claim = withdrawn()
    retention.end_retention(now=far())
    sweeping.sweep(now=bytes_of(claim).stat().st_mtime + 3 * sweeping.GRACE)
    assert bytes_of(claim).exists()
    deleting.delete_batch()
    assert DeletedFile.objects.get().hash_before == DeletedFile.objects.get().sha256


def test_a_tombstone_stays_one_and_a_proof_stays_as_it_is(withdrawn, a_year_later):
    withdrawn()
    a_year_later()
    for change in (
        lambda: Document.objects.update(name="found.pdf"),
        lambda: Document.objects.update(state="clean", deleted_at=None),
        lambda: DeletedFile.objects.update(hash_before="0" * 64),
        lambda: Deletion.objects.update(days=1),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_terms_say_how_long_by_how_the_claim_ended():
    assert Terms.from_json({}).keep_days == KEEP_DAYS
    assert Terms.from_json({"keep_days": {"withdrawn": 10}}).keep_days == KEEP_DAYS | {"withdrawn": 10}
    for wrong in ({"lost": 10}, {"closed": -1}, {"closed": "ten"}, {"closed": 10**9}, {"closed": True}, [1]):
        with pytest.raises(Refused, match="terms"):
            Terms.from_json({"keep_days": wrong})


def test_a_claim_says_until_when_its_documents_are_kept(withdrawn, anna, incident):
    open_one = make.submitted(anna, incident)
    assert (retention_of(open_one).until, retention_of(open_one).days) == (None, 3650)
    claim = withdrawn()
    kept = retention_of(claim)
    ended = JournalEntry.objects.get(chain=f"claim:{claim.pk}", action="withdraw").at
    assert (kept.ending, kept.ended_at, (kept.until - ended).days) == ("withdrawn", ended, 365)


def test_pages_as_pictures_go_too_and_are_proven_absent(withdrawn, a_year_later, bytes_of):
    claim = withdrawn()
    sha256 = bytes_of(claim).name
    blobs.write(blobs.leaf_path(sha256, 1), b"jpeg")
    assert len(blobs.left_of(sha256)) == 2
    a_year_later()
    assert blobs.left_of(sha256) == []


def test_the_bundle_of_a_deleted_case_goes_even_if_a_crash_kept_its_file(withdrawn, a_year_later, mara):
    claim = withdrawn()
    bundle = Bundle.objects.create(claim=claim, requested_by=mara, digest="0" * 64)
    kept = Bundle.objects.create(claim=withdrawn(b"kept"), requested_by=mara, digest="0" * 64)
    Attachment.objects.filter(claim=kept.claim).update(heard="")
    for each in bundle, kept:
        bundles.path_of(each).parent.mkdir(parents=True, exist_ok=True)
        bundles.path_of(each).write_bytes(b"%PDF")
    Bundle.objects.filter(pk=bundle.pk).delete()
    a_year_later()
    assert not bundles.path_of(bundle).exists()
    assert bundles.path_of(kept).exists()


def test_amounts_decisions_and_messages_stay(withdrawn, a_year_later):
    claim = withdrawn()
    before = (claim.items.count(), claim.claimed, Message.objects.count())
    a_year_later()
    claim.refresh_from_db()
    assert (claim.items.count(), claim.claimed, Message.objects.count()) == before
