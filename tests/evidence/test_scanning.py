"""From pending to a verdict: with and without a scanner, and with one that misbehaves."""

from datetime import timedelta
from tempfile import TemporaryDirectory

import pytest
from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone

from evidence import antivirus, blobs, scanning
from evidence.bench import Bench, Warm
from evidence.errors import ScannerUnavailable
from evidence.models import Document
from evidence.reasons import NOT_SCANNED
from evidence.scanning import LEASE, MAX_FAILURES, lease, scan_batch
from tests.evidence import clamd, files

IN_PDF = b"%PDF-1.4\n" + files.EICAR
NEEDLE = b"EICAR-STANDARD"


def again(document):
    """The pause after a failed try is over."""
    Document.objects.update(leased_until=None)
    return Document.objects.get(pk=document.pk)


def test_without_a_scanner_a_file_is_judged_by_its_content_and_says_so(judged):
    document = judged("a.pdf", files.pdf())
    assert (document.state, document.scanned, document.reason) == ("clean", False, "")
    assert document.texts == [NOT_SCANNED]
    assert (document.judged_at is not None, document.leased_until) == (True, None)


def test_with_a_scanner_the_whole_file_goes_over_and_the_document_is_scanned(judged, scanner):
    content = files.picture("PNG", (900, 700))
    document = judged("a.png", content)
    assert (document.state, document.scanned, document.texts) == ("clean", True, [])
    assert scanner.seen == [content]


def test_u_19_the_preview_is_stored_without_the_place(judged):
    document = judged("photo.jpg", files.photo_with_place())
    assert (document.state, document.has_preview) == ("clean", True)
    assert b"Exif" not in blobs.preview_path(document.sha256).read_bytes()
    assert b"Exif" in blobs.path(document.sha256).read_bytes()


@pytest.mark.parametrize("name", ["notes.txt", "mail.eml"])
def test_u_28_a_virus_is_refused_by_the_content_rules_alone(judged, name):
    content = files.EICAR if name == "notes.txt" else b"Subject: x\r\n\r\n" + files.EICAR
    document = judged(name, content)
    expected = ("refused", "malware", False) if name == "notes.txt" else ("clean", "", False)
    assert (document.state, document.reason, document.scanned) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mail.eml", b"Subject: x\r\n\r\n" + files.EICAR),
        ("notes.txt", b"x" + files.EICAR),
        ("inside.zip", files.archive({"a.txt": files.EICAR}, compression=0)),
    ],
)
def test_u_28_a_virus_anywhere_in_a_file_is_found_by_the_scanner(judged, scanner, name, content):
    document = judged(name, content)
    assert (document.state, document.reason, document.scanned) == ("refused", "malware", True)
    assert not document.has_preview


def test_u_28_a_virus_attached_to_a_pdf_is_found_by_the_scanner(judged, scanner):
    """The scanner here does not unpack; the real one does. What counts is that its word is final."""
    scanner.behaviour = "meets its limits"
    document = judged("a.pdf", files.pdf_with_attachment(content=files.EICAR))
    assert (document.state, document.reason) == ("refused", "too_complex")


def test_what_the_content_rules_refuse_is_not_sent_to_the_scanner(judged, scanner):
    document = judged("a.pdf", files.pdf_that_acts("Launch"))
    assert (document.state, document.reason, document.scanned) == ("refused", "active_content", False)
    assert scanner.seen == []


MISBEHAVIOURS = ["closes at once", "closes", "talks nonsense", "says half", "reports an error"]


@pytest.mark.parametrize("behaviour", MISBEHAVIOURS)
def test_u_29_a_scanner_that_gives_no_verdict_leaves_the_document_pending(hand_in, scanner, behaviour):
    scanner.behaviour = behaviour
    document = hand_in("a.txt", b"hello")
    for tries in range(1, 4):
        assert scan_batch() == 0
        document = again(document)
        assert (document.state, document.tries, document.scanned) == ("pending", tries, False)
    scanner.behaviour = "works"
    assert scan_batch() == 1
    assert again(document).state == "clean"


