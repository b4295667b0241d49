"""The scanner learns of new viruses: files of the last 30 days are looked at again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from evidence import delivery, rescanning
from evidence.errors import FileRefused
from evidence.models import Document, Reading
from evidence.rescanning import rescan_batch
from evidence.scanning import scan_batch
from tests.evidence import files

NEXT = "ClamAV 1.4.3/2/Tue Jan 24 10:00:00 2023"


def again(document):
    return Document.objects.get(pk=document.pk)


@pytest.fixture
def learns(scanner):
    """learns(text): the next signatures find this."""

    def go(text):
        scanner.version = NEXT
        scanner.signatures = [*scanner.signatures, text]

    return go


def test_u_30_a_clean_file_becomes_refused_when_the_scanner_knows_its_virus(judged, learns, rita):
    document = judged("a.txt", b"a new virus")
    assert (document.state, document.scanned_with[:15]) == ("clean", "ClamAV 1.4.3/1/")
    assert rescan_batch() == 0
    learns(b"new virus")
    assert rescan_batch() == 1
    document = again(document)
    assert (document.state, document.reason, document.withdrawn_at is not None) == ("refused", "malware", True)
    with pytest.raises(FileRefused, match="refused_file"):
        delivery.deliver(document, by=rita, why="case")
    assert not Reading.objects.exists()


def test_u_30_what_is_still_clean_is_marked_and_not_scanned_a_second_time(judged, learns, scanner):
    document = judged("a.txt", b"harmless")
    learns(b"new virus")
    scanner.seen.clear()
    assert (rescan_batch(), rescan_batch()) == (1, 0)
    assert (again(document).scanned_with, again(document).leased_until, len(scanner.seen)) == (NEXT, None, 1)


def test_u_30_a_file_of_more_than_30_days_is_left_alone(judged, learns):
    document = judged("a.txt", b"a new virus")
    learns(b"new virus")
    assert rescan_batch(now=timezone.now() + timedelta(days=31)) == 0
    assert again(document).state == "clean"


def test_what_was_taken_before_there_was_a_scanner_is_scanned_once_there_is(judged, settings, scanner):
    url, settings.CLAMD_URL = settings.CLAMD_URL, ""
    document = judged("a.txt", b"hello")
    assert not document.scanned
    settings.CLAMD_URL = url
    assert rescan_batch() == 1
    assert again(document).scanned
    assert again(document).texts == []


@pytest.mark.parametrize("behaviour", ["closes at once", "closes", "talks nonsense", "says half", "reports an error"])
def test_u_29_a_scanner_that_fails_withdraws_nothing_and_marks_nothing(judged, learns, scanner, behaviour):
    document = judged("a.txt", b"a new virus")
    learns(b"new virus")
    scanner.behaviour = behaviour
    assert rescan_batch() == 0
    assert again(document).state == "clean"
    scanner.behaviour = "works"
    assert rescan_batch(now=timezone.now() + rescanning.LEASE * 2) == 1
    assert again(document).state == "refused"


def test_a_version_that_is_none_is_no_answer(judged, scanner):
    document = judged("a.txt", b"hello")
    scanner.version = "HTTP/1.1 200 OK"
    assert rescan_batch() == 0
    assert again(document).state == "clean"


def test_equal_bytes_of_others_are_withdrawn_with_it(judged, learns, bruno):
    first, second = judged("a.txt", b"a new virus"), judged("b.txt", b"a new virus", by=bruno)
    learns(b"new virus")
    while rescan_batch():
        pass
    assert {again(first).state, again(second).state} == {"refused"}


def test_without_a_scanner_nothing_is_done(judged, settings):
    judged("a.txt", b"hello")
    settings.CLAMD_URL = ""
    assert rescan_batch() == 0


def test_an_archive_with_something_refused_inside_is_not_handed_out_whole(judged, rita):
    document = judged("a.zip", files.archive({"good.txt": b"good", "setup.exe": files.EXE}))
    with pytest.raises(FileRefused, match="refused_inside"):
        delivery.deliver(document, by=rita, why="case")
    while scan_batch():
        pass
    whole = judged("b.zip", files.archive({"good.txt": b"good"}))
    delivery.require_whole(whole)
