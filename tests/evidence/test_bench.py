"""The content rules on their bench: what is refused, what is accepted with a warning, and what no file may cost."""

import io
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from evidence.bench import Bench
from evidence.errors import ScannerUnavailable
from evidence.sniffing import CSV, EML, HEIC, JPEG, MSG, PDF, PNG, TIFF, TXT, WEBP, ZIP
from tests.evidence import files
from tests.servers import ROOT

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def bench():
    with Bench() as running:
        yield running


@pytest.fixture
def judge(bench, tmp_path):
    """judge(content, media_type) is the Verdict, had within the 10 s of CPU and a little more."""

    def go(content, media_type=PDF):
        path = tmp_path / "file"
        path.write_bytes(content)
        started = time.monotonic()
        verdict = bench.judge(path, media_type)
        assert time.monotonic() - started < 20
        return verdict

    return go


def preview_of(verdict):
    return Image.open(io.BytesIO(verdict.preview))


# --- pictures


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (files.png_bomb(), PNG),
        (files.png_bomb(2**31 - 1, 2**31 - 1), PNG),
        (files.png_bomb(10_000, 5_001), PNG),
        (files.tiff_bomb(), TIFF),
    ],
    ids=["png", "png of the largest numbers", "png a row too many", "tiff"],
)
def test_u_16_a_picture_that_promises_too_many_pixels_is_refused_undecoded(judge, content, media_type):
    assert judge(content, media_type).reason == "too_many_pixels"


def test_u_16_fifty_million_pixels_are_still_a_picture(judge):
    out = io.BytesIO()
    Image.new("1", (10_000, 5_000)).save(out, "PNG")
    verdict = judge(out.getvalue(), PNG)
    assert (verdict.reason, preview_of(verdict).size) == ("", (1200, 600))


def test_u_16_a_tiff_of_too_many_frames_is_refused(judge):
    out = io.BytesIO()
    frame = Image.new("1", (1, 1))
    frame.save(out, "TIFF", save_all=True, append_images=[frame] * 501)
    assert judge(out.getvalue(), TIFF).reason == "too_many_pixels"


def test_u_16_a_large_page_behind_a_small_one_is_found(judge):
    out = io.BytesIO()
    Image.new("1", (10, 10)).save(out, "TIFF", save_all=True, append_images=[Image.new("1", (10_000, 5_001))])
    assert judge(out.getvalue(), TIFF).reason == "too_many_pixels"