def test_u_29_a_slow_scanner_is_given_up(hand_in, scanner, monkeypatch):
    monkeypatch.setattr(antivirus, "PATIENCE", 0.3)
    scanner.behaviour = "is slow"
    document = hand_in("a.txt", b"hello")
    assert scan_batch() == 0
    assert again(document).state == "pending"


def test_u_29_a_scanner_that_is_down_leaves_the_document_pending_however_often(hand_in, settings, tmp_path):
    document = hand_in("a.txt", b"hello")
    for url in ("tcp://127.0.0.1:1", f"unix://{tmp_path}/nothing.sock"):
        settings.CLAMD_URL = url
        for _ in range(MAX_FAILURES + 1):
            assert scan_batch() == 0
            document = again(document)
            assert (document.state, document.reason) == ("pending", "")


def test_u_29_after_15_minutes_somebody_is_called(hand_in):
    document = hand_in("a.txt", b"hello")
    assert not Document.objects.stuck(timezone.now()).exists()
    assert list(Document.objects.stuck(timezone.now() + timedelta(minutes=16))) == [document]


def test_u_31_padding_does_not_hide_a_virus(judged, scanner):
    document = judged("a.txt", b"x" * 19_000_000 + files.EICAR)
    assert (document.state, document.reason) == ("refused", "malware")
    assert NEEDLE in scanner.seen[0][-100:]


def test_u_31_what_the_scanner_could_not_read_is_not_clean(judged, scanner):
    scanner.behaviour = "meets its limits"
    document = judged("a.txt", b"hello")
    assert (document.state, document.reason, document.scanned) == ("refused", "too_complex", True)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("stream: OK", ""),
        ("stream: Win.Test FOUND", "malware"),
        ("stream: Heuristics.Limits.Exceeded FOUND", "too_complex"),
    ],
)
def test_a_verdict_is_read_to_the_letter(reply, found):
    assert antivirus.verdict(reply) == found


@pytest.mark.parametrize(
    "reply", ["", "OK", "stream: OK ", "stream: ok", "stream: ERROR", "x FOUND", "stream: OK\nstream: OK"]
)
def test_anything_else_is_no_verdict(reply):
    with pytest.raises(ScannerUnavailable):
        antivirus.verdict(reply)


def test_a_socket_of_the_file_system_works_too(tmp_path):
    (tmp_path / "a").write_bytes(b"hello")
    # The name of a socket has at most 107 characters: too few for the folder of this test.
    with TemporaryDirectory(dir="/tmp") as short, clamd.running(unix=f"{short}/clamd.sock") as server:
        assert antivirus.scan(tmp_path / "a", server.url) == ""
        assert server.seen == [b"hello"]


# --- batches and leases


def test_a_batch_takes_the_least_tried_first_and_only_so_many(hand_in):
    made = [hand_in("a.txt", f"text {number}".encode()) for number in range(4)]
    Document.objects.filter(pk=made[0].pk).update(tries=2)
    assert [document.pk for document in lease(timezone.now(), 3)] == [each.pk for each in made[1:]]


def test_what_is_leased_is_left_alone_until_the_lease_ends(hand_in):
    hand_in("a.txt", b"hello")
    now = timezone.now()
    assert len(lease(now, 5)) == 1
    assert lease(now + LEASE - timedelta(seconds=1), 5) == []
    assert len(lease(now + LEASE + timedelta(seconds=1), 5)) == 1


def test_a_worker_that_slept_through_its_lease_does_not_overwrite_the_verdict_of_another(hand_in, scanner):
    document = hand_in("a.txt", b"hello")
    [slept] = lease(timezone.now() - LEASE - timedelta(seconds=1), 5)
    scanner.behaviour = "meets its limits"
    assert scan_batch() == 1
    scanner.behaviour = "works"
    verdicts = []
    with scanning.warm as bench:
        assert scanning.judge(slept, bench, verdicts) == 0
    assert scanning.write(verdicts) == 0
    document.refresh_from_db()
    assert (document.state, document.reason) == ("refused", "too_complex")


