"""From clean bytes to what they say."""

import io
import json
import re
import resource
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from django.utils import timezone
from PIL import Image

from evidence import blobs, reading, sweeping
from evidence.errors import ScannerUnavailable
from evidence.models import Content, Document, Page
from evidence.reading import read_batch
from evidence.texts import Reader, Told, language
from evidence.texts.cleaning import LONGEST, MOST_PAGES
from tests import make
from tests.evidence import files

pytestmark = pytest.mark.django_db
ITALIAN = "Il contratto con il cliente non è stato firmato perché la posta della città non funzionava."
ENGLISH = "The contract with the client was not signed because the mail of the company did not work."
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture
def content_of(anna):
    """content_of(bytes, media_type) is what was read of a clean document with those bytes."""

    def go(data, media_type="text/plain", name="file"):
        document = make.document(anna, content=data, media_type=media_type, name=name)
        while read_batch():
            pass
        return Content.objects.get(sha256=document.sha256)

    return go


def pages(content):
    return list(content.texts.values_list("number", "text"))


def pdf_with_text(*texts, change=None):
    """A PDF with a line on each page."""
    document = pikepdf.new()
    name = pikepdf.Name
    font = document.make_indirect(
        pikepdf.Dictionary(Type=name.Font, Subtype=name.Type1, BaseFont=name.Helvetica, Encoding=name.WinAnsiEncoding)
    )
    for text in texts:
        document.add_blank_page(page_size=(600, 200))
        page = document.pages[-1]
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = pikepdf.Stream(document, b"BT /F1 12 Tf 20 100 Td (" + text.encode("latin-1") + b") Tj ET")
    if change:
        change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# --- unhappy paths ------------------------------------------------------------------------------
def test_nothing_is_read_before_it_is_found_clean(anna):
    make.document(anna, state="pending")
    make.document(anna, content=files.MAIL, state="refused", reason="malware")
    assert read_batch() == 0
    assert not Content.objects.exists()


def test_a_pdf_with_a_password_is_written_down_as_that(content_of):
    content = content_of(files.pdf_with_password(), "application/pdf")
    assert (content.state, content.reason, pages(content)) == ("unreadable", "password", [])


@pytest.mark.parametrize("data", [b"%PDF-1.4 and no more", files.pdf_that_bites_its_tail(), files.pdf_with_xref_loop()])
def test_a_broken_pdf_says_nothing_and_stops_nobody(content_of, data):
    content = content_of(data, "application/pdf")
    assert content.state in ("unreadable", "read")
    assert not pages(content)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-outlook",
        "image/png",
    ],
)
def test_what_is_not_what_it_claims_is_unreadable(content_of, media_type):
    content = content_of(b"nothing of the kind", media_type)
    assert (content.state, content.reason) == ("unreadable", "damaged")


def test_entities_of_an_office_file_are_not_followed(content_of):
    bomb = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY p SYSTEM "file:///etc/passwd">]>'
    body = f'{bomb}<w:document xmlns:w="{W}"><w:p><w:r><w:t>one &c; &p; two</w:t></w:r></w:p></w:document>'
    content = content_of(files.docx(**{"word/document.xml": body}), files.archive and DOCX)
    said = "".join(text for _number, text in pages(content))
    assert "root" not in said
    assert "haha" not in said