# In a process of its own: what a child takes is counted from what its parent had.
MEASURE = """
import resource, sys
from evidence.bench import Bench
with Bench() as bench:
    print(bench.judge(sys.argv[1], "image/png").reason)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_u_17_a_text_of_300_mb_in_a_small_png_is_refused_unread(tmp_path):
    (tmp_path / "bomb.png").write_bytes(files.png_text_bomb())
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "bomb.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    reason, kilobytes = done.stdout.split()
    assert reason == "broken_picture"
    assert int(kilobytes) < 300 * 1024


def test_u_18_a_truncated_jpeg_is_accepted_as_incomplete_with_what_there_is(judge):
    whole = files.picture(size=(640, 480))
    verdict = judge(whole[: len(whole) * 2 // 3], JPEG)
    assert (verdict.reason, verdict.warnings) == ("", ("incomplete_picture",))
    assert preview_of(verdict).size == (640, 480)


def test_u_18_a_header_without_a_picture_is_broken(judge):
    assert judge(files.picture()[:30], JPEG).reason == "broken_picture"
    assert judge(b"\x89PNG\r\n\x1a\n" + bytes(50), PNG).reason == "broken_picture"


def test_u_19_a_preview_is_upright_and_knows_no_place(judge):
    photo = files.photo_with_place()
    assert Image.open(io.BytesIO(photo)).getexif().get_ifd(files.GPS_TAG)
    verdict = judge(photo, JPEG)
    shown = preview_of(verdict)
    assert (verdict.reason, shown.size) == ("", (400, 800))
    assert not shown.getexif()
    assert b"canary" not in verdict.preview.lower()
    assert b"Exif" not in verdict.preview


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (files.picture(), JPEG),
        (files.picture("PNG"), PNG),
        (files.picture("PNG", mode="RGBA"), PNG),
        (files.picture("PNG", mode="P"), PNG),
        (files.picture("PNG", mode="LA"), PNG),
        (files.picture("JPEG", mode="CMYK"), JPEG),
        (files.picture("WEBP"), WEBP),
        (files.picture("TIFF"), TIFF),
        (files.picture("TIFF", mode="1"), TIFF),
    ],
)
def test_every_kind_of_picture_has_a_jpeg_preview(judge, content, media_type):
    verdict = judge(content, media_type)
    assert (verdict.reason, verdict.warnings) == ("", ())
    assert (preview_of(verdict).format, preview_of(verdict).size) == ("JPEG", (640, 480))


def test_u_40_a_photograph_of_a_phone_has_a_jpeg_preview(judge):
    verdict = judge(files.heic(), HEIC)
    assert (verdict.reason, preview_of(verdict).format, preview_of(verdict).size) == ("", "JPEG", (320, 240))


# --- two things at once

POLYGLOTS = {
    "a picture that is an archive": (files.picture() + files.archive({"a.txt": b"x"}), JPEG),
    "a picture that is a page": (files.picture() + b"<html><script>alert(1)</script>", JPEG),
    "a picture that is a PDF": (files.picture("PNG") + files.pdf(), PNG),
    "a picture that is a program": (files.picture() + files.EXE, JPEG),
    "a PDF that is a program": (files.EXE[:200] + files.pdf(), PDF),
    "a PDF after a page": (b"<html><script>alert(1)</script>" + files.pdf(), PDF),
    "a PDF before a page": (files.pdf() + b"\n<html><script>alert(1)</script>", PDF),
    "a PDF that is an archive": (files.pdf() + files.archive({"a.txt": b"x"}), PDF),
    "a PDF before a program": (files.pdf() + files.EXE, PDF),
}


@pytest.mark.parametrize("what", POLYGLOTS)
def test_u_20_what_is_two_things_at_once_is_refused(judge, what):
    assert judge(*POLYGLOTS[what]).reason == "mixed_content"


# --- PDF


def test_a_plain_pdf_is_clean_and_shows_its_first_page(judge):
    verdict = judge(files.pdf())
    assert (verdict.reason, verdict.warnings) == ("", ())
    red, green, blue = preview_of(verdict).convert("RGB").getpixel((400, 400))
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


def test_u_21_a_password_is_told(judge):
    verdict = judge(files.pdf_with_password())
    assert (verdict.reason, verdict.warnings, verdict.preview) == ("", ("unreadable_password",), b"")


@pytest.mark.parametrize("where", ["open", "link", "chain"])
def test_u_22_a_pdf_that_starts_a_program_is_refused(judge, where):
    assert judge(files.pdf_that_acts("Launch", where=where, F="cmd.exe")).reason == "active_content"


@pytest.mark.parametrize("kind", ["JavaScript", "SubmitForm", "ImportData", "Rendition"])
@pytest.mark.parametrize("where", ["open", "link", "chain"])
def test_u_22_a_pdf_with_scripts_is_accepted_with_a_warning(judge, kind, where):
    verdict = judge(files.pdf_that_acts(kind, where=where, JS="app.alert(1)"))
    assert (verdict.reason, verdict.warnings) == ("", ("active_content",))
    assert preview_of(verdict).format == "JPEG"


def test_u_22_going_to_a_page_when_opened_is_innocent(judge):
    assert judge(files.pdf_that_acts("GoTo")).warnings == ()


def test_u_23_a_file_inside_a_pdf_is_told(judge):
    verdict = judge(files.pdf_with_attachment())
    assert (verdict.reason, verdict.warnings) == ("", ("embedded_files",))


def circle_of_outlines(document):
    first = document.make_indirect(pikepdf.Dictionary(Title="a"))
    second = document.make_indirect(pikepdf.Dictionary(Title="b", Next=first))
    first.Next = second
    document.Root.Outlines = document.make_indirect(pikepdf.Dictionary(First=first, Last=second, Count=2))


def giant_page(document):
    document.pages[0].MediaBox = pikepdf.Array([0, 0, 566_929, 566_929])


@pytest.mark.parametrize(
    ("make", "reasons"),
    [
        (files.pdf_that_bites_its_tail, {"too_complex", "broken_document"}),
        (files.pdf_with_xref_loop, {"too_complex", "broken_document"}),
        (lambda: files.pdf(circle_of_outlines), {""}),
        (lambda: files.pdf(giant_page), {""}),
    ],
)
def test_u_24_circles_and_giants_come_to_an_end(judge, make, reasons):
    assert judge(make()).reason in reasons


def test_u_24_a_hundred_thousand_pages_come_to_an_end(judge):
    verdict = judge(pages_without_end(100_000))
    assert verdict.reason in {"", "too_complex"}


def pages_without_end(number):
    """A PDF of blank pages, written by hand."""
    kids = b" ".join(b"%d 0 R" % (3 + page) for page in range(number))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/MediaBox[0 0 200 200]/Kids[%b]/Count %d>>" % (kids, number),
        *[b"<</Type/Page/Parent 2 0 R>>"] * number,
    ]
    out, table = bytearray(b"%PDF-1.4\n"), bytearray(b"0000000000 65535 f \n")
    for at, content in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj%b endobj\n" % (at, content)
    trailer = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (number + 3, len(out))
    return bytes(out + b"xref\n0 %d\n" % (number + 3) + table + trailer)


def test_u_24_a_stream_that_unpacks_to_a_gigabyte_is_never_unpacked(judge):
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(10_000_000)) for _ in range(100)) + packer.flush()

    def change(document):
        document.pages[0].Contents = pikepdf.Stream(document, bomb, Filter=pikepdf.Name.FlateDecode)

    verdict = judge(files.pdf(change, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none))
    assert verdict.reason in {"", "too_complex"}


def test_u_25_what_was_added_after_signing_is_told(judge):
    assert "changed_after_signing" in judge(files.pdf_changed_after_signing()).warnings


@pytest.mark.parametrize("content", [b"%PDF-1.4\n", b"%PDF-1.4\n" + os.urandom(5000), files.pdf()[:100]])
def test_a_damaged_pdf_is_refused(judge, content):
    assert judge(content).reason == "broken_document"


# --- archives and texts


def test_u_28_eicar_is_found_even_without_a_scanner(judge):
    assert judge(files.EICAR, TXT).reason == "malware"


def test_an_archive_of_documents_is_clean(judge):
    verdict = judge(files.archive({"one.pdf": files.pdf(), "two.docx": files.docx(), "notes/three.txt": b"x"}), ZIP)
    assert (verdict.reason, verdict.warnings) == ("", ())


def test_files_inside_an_office_file_are_told(judge):
    assert judge(files.docx(**{"word/embeddings/a.bin": b"x"}), DOCX).warnings == ("embedded_files",)


DEEP = b"From: a@b.example\r\n" + b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(1000)
)


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\nhello\r\n",
        b"From: a@b.example\r\nSubject: no body\r\n",
        b"From: a@b.example\r\nFrom: c@d.example\r\n\r\nhello",
        b"From: a@b.example\r\nDate: Tue, 1 Jan 3609 00:00:00 +0000\r\n\r\nhello",
        b"".join(b"X-%d: y\r\n" % number for number in range(10_000)) + b"\r\nhello",
        DEEP,
        b"Subject: Ci\0ao\r\n\r\nbo\0dy",
        b"Subject: Perch\xe9 \xff\xfe\r\n\r\nbody",
    ],
)
def test_u_32_odd_mails_are_clean_here_for_nothing_of_them_is_run(judge, content):
    assert judge(content, EML).reason == ""


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b'=cmd|"/c calc"!A0\n', CSV), (b"\x1b[31mred", TXT), (b"x" * 20_000_000, TXT), (files.msg(), MSG)],
)
def test_u_39_texts_and_messages_are_clean_as_they_are(judge, content, media_type):
    assert judge(content, media_type).reason == ""


# --- the bench itself


def test_the_bench_sees_nothing_of_our_secrets(monkeypatch):
    monkeypatch.setenv("FIELD_KEYS", "canary")
    with Bench() as running:
        environment = Path(f"/proc/{running.process.pid}/environ").read_bytes()
    assert b"canary" not in environment
    assert b"DATABASE_URL" not in environment


def test_a_file_that_is_not_there_is_our_failure_and_no_verdict(bench, tmp_path):
    with pytest.raises(ScannerUnavailable):
        bench.judge(tmp_path / "nothing", PDF)
    assert bench.is_sound()


def test_a_bench_that_was_killed_is_replaced_for_the_next_file(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"hello")
    with Bench() as running:
        running.process.kill()
        running.process.wait()
        with pytest.raises(ScannerUnavailable):
            running.judge(tmp_path / "a.txt", TXT)
        assert running.judge(tmp_path / "a.txt", TXT).reason == ""


# --- the child at work


@pytest.fixture
def child(tmp_path):
    """child(group) is the process id of the bench's child after it judged a page of that group."""
    (tmp_path / "a.pdf").write_bytes(files.pdf())
    with Bench() as running:

        def go(group):
            assert running.judge(tmp_path / "a.pdf", PDF, group=group).reason == ""
            children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
            assert len(children) == 1
            return int(children[0])

        yield go


