"""An original that should be on the storage and is not: our fault, said clearly, and nothing waits for it for ever."""

import logging
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from claims.models import Attachment
from claims.reports.custody import custody_of
from evidence import antivirus, blobs, delivery
from evidence.errors import FileRefused
from evidence.models import Document, Reading
from evidence.rescanning import rescan_batch
from evidence.scanning import scan_batch
from tests import make

pytestmark = pytest.mark.django_db


def lose(document):
    """The original goes, wherever it lies."""
    blobs.path(document.sha256).unlink(missing_ok=True)
    if blobs.bucket():
        blobs.bucket().remove(document.sha256)


def refused(document, by):
    with pytest.raises(FileRefused) as error:
        delivery.deliver(document, by=by, why="case")
    return error.value.status, error.value.code


@pytest.mark.parametrize("more", [None, "", "&links=no"], ids=["folder", "link", "passed on"])
def test_it_is_said_and_logged_wherever_it_is_asked_for(more, into_bucket, hand_in, anna, caplog):
    if more is not None:
        into_bucket(more)
    document = hand_in()
    lose(document)
    with caplog.at_level(logging.ERROR):
        assert refused(document, anna) == (503, "missing")
    assert str(document.pk) in caplog.text
    assert document.name not in caplog.text
    assert not Reading.objects.exists(), "nobody got it"


def test_every_door_says_so_and_the_chain_of_custody_too(hand_in, anna, mara, incident, api, page):
    claim = make.submitted(anna, incident)
    document = hand_in()
    Attachment.objects.create(claim=claim, document=document, kind="invoice")
    said = [step.what for step in custody_of(claim, document)]
    lose(document)
    answer = api(anna).get(f"/api/v1/claims/{claim.reference}/evidence/{document.pk}/content")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "missing", "60")
    theirs = page(anna).get(reverse("claim-document", args=[claim.reference, document.pk]))
    assert (theirs.status_code, "That is our fault" in theirs.content.decode()) == (503, True)
    staff = page(mara).get(reverse("admin:case-document", args=[claim.reference, document.pk]), follow=True)
    assert "That is our fault" in staff.content.decode()
    assert [step.what for step in custody_of(claim, document)] == [*said, "Not found on the storage"]
    assert (
        "Not found on the storage"
        in page(mara).get(reverse("admin:case-custody", args=[claim.reference, document.pk])).content.decode()
    )


def test_a_lost_file_that_was_never_judged_is_asked_for_again_after_a_day(hand_in):
    document, other = hand_in(judge=False), hand_in("b.txt", b"others are judged meanwhile", judge=False)
    lose(document)
    assert scan_batch() == 1
    states = dict(Document.objects.values_list("pk", "state"))
    assert states == {document.pk: "pending", other.pk: "clean"}, "it may come back"
    Document.objects.update(received_at=timezone.now() - timedelta(hours=25), leased_until=None)
    assert scan_batch() == 1
    document.refresh_from_db()
    assert (document.state, document.reason, document.scanned) == ("refused", "lost", False)
    assert scan_batch() == 0


def test_while_the_whole_storage_is_away_no_file_counts_as_lost(hand_in, monkeypatch):
    def away():
        raise OSError("no such device")

    document = hand_in(judge=False)
    lose(document)
    Document.objects.update(received_at=timezone.now() - timedelta(days=3))
    monkeypatch.setattr(blobs, "answers", away)
    assert scan_batch() == 0
    document.refresh_from_db()
    assert document.state == "pending"


def test_one_that_is_missing_keeps_no_other_from_being_scanned_again(hand_in, settings, monkeypatch):
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    monkeypatch.setattr(antivirus, "version", lambda _url: "new signatures")
    monkeypatch.setattr(antivirus, "scan", lambda path, _url: path.read_bytes() and "")
    first = hand_in()
    second = hand_in("b.txt", b"a second one")
    Document.objects.update(scanned_with="old signatures")
    lose(first)
    assert (rescan_batch(), rescan_batch()) == (1, 0)
    second.refresh_from_db()
    assert second.scanned_with == "new signatures"