def test_a_text_that_is_too_long_is_cut_with_a_note(content_of):
    content = content_of(b"parola lunga\n" * (LONGEST // 10))
    assert content.notes == ["cut"]
    assert sum(len(text) for _number, text in pages(content)) <= LONGEST


def test_one_line_of_20_megabytes_is_cut_too(content_of):
    content = content_of(b"x" * 20_000_000)
    assert content.notes == ["cut"]
    assert 0 < sum(len(text) for _number, text in pages(content)) <= LONGEST


def test_a_pdf_of_too_many_pages_is_read_as_far_as_it_goes(content_of):
    content = content_of(files.pdf(pages=MOST_PAGES + 5), "application/pdf")
    assert content.pages == MOST_PAGES + 5
    assert "cut" in content.notes


def test_what_postgresql_refuses_never_gets_there(content_of):
    content = content_of(b"prima\0dopo \x1b[31mrosso\x1b[0m")
    assert pages(content) == [(1, "prima\ufffddopo rosso")]


class Failing:
    """A reader that fails so often, or says what it wants."""

    def __init__(self, *lines, failures=0, whole=True, exhausted=False):
        self.told = Told(lines, whole, exhausted)
        self.failures = failures

    def tell(self, _task, _path, _details, _group):
        self.failures -= 1
        if self.failures >= 0:
            raise ScannerUnavailable("gone")
        return self.told


def test_a_reader_that_fails_is_asked_again_later(anna):
    make.document(anna)
    reader = Failing({"page": ITALIAN}, failures=1)
    assert read_batch(reader=reader) == 0
    assert read_batch(reader=reader) == 0, "not at once"
    later = timezone.now() + timedelta(seconds=6)
    assert read_batch(later, reader=reader) == 1
    assert Content.objects.get().state == "read"


def test_a_file_that_always_fails_is_given_up(anna):
    make.document(anna)
    reader, now = Failing(failures=99), timezone.now()
    for turn in range(reading.MAX_FAILURES):
        read_batch(now + timedelta(minutes=10 * turn), reader=reader)
    content = Content.objects.get()
    assert (content.state, content.reason) == ("unreadable", "failed")
    assert read_batch(now + timedelta(days=1), reader=reader) == 0


def test_a_file_without_bytes_is_given_up_too(anna):
    document = make.document(anna)
    blobs.path(document.sha256).unlink()
    for turn in range(reading.MAX_FAILURES):
        read_batch(timezone.now() + timedelta(minutes=10 * turn))
    assert Content.objects.get().reason in ("failed", "damaged")


def test_what_was_said_before_a_file_became_too_much_is_kept(anna):
    make.document(anna)
    assert read_batch(reader=Failing({"page": ITALIAN}, whole=False, exhausted=True)) == 1
    content = Content.objects.get()
    assert (content.state, content.notes, pages(content)) == ("read", ["cut"], [(1, ITALIAN)])


def test_a_file_that_is_too_much_at_once_is_too_complex(anna):
    make.document(anna)
    read_batch(reader=Failing(whole=False, exhausted=True))
    assert Content.objects.get().reason == "too_complex"


def test_a_reader_that_a_file_took_over_can_say_nothing_that_harms(anna):
    make.document(anna)
    lines = (
        {"page": "a\0\ud800b"},
        {"facts": {"x\0": ["\udfff", {"deep": [[[[[[[[[1]]]]]]]]]}]}},
        {"notes": ["n" * 999]},
    )
    assert read_batch(reader=Failing(*lines)) == 1
    content = Content.objects.get()
    assert pages(content) == [(1, "a\ufffd\ufffdb")]
    assert "\\u0000" not in json.dumps(content.facts)


@pytest.mark.parametrize("line", [{"page": 7}, {"mail": {"sender": "x"}}, {"facts": "words"}, {"pages": "many"}])
def test_a_reader_that_talks_nonsense_is_not_believed(anna, line):
    make.document(anna)
    assert read_batch(reader=Failing(line)) == 0
    assert Content.objects.get().state == "waiting"
    assert not Page.objects.exists()


def test_a_worker_that_lost_its_lease_writes_nothing(anna):
    make.document(anna)
    [content] = reading.lease(timezone.now(), 1)
    later = timezone.now() + reading.LEASE + timedelta(seconds=1)
    assert read_batch(later, reader=Failing({"page": ITALIAN})) == 1
    assert reading.keep(reading.read(content, Failing({"page": "late"}))) == 0
    assert pages(Content.objects.get()) == [(1, ITALIAN)]


def test_what_the_database_refuses_of_one_file_costs_no_other(anna):
    for number in range(3):
        make.document(anna, content=b"%d" % number, media_type="text/plain")

    class Mixed(Failing):
        def tell(self, _task, path, _details, _group):
            bad = path.read_bytes() == b"1"
            return Told(({"pages": -1, "page": "bad"} if bad else {"page": ITALIAN},), True, False)

    assert read_batch(reader=Mixed()) == 2
    assert sorted(Content.objects.values_list("state", "tries")) == [("read", 1), ("read", 1), ("waiting", 1)]
    assert [text for (text,) in Page.objects.values_list("text")] == [ITALIAN] * 2
    later = timezone.now()
    for turn in range(1, reading.MAX_FAILURES):
        read_batch(later + timedelta(minutes=10 * turn), reader=Mixed())
    assert sorted(Content.objects.values_list("state", "reason")) == [
        ("read", ""),
        ("read", ""),
        ("unreadable", "failed"),
    ]


def test_files_of_one_person_share_a_child_and_what_several_have_is_read_alone(anna, bruno):
    groups = {}

    class Listening(Failing):
        def tell(self, task, path, details, group):
            groups[path.name] = group
            return super().tell(task, path, details, group)

    own = [make.document(owner, content=b"of %d" % owner.pk, media_type="text/plain") for owner in (anna, bruno)]
    both = [make.document(owner, content=b"of both", media_type="text/plain") for owner in (anna, bruno)]
    assert read_batch(reader=Listening({"page": ITALIAN})) == 3
    assert groups == {
        own[0].sha256: str(anna.pk),
        own[1].sha256: str(bruno.pk),
        both[0].sha256: both[0].sha256,
    }


def children_of(reader):
    return Path(f"/proc/{reader.process.pid}/task/{reader.process.pid}/children").read_text().split()


def test_a_child_of_the_reader_takes_the_files_of_one_group_and_has_its_limits(tmp_path):
    (tmp_path / "a.txt").write_text(ITALIAN)
    details = {"media_type": "text/plain", "ocr": None}
    with Reader() as reader:
        had = []
        for group in ("anna", "anna", "bruno", "", ""):
            assert reader.tell("read", tmp_path / "a.txt", details, group).whole
            had += children_of(reader)
        assert len(had) == 5
        assert had[0] == had[1]
        assert len(set(had[1:4])) == 3
        limits = Path(f"/proc/{had[-1]}/limits").read_text()
        assert re.search(r"Max address space +805306368 +805306368", limits)
        assert re.search(r"Max open files +64 +64", limits)
        assert "NoNewPrivs:\t1" in Path(f"/proc/{had[-1]}/status").read_text()


def test_a_file_that_fails_after_others_of_its_person_is_read_once_more_alone(tmp_path):
    """Whatever the one before did to the child: it is gone when this one is read."""
    (tmp_path / "a.txt").write_text(ITALIAN)
    details = {"media_type": "text/plain", "ocr": None}
    with Reader() as reader:
        assert reader.tell("read", tmp_path / "a.txt", details, "anna").whole
        [first] = children_of(reader)
        resource.prlimit(int(first), resource.RLIMIT_NOFILE, (3, 3))
        told = reader.tell("read", tmp_path / "a.txt", details, "anna")
        assert (told.whole, told.lines[0]) == (True, {"page": ITALIAN})
        assert children_of(reader) != [first]
        with pytest.raises(ScannerUnavailable):
            reader.tell("read", tmp_path / "nothing", details, "anna")


def test_what_nobody_has_any_more_is_forgotten_with_its_bytes(anna):
    document = make.document(anna, content=ITALIAN.encode(), media_type="text/plain")
    twin = make.document(anna, content=ITALIAN.encode(), media_type="text/plain")
    read_batch()
    Document.objects.filter(pk=document.pk).delete()
    assert not sweeping.remove(document.sha256)
    assert Page.objects.count() == 1
    Document.objects.filter(pk=twin.pk).delete()
    assert sweeping.remove(document.sha256)
    assert not Content.objects.exists()
    assert not Page.objects.exists()


# --- what is found ------------------------------------------------------------------------------
DOCX, XLSX, ODT = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.text",
)


def test_equal_bytes_are_read_once(anna, bruno):
    make.document(anna, content=ITALIAN.encode(), media_type="text/plain")
    make.document(bruno, content=ITALIAN.encode(), media_type="text/plain")
    assert read_batch() == 1
    assert read_batch() == 0
    assert Page.objects.count() == 1


def test_bytes_that_were_a_text_first_are_read_again_when_they_are_a_mail(anna, bruno):
    make.document(anna, content=files.MAIL, media_type="text/plain")
    read_batch()
    assert Content.objects.get().media_type == "text/plain"
    make.document(bruno, content=files.MAIL, media_type="message/rfc822")
    assert read_batch() == 1
    content = Content.objects.get()
    assert content.mail.sender == [{"name": "Libero", "address": "no-reply@libero.example"}]
    make.document(anna, content=files.MAIL, media_type="text/plain")
    assert read_batch() == 0, "and stay one"


def test_a_pdf_is_read_page_by_page_with_its_dates(content_of):
    def change(document):
        document.docinfo["/CreationDate"] = "D:20230124093000+01'00'"
        document.docinfo["/ModDate"] = "D:20230301120000Z"
        document.docinfo["/Author"] = "Anna\0 Rossi"
        with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["xmp:CreateDate"] = "2023-01-25T08:00:00+02:00"

    content = content_of(pdf_with_text(ITALIAN, "", ENGLISH, change=change), "application/pdf")
    assert [number for number, _text in pages(content)] == [1, 3]
    assert pages(content)[0][1].startswith("Il contratto")
    assert list(content.texts.values_list("language", flat=True)) == ["it", "en"]
    assert (content.pages, content.notes) == (3, ["pages_without_text"])
    assert content.facts["author"] == "Anna\ufffd Rossi"
    assert [(each["what"], each["at"], each["zone"]) for each in content.facts["dates"]] == [
        ("pdf_created", "2023-01-24T08:30:00+00:00", 60),
        ("pdf_modified", "2023-03-01T12:00:00+00:00", 0),
        ("xmp_created", "2023-01-25T06:00:00+00:00", 120),
    ]


def test_office_files_are_read(content_of):
    body = (
        f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>Il contratto</w:t><w:tab/><w:t>firmato</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>con il cliente</w:t></w:r></w:p></w:body></w:document>"
    )
    core = (
        '<c:p xmlns:c="http://x" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:t="http://purl.org/dc/terms/">'
        "<dc:creator>Anna</dc:creator><t:created>2023-01-24T10:00:00Z</t:created></c:p>"
    )
    content = content_of(files.docx(**{"word/document.xml": body, "docProps/core.xml": core}), DOCX)
    assert pages(content) == [(1, "Il contratto\tfirmato\ncon il cliente")]
    assert content.facts["author"] == "Anna"
    assert content.facts["dates"][0]["at"] == "2023-01-24T10:00:00+00:00"

    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    body = f'<o xmlns:t="{text}"><t:p>Il <t:span>contratto</t:span><t:s/>firmato</t:p><t:h>Titolo</t:h></o>'
    assert pages(content_of(files.odt(**{"content.xml": body}), ODT)) == [(1, "Il contratto firmato\nTitolo")]

    sheet = (
        f'<w xmlns="{S}"><sheetData><row><c t="s"><v>1</v></c><c><v>89.9</v></c></row>'
        '<row><c t="inlineStr"><is><t>in riga</t></is></c><c t="s"><v>99</v></c></row></sheetData></w>'
    )
    shared = f'<sst xmlns="{S}"><si><t>zero</t></si><si><r><t>Fat</t></r><r><t>tura</t></r></si></sst>'
    made = files.xlsx(**{"xl/sharedStrings.xml": shared, "xl/worksheets/sheet1.xml": sheet})
    assert pages(content_of(made, XLSX)) == [(1, "Fattura\t89.9\nin riga")]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_is_read_in_its_alphabet(content_of, charset):
    content = content_of(ITALIAN.encode(charset))
    assert pages(content) == [(1, ITALIAN)]
    assert content.language == "it"


def test_a_photograph_tells_when_and_where_apart(content_of):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Phone", "X1", "Editor 2"
    exif.get_ifd(0x8769).update({0x9003: "2023:01:24 10:00:00", 0x9011: "+01:00", 0x9004: "2023:01:24 10:00:01"})
    exif.get_ifd(0x8825).update({**files.GPS, 7: (9.0, 0.0, 1.0), 29: "2023:01:24"})
    content = content_of(files.picture(size=(64, 48), exif=exif), "image/jpeg")
    assert (content.state, content.reason) == ("skipped", "picture")
    assert (content.facts["camera"], content.facts["software"]) == ("Phone X1", "Editor 2")
    assert [(each["what"], each["at"], each["zone"]) for each in content.facts["dates"]] == [
        ("photo_taken", "2023-01-24T09:00:00+00:00", 60),
        ("photo_stored", "2023-01-24T10:00:01", None),
        ("satellite_time", "2023-01-24T09:00:01+00:00", 0),
    ]
    assert content.location == {"latitude": 45.464167, "longitude": 9.189444}
    assert "45." not in json.dumps(content.facts)


def test_pictures_are_read_only_where_somebody_asked_for_it(content_of, settings, tmp_path):
    program = tmp_path / "recognise"
    program.write_text("#!/bin/sh\ncat >/dev/null\necho 'La bolletta della luce è del mese di gennaio'\n")
    program.chmod(0o755)
    settings.OCR_COMMAND = str(program)
    content = content_of(files.picture("PNG"), "image/png")
    assert pages(content) == [(1, "La bolletta della luce è del mese di gennaio")]
    assert content.notes == ["recognised"]


def test_a_program_that_is_not_there_reads_nothing(content_of, settings):
    settings.OCR_COMMAND = "no-such-program"
    assert content_of(files.picture("PNG"), "image/png").reason == "picture"


def test_an_archive_is_not_read_itself(content_of):
    assert content_of(files.archive({"a.txt": "x"}), "application/zip").reason == "archive"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ITALIAN, "it"),
        (ENGLISH, "en"),
        ("Der Vertrag mit dem Kunden ist nicht von uns und wir werden ihn auch nicht mit der Post schicken.", "other"),
        (
            "El contrato con los clientes no está firmado por el director y las cartas para ellos no se enviaron.",
            "other",
        ),
        ("IT60 X054 2811 1010 0000 0123 456", ""),
        ("Ciao", ""),
    ],
)
def test_the_language_is_told_by_its_little_words(text, expected):
    assert language.language_of(text) == expected