def test_verdicts_of_a_batch_are_written_together(hand_in, django_assert_max_num_queries):
    for number in range(12):
        hand_in("a.txt", f"text {number}".encode())
    hand_in("a.pdf", files.pdf())
    hand_in("a.jpg", b"\xff\xd8\xff no picture")
    with django_assert_max_num_queries(2 + 2 + 3 * 6):
        assert scan_batch() == 14
    assert Document.objects.clean().count() == 13
    assert Document.objects.refused().get().reason == "broken_picture"
    assert not Document.objects.filter(judged_at=None).exists()


def test_two_workers_that_wait_for_each_other_write_one_by_one(hand_in, monkeypatch):
    """Equal bytes handed in twice are one content: two batches may meet them in different order."""
    made = [hand_in("a.txt", f"text {number}".encode()) for number in range(3)]
    whole, tried = scanning.lazily, []

    def deadlock():
        tried.append(1)
        if len(tried) == 1:
            raise OperationalError("deadlock detected")
        whole()

    monkeypatch.setattr(scanning, "lazily", deadlock)
    assert scan_batch() == 3
    assert len(tried) == 4
    assert {again(document).state for document in made} == {"clean"}


def test_a_document_that_ends_the_worker_does_not_cost_the_verdict_of_those_before(hand_in, monkeypatch):
    before, bad = hand_in("a.txt", b"one"), hand_in("b.txt", b"two")
    examine = scanning.examine

    def examined(document, bench, spool):
        if document.pk == bad.pk:
            raise RuntimeError("something nobody thought of")
        return examine(document, bench, spool)

    monkeypatch.setattr(scanning, "examine", examined)
    with pytest.raises(RuntimeError):
        scan_batch()
    assert (again(before).state, again(bad).state) == ("clean", "pending")


def test_nothing_to_do_costs_no_bench(db, monkeypatch):
    monkeypatch.setattr(scanning, "warm", None)
    assert scan_batch() == 0


def test_a_missing_original_is_our_fault_and_never_the_verdict_on_the_document(hand_in):
    document = hand_in("a.txt", b"hello")
    blobs.path(document.sha256).unlink()
    for _ in range(MAX_FAILURES + 2):
        assert scan_batch() == 0
        document = again(document)
    assert document.state == "pending"


class Failing(Bench):
    """Cannot judge one media type; sound or not."""

    sound = True

    def judge(self, path, media_type, spool=None, group=""):
        if media_type == "text/csv" or not self.sound:
            raise ScannerUnavailable("the bench failed")
        return super().judge(path, media_type, spool, group)


@pytest.fixture
def failing(monkeypatch):
    made = Warm(Failing)
    monkeypatch.setattr(scanning, "warm", made)
    yield
    made.cool()


def test_a_file_the_bench_fails_on_again_and_again_is_too_complex(hand_in, failing):
    document = hand_in("a.csv", b"a;b\n")
    for _ in range(MAX_FAILURES - 1):
        assert scan_batch() == 0
        document = again(document)
        assert document.state == "pending"
    assert scan_batch() == 1
    assert again(document).reason == "too_complex"


def test_a_bench_that_is_broken_itself_condemns_nobody(hand_in, failing, monkeypatch):
    monkeypatch.setattr(Failing, "sound", False)
    document = hand_in("a.csv", b"a;b\n")
    for _ in range(MAX_FAILURES + 2):
        assert scan_batch() == 0
        document = again(document)
    assert document.state == "pending"


def test_a_full_disk_leaves_the_document_pending(hand_in, monkeypatch):
    monkeypatch.setattr(blobs, "write_preview", full)
    document = hand_in("a.pdf", files.pdf())
    assert scan_batch() == 0
    assert again(document).state == "pending"


def full(*_args):
    raise OSError(28, "No space left on device")


# --- what the table refuses


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"size": 1},
        {"media_type": "text/html"},
        {"state": "pending"},
        {"state": "refused"},
        {"reason": "malware"},
        {"judged_at": None},
    ],
)
def test_what_was_handed_in_and_judged_is_not_rewritten(judged, change):
    document = judged("a.txt", b"hello")
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(**change)


def test_a_refused_document_never_becomes_clean(judged):
    document = judged("a.txt", files.EICAR)
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(state="clean", reason="")
