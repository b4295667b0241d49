"""The reading room: pages beside the decision, remarks, read marks, proofs, and the chain of custody."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.actions import reading_room
from claims.models import Pin, Proof
from claims.rules.errors import Refused
from evidence import blobs, deleting, leaves, withdrawing
from evidence.models import Document, Reading, Scan
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita)


@pytest.fixture
def document(claim):
    return claim.attachments.get().document


def case(claim, document=None, **more):
    query = {"tab": "evidence", **({"document": document.pk} if document else {}), **more}
    return f"/admin/cases/{claim.reference}/", query


def rendered():
    while leaves.render_batch():
        pass


def mark(client, claim, document, **values):
    return client.post(f"/admin/cases/{claim.reference}/documents/{document.pk}/mark/", values)


def test_a_remark_outside_the_page_is_cut_off_and_nonsense_is_refused(claim, document, rita):
    pin = reading_room.pin(claim.reference, document.pk, by=rita, text="Here", place=(0.9, -3, 0.5, 7))
    assert (pin.x, pin.y, pin.h) == (0.9, 0, 1)
    assert pin.w == pytest.approx(0.1)
    for wrong in ({"place": (float("nan"), 0, 0, 0)}, {"page": 0}, {"text": " "}, {"text": "\0"}):
        with pytest.raises(Refused):
            reading_room.pin(claim.reference, document.pk, by=rita, **{"text": "x", **wrong})
    assert Pin.objects.count() == 1


def test_only_staff_who_know_the_case_work_in_the_room(claim, document, anna, bruno, olga):
    for person, status in ((anna, 403), (bruno, 404), (olga, 404)):
        for act in (
            lambda who: reading_room.pin(claim.reference, document.pk, by=who, text="x"),
            lambda who: reading_room.mark_read(claim.reference, document.pk, by=who),
            lambda who: reading_room.prove(claim.reference, document.pk, by=who, items=[]),
            lambda who: reading_room.recompute(claim.reference, document.pk, by=who),
        ):
            with pytest.raises(Refused) as refused:
                act(person)
            assert refused.value.status == status


def test_a_document_proves_only_losses_of_its_claim(claim, document, rita, bruno, incident):
    other = make.submitted(bruno, incident, login="bruno@virgilio.example")
    with pytest.raises(Refused) as refused:
        reading_room.prove(claim.reference, document.pk, by=rita, items=[other.items.get().pk])
    assert refused.value.code == "unknown_item"
    item = claim.items.get()
    reading_room.prove(claim.reference, document.pk, by=rita, items=[item.pk])
    assert Proof.objects.get().item == item
    assert claim.attachments.get().item is None  # what the claimant said stays
    reading_room.prove(claim.reference, document.pk, by=rita, items=[])
    assert not Proof.objects.exists()


def test_pages_are_shown_beside_the_decision_and_each_look_is_written_down(claim, document, page, rita):
    client = page(rita)
    assert "The pages are being made" in client.get(*case(claim, document)).content.decode()
    rendered()
    shown = client.get(*case(claim, document, page="1", zoom="2", turn="90")).content.decode()
    assert "s-zoom-2 s-turn-90" in shown
    assert 'name="awarded-' in shown  # the decision form is beside it
    answer = client.get(f"/admin/cases/{claim.reference}/documents/{document.pk}/page/", {"n": 1})
    assert answer["Content-Type"] == "image/jpeg"
    assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"
    assert Reading.objects.get(reader=rita).why == f"case {claim.reference}, page 1"
    assert client.get(f"/admin/cases/{claim.reference}/documents/{document.pk}/page/", {"n": 2}).status_code == 404


def test_remarks_read_marks_and_proofs_by_plain_forms(claim, document, page, rita):
    client = page(rita)
    assert "You have not marked 1 document as read" in client.get(*case(claim)).content.decode()
    mark(client, claim, document, act="pin", page="1", text="<b>Look</b>", x="0.1", y="0.2", w="0.3", h="0.1")
    mark(client, claim, document, act="read", page="1")
    mark(client, claim, document, act="prove", page="1", items=[claim.items.get().pk])
    rendered()
    shown = client.get(*case(claim, document)).content.decode()
    assert "&lt;b&gt;Look&lt;/b&gt;" in shown
    assert "1 of 1 read" in shown
    assert "You have not marked" not in shown
    pin = Pin.objects.get()
    assert (pin.x, pin.w, pin.by) == (0.1, 0.3, rita)
    mark(client, claim, document, act="resolve", page="1", pin=pin.pk)
    assert Pin.objects.get().resolved_by == rita


def test_what_somebody_else_read_is_still_unread_for_me(claim, document, page, rita, sara):
    reading_room.mark_read(claim.reference, document.pk, by=sara)
    assert "You have not marked 1 document as read" in page(rita).get(*case(claim)).content.decode()


def test_custody_tells_from_receipt_to_the_last_look(claim, document, page, rita):
    reading_room.mark_read(claim.reference, document.pk, by=rita)
    rita.language = "en"
    rita.save()
    client = page(rita)
    answer = client.get(f"/admin/cases/{claim.reference}/documents/{document.pk}/content/")
    assert b"".join(answer.streaming_content) == make.PDF
    address = f"/admin/cases/{claim.reference}/documents/{document.pk}/custody/"
    client.post(address)
    shown = client.get(address).content.decode()
    for expected in (document.sha256, "Received", "Marked as read", "Downloaded", "it is the same"):
        assert expected in shown
    blobs.path(document.sha256).write_bytes(b"other bytes")
    assert "is missing or was changed" in client.post(address, follow=True).content.decode()


def test_custody_says_in_words_why_somebody_had_it(claim, document, page, rita, anna):
    whys = {
        f"case {claim.reference}, page 2": "in the case, page 2",
        f"archive of {claim.reference}": "in the archive of the case",
        f"bundle of {claim.reference}": "in the bundle of the case",
        f"API, claim {claim.reference}": "by a program, through the API",
        "followed by its claimant": "by the claimant&#x27;s side",
        "something new": "something new",
    }
    for why in whys:
        Reading.objects.create(document=document, reader=anna, how="preview", why=why)
    shown = page(rita).get(f"/admin/cases/{claim.reference}/documents/{document.pk}/custody/").content.decode()
    for why, words in whys.items():
        assert f"<bdi>{words}</bdi>" in shown
        assert why not in shown or why == words


def test_custody_shows_every_scan_and_what_became_of_it(claim, document, page, rita):
    old, new = "ClamAV 1.4.3/1/Tue Jan 24", "ClamAV 1.4.3/2/Wed Jan 25"
    for version in (old, new):
        Document.objects.filter(pk=document.pk).update(scanned=True, scanned_with=version)
    Document.objects.filter(pk=document.pk).update(leased_until=None)  # nobody looked
    withdrawing.withdraw(document.sha256)
    with pytest.raises(DatabaseError), transaction.atomic():
        Scan.objects.update(verdict="clean")
    document.refresh_from_db()
    with transaction.atomic():
        deletion = deleting.order([document], rule="closed", days=3650, why=f"case {claim.reference}")
    client = page(rita)
    shown = client.get(f"/admin/cases/{claim.reference}/documents/{document.pk}/custody/").content.decode()
    assert [shown.count(each) for each in (old, new, "malware")] == [1, 1, 1]
    assert "Deleted: the time to keep it was over" in shown
    assert "Deleted document" in shown
    assert "Compute the hash" not in shown
    assert f"/documents/{document.pk}/custody/" in client.get(*case(claim)).content.decode()
    assert deletion.ordered_at
    for version in (old, new):
        assert Scan.objects.filter(document=document, verdict="clean", scanned_with=version).count() == 1


def test_queries_do_not_grow_with_the_documents(claim, document, page, rita):
    client = page(rita)
    for number in range(2):
        make.attachment(claim, content=make.PDF + b"%%%d" % number)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(*case(claim, document)).status_code == 200
        return len(queries)

    count()
    few = count()
    for number in range(30):
        made = make.attachment(claim, content=make.PDF + b"%%more %d" % number)
        reading_room.mark_read(claim.reference, made.document_id, by=rita)
        reading_room.pin(claim.reference, document.pk, by=rita, text="more")
    assert count() <= few
