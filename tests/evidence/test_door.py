"""What the door takes and what it turns away, by content."""

import pytest

from evidence import blobs
from evidence.errors import FileRefused
from evidence.models import Document
from tests.evidence import files


@pytest.fixture
def turned_away(hand_in):
    """turned_away(name, content) is (status, code) of the refusal; nothing may be stored."""

    def go(name, content):
        with pytest.raises(FileRefused) as refused:
            hand_in(name, content)
        assert not Document.objects.exists()
        assert not (blobs.root() / "sha256").exists()
        assert str(refused.value.message)
        return refused.value.status, refused.value.code

    return go


HONEST = {
    "a.pdf": (files.pdf, "application/pdf"),
    "a.jpg": (files.picture, "image/jpeg"),
    "a.png": (lambda: files.picture("PNG"), "image/png"),
    "a.webp": (lambda: files.picture("WEBP"), "image/webp"),
    "a.heic": (files.heic, "image/heic"),
    "a.tif": (lambda: files.picture("TIFF"), "image/tiff"),
    "a.txt": (lambda: "Perché non è arrivata?".encode(), "text/plain"),
    "a.csv": (lambda: b"date;amount\n2023-01-24;12,00\n", "text/csv"),
    "a.docx": (files.docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "a.odt": (files.odt, "application/vnd.oasis.opendocument.text"),
    "a.xlsx": (files.xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "a.eml": (lambda: files.MAIL, "message/rfc822"),
    "a.msg": (files.msg, "application/vnd.ms-outlook"),
    "a.zip": (lambda: files.archive({"one.pdf": files.pdf(), "notes.txt": b"hello"}), "application/zip"),
}


@pytest.mark.parametrize("name", HONEST)
def test_every_allowed_type_is_taken(hand_in, name):
    content, media_type = HONEST[name]
    document = hand_in(name, content())
    assert (document.media_type, document.name, document.state) == (media_type, name, "pending")


@pytest.mark.parametrize("name", ["a.pdf", "a.jpg", "a.eml", "a.msg", "a.docx"])
def test_a_file_without_an_extension_is_known_by_its_content(hand_in, name):
    content, media_type = HONEST[name]
    assert hand_in("scan", content()).media_type == media_type


def test_bytes_are_stored_once_under_their_hash_and_only_for_the_service(hand_in):
    document = hand_in("a.txt", b"hello")
    path = blobs.path(document.sha256)
    assert path.read_bytes() == b"hello"
    assert path.name == document.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert path.stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, path.parent.parent, blobs.root() / "sha256", blobs.incoming()):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_u_01_an_empty_file_is_refused(turned_away):
    assert turned_away("a.pdf", b"") == (422, "empty_file")


def test_u_07_html_posing_as_a_picture_is_refused(turned_away):
    assert turned_away("foto.jpg", files.HTML) == (415, "content_mismatch")
    assert turned_away("invoice.pdf", files.HTML) == (415, "content_mismatch")
    assert turned_away("notes.txt", b"\n\n  " + files.HTML) == (415, "content_mismatch")
    assert turned_away("notes.txt", "\ufeff<html>".encode("utf-16-le")) == (415, "content_mismatch")
    assert turned_away("page", files.HTML) == (415, "type_not_allowed")


def test_u_08_a_program_posing_as_a_pdf_is_refused(turned_away):
    assert turned_away("invoice.pdf", files.EXE) == (415, "type_not_allowed")
    assert turned_away("invoice.pdf", b"\x7fELF\x02\x01\x01" + bytes(100)) == (415, "type_not_allowed")
    assert turned_away("invoice.txt", b"#!/bin/sh\nrm -rf /\n") == (415, "type_not_allowed")


def test_a_text_that_begins_like_a_program_is_still_a_text(hand_in):
    assert hand_in("letter.txt", b"MZ Assicurazioni, Milano").media_type == "text/plain"


def test_u_09_the_last_extension_counts(hand_in, turned_away):
    assert turned_away("a.pdf.exe", files.pdf()) == (415, "type_not_allowed")
    document = hand_in("a.exe.pdf", files.pdf())
    assert (document.name, document.media_type) == ("a_exe.pdf", "application/pdf")


@pytest.mark.parametrize(
    ("sent", "shown"), [("../../etc/passwd", "passwd"), ("..\\x", "x"), ("C:\\x.pdf", "x.pdf"), ("/abs", "abs")]
)
def test_u_10_a_path_in_the_name_never_reaches_the_disk(hand_in, sent, shown):
    document = hand_in(sent, files.pdf())
    assert document.name == shown
    stored = [path for path in blobs.root().rglob("*") if path.is_file() and path.parent != blobs.incoming()]
    assert stored == [blobs.path(document.sha256)]


def test_u_11_an_empty_name_becomes_document_with_the_extension_of_the_content(hand_in):
    assert hand_in(".", files.picture()).name == "document.jpg"


def test_u_12_markup_in_a_name_is_stored_defused(hand_in):
    assert hand_in("<img src=x onerror=alert(1)>.pdf", files.pdf()).name == "_img src=x onerror=alert(1)_.pdf"


@pytest.mark.parametrize("name", ["drawing.svg", "foto.png", "data.xml", "notes.txt", "drawing"])
@pytest.mark.parametrize("content", [files.SVG, files.XXE])
def test_u_13_svg_and_xml_are_refused_under_every_name(turned_away, name, content):
    assert turned_away(name, content)[0] == 415


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50)),
        ("a.rar", b"Rar!\x1a\x07\x01\0" + bytes(50)),
        ("a.gz", b"\x1f\x8b\x08" + bytes(50)),
        ("invoice.pdf", b"\x1f\x8b\x08" + bytes(50)),
        ("a.docx", files.docx(**{"word/vbaProject.bin": b"macro"})),
        ("a.xlsx", files.xlsx(**{"xl/vbaProject.bin": b"macro"})),
        ("a.xlsm", files.xlsx()),
        ("a.odt", files.odt(**{"Basic/Standard/Module1.xml": b"macro"})),
        ("a.pptx", files.archive({"[Content_Types].xml": "", "ppt/presentation.xml": ""})),
        ("a.jar", files.archive({"META-INF/MANIFEST.MF": "", "A.class": ""})),
        ("a.doc", files.doc()),
        ("a.gif", b"GIF89a" + bytes(50)),
        ("a.mp4", b"\0\0\0\x18ftypmp42" + bytes(50)),
        ("a.avif", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(50)),
        ("a.rtf", b"{\\rtf1 hello}"),
        ("noise", bytes(range(256)) * 4),
    ],
)
def test_u_14_other_archives_macros_and_unknown_types_are_refused(turned_away, name, content):
    assert turned_away(name, content) == (415, "type_not_allowed")