def test_files_of_two_people_never_share_a_child(child):
    first = child("anna")
    assert child("anna") == first
    second = child("bruno")
    assert second != first
    assert not Path(f"/proc/{first}").exists()
    assert child("anna") not in (first, second)


def test_a_child_is_replaced_after_a_while(child):
    assert len({child("anna") for _ in range(26)}) == 2


def test_a_child_has_its_limits_and_no_way_out(child):
    pid = child("anna")
    limits = {line[:26].strip(): line[26:].split()[:2] for line in Path(f"/proc/{pid}/limits").read_text().splitlines()}
    assert limits["Max address space"] == [str(768 * 2**20)] * 2
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max open files"] == ["32", "32"]
    assert int(limits["Max cpu time"][0]) <= 20
    assert "NoNewPrivs:\t1" in Path(f"/proc/{pid}/status").read_text()


def test_a_child_holds_only_its_own_pipes_and_the_log(child):
    pid = child("anna")
    held = {handle.name: os.readlink(handle) for handle in Path(f"/proc/{pid}/fd").iterdir()}
    assert (held.pop("0"), held.pop("1")) == ("/dev/null", "/dev/null")
    held.pop("2")
    others = [target for target in held.values() if not target.startswith("pipe:")]
    assert (len(held) - len(others), others) == (2, ["/dev/null"] * len(others))


def test_a_child_that_a_file_took_down_is_replaced_for_the_next_file_of_the_same_person(tmp_path):
    (tmp_path / "good.pdf").write_bytes(files.pdf())
    with Bench() as running:
        for _ in range(2):
            assert running.judge(tmp_path / "good.pdf", PDF, group="anna").preview
            with pytest.raises(ScannerUnavailable):
                running.judge(tmp_path / "nothing", PDF, group="anna")