BOMB = files.archive({"a.txt": bytes(30_000_000)})
UNSAFE = {
    "a bomb": BOMB,
    "a bomb in a bomb": files.archive({"inner.zip": BOMB}),
    "too many members": files.archive({f"{number}.txt": b"x" for number in range(1001)}),
    "a slip upwards": files.archive({"../../etc/cron.d/x.txt": b"x"}),
    "a slip to the root": files.archive({"/etc/x.txt": b"x"}),
    "a slip the Windows way": files.archive({"..\\..\\x.txt": b"x"}),
    "a drive": files.archive({"C:\\x.txt": b"x"}),
    "a program": files.archive({"setup.exe": files.EXE}),
    "a password": files.encrypted_archive(),
    "no table of contents": b"PK\x03\x04" + bytes(200),
    "a cut end": files.archive({"a.txt": b"x" * 1000})[:-30],
}


@pytest.mark.parametrize("why", UNSAFE)
def test_u_15_an_unsafe_archive_is_refused_unopened(turned_away, why):
    assert turned_away("a.zip", UNSAFE[why]) == (415, "archive_unsafe")


def test_u_15_a_table_of_contents_of_gigabytes_is_not_even_read(turned_away):
    made = bytearray(files.archive({"a.txt": b"x"}))
    made[-10:-6] = (0xFFFFFFFF).to_bytes(4, "little")
    assert turned_away("a.zip", bytes(made)) == (415, "archive_unsafe")


def test_an_archive_without_members_is_an_empty_file(turned_away):
    assert turned_away("a.zip", files.archive({})) == (422, "empty_file")


def test_an_office_file_posing_as_another_is_refused(turned_away):
    assert turned_away("a.xlsx", files.docx()) == (415, "content_mismatch")
    assert turned_away("a.docx", files.archive({"a.txt": b"x"})) == (415, "content_mismatch")


def test_u_26_equal_sha1_is_not_equal(hand_in):
    """Bytes are told apart by SHA-256 alone; SHA-1 is nowhere computed."""
    one, other = hand_in("a.txt", b"one"), hand_in("b.txt", b"other")
    assert one.sha256 != other.sha256
    assert blobs.path(one.sha256) != blobs.path(other.sha256)


def test_u_27_equal_files_share_their_bytes_but_not_their_row(hand_in, bruno):
    mine = hand_in("mine.txt", b"the same letter")
    again = hand_in("again.txt", b"the same letter")
    his = hand_in("his.txt", b"the same letter", by=bruno)
    assert len({mine.pk, again.pk, his.pk}) == 3
    assert [his.owner, his.name] == [bruno, "his.txt"]
    assert sum(path.is_file() for path in (blobs.root() / "sha256").rglob("*")) == 1


def test_u_33_a_mail_with_nul_bytes_is_taken(hand_in):
    mail = b"Subject: Ci\0ao\r\nFrom: a@b.example\r\n\r\nbo\0dy"
    assert hand_in("mail.eml", mail).media_type == "message/rfc822"


def test_u_34_a_mail_with_raw_8_bit_headers_is_taken(hand_in):
    mail = b"Subject: Perch\xe9 \xff\xfe\r\nFrom: a@b.example\r\n\r\nbody"
    assert hand_in("mail.eml", mail).media_type == "message/rfc822"


def test_u_38_mail_formats_posing_as_each_other_are_refused(turned_away):
    assert turned_away("mail.eml", files.doc()) == (415, "content_mismatch")
    assert turned_away("mail.eml", files.msg()) == (415, "content_mismatch")
    assert turned_away("mail.msg", files.MAIL) == (415, "content_mismatch")
    assert turned_away("mail.msg", files.doc()) == (415, "content_mismatch")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.csv", b'=cmd|"/c calc"!A0;+1;-1;@x\n', "text/csv"),
        ("a.txt", "però €".encode("utf-16"), "text/plain"),
        ("a.txt", "però €".encode("cp1252"), "text/plain"),
        ("a.txt", b"\x1b[31mred\x1b[0m", "text/plain"),
        ("a.log", b"x" * 20_000_000, "text/plain"),
    ],
)
def test_u_39_texts_of_every_kind_are_taken(hand_in, name, content, media_type):
    assert hand_in(name, content).media_type == media_type


def test_only_the_types_asked_for_are_taken(anna, hand_in):
    from evidence.intake import store
    from evidence.uploading import StreamedUpload

    upload = StreamedUpload.of("a.txt", [b"hello"])
    with pytest.raises(FileRefused) as refused:
        store(upload, by=anna, allowed={"application/pdf"})
    upload.close()
    assert refused.value.code == "type_not_allowed"
