"""A worker prints letters: accessible, complete, the same bytes each time, whatever people wrote."""

import hashlib
import json
import re
import subprocess
import sys
from time import monotonic

import pikepdf
import pytest
import segno
import typst
from django.db import connection
from fontTools.ttLib import TTFont

from claims.actions import letters
from claims.letters import page
from claims.models import JournalEntry, Letter
from evidence import blobs
from evidence.errors import FileRefused
from tests import make
from tests.letters.reading import opened, picture_of, tags_of, words_of

HOSTILE = [
    '#import "@preview/x:1.0.0": *',
    '#read("/etc/passwd") #sys.inputs #panic("x")',
    "*bold* _it_ $x^2$ <label> @ref `raw` // comment /* x */ \\ \\u{1F600} ~ --- = heading\n= heading\n- list\n+ one",
    '"}, "net": "1.000.000,00 €", {"',
    "{name} {net} {0} %s %(x)s",
    "<script>alert(1)</script>&amp;",
    "שלום עולם",
    "مرحبا بالعالم",
    "😀👨‍👩‍👧🏳️‍🌈",
    "日本語 한국어 ไทย हिन्दी",
    "e\u0301\u064b\u0301" * 40,
    "\u202eabc\u202c \u200f \u2066x\u2069 \ufeff \u00ad \u2028 \ufffe \U0010ffff",
    "x" * 10_000,
    "word " * 2_000,
    "a\n\n\n\nb\n" * 300,
]


def content_with(letter, words):
    item = {**letter.content["items"][0], "description": words, "reasons": [words]}
    return {**letter.content, "person": words, "note": words, "opening": words, "login": words, "items": [item]}


def test_it_is_tagged_and_has_a_title_and_a_language(letter, bytes_of):
    with opened(bytes_of(letter)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.Lang == letter.language
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == letter.content["title"]
        tags = [tag for tag, _element in tags_of(pdf)]
        assert tags.count("/H1") == 1
        assert tags.count("/Table") == 2
        assert "/TH" in tags
        assert tags.count("/H2") >= 3
        figures = [element for tag, element in tags_of(pdf) if tag == "/Figure"]
        assert len(figures) == 1
        assert "QR" in str(figures[0].Alt)
        assert all("/ToUnicode" in font for font in fonts_of(pdf))


def fonts_of(pdf):
    fonts = [font for each in pdf.pages for font in each.Resources.Font.values()]
    assert fonts
    assert all("SourceSans3" in str(font.BaseFont) for font in fonts)
    return fonts


def test_it_says_its_arithmetic_and_every_reason(letter, bytes_of):
    words = words_of(bytes_of(letter))
    content = letter.content
    expected = [content["title"], content["net"], content["outcome"], content["code"], "Proven by the invoice."]
    for item in content["items"]:
        expected += [item["head"], item["description"], item["claimed"], item["awarded"], *item["reasons"]]
    for step in content["sums"]:
        expected += [step["label"], step["amount"]]
    expected += [*content["appeal"].split("\n\n"), content["verify_shown"]]
    for each in expected:
        assert " ".join(each.replace("\u00a0", " ").split()) in words


def test_it_names_nobody_of_the_staff(letter, bytes_of, rita):
    words, raw = words_of(bytes_of(letter)), json.dumps(letter.content)
    for personal in (rita.name, rita.email):
        assert personal not in words
        assert personal not in raw


def test_the_same_content_is_the_same_bytes_in_another_process(letter, bytes_of, tmp_path):
    kept = tmp_path / "content.json"
    kept.write_text(json.dumps(letter.content))
    code = (
        "import hashlib, json, sys; from claims.letters import page;"
        " print(hashlib.sha256(page.pdf(json.load(open(sys.argv[1])))).hexdigest())"
    )
    for zone in ("UTC", "Asia/Tokyo"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(kept)],
            env={"TZ": zone, "PYTHONHASHSEED": "7", "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == letter.document.sha256
    assert page.pdf(letter.content) == bytes_of(letter)


def test_another_decision_is_another_letter(letter, bytes_of):
    assert page.pdf({**letter.content, "net": "0,01 €"}) != bytes_of(letter)


def test_its_date_is_that_of_the_decision(letter, bytes_of):
    made = letter.decision.effective_at
    with opened(bytes_of(letter)) as pdf:
        assert str(pdf.docinfo["/CreationDate"]).startswith(f"D:{made:%Y%m%d%H%M%S}")


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_what_people_wrote_is_data_and_never_markup(letter, words):
    data = page.pdf(content_with(letter, words))
    found = words_of(data)
    assert letter.content["net"].replace("\u00a0", " ") in found
    if words.isascii():
        body = re.sub(rf"{letter.content['reference']} Page \d+ / \d+", "", found)
        assert "".join(words.split()) in "".join(body.split())
    with opened(data) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert not pdf.attachments


def test_what_no_typeface_has_is_said_to_be_missing(letter):
    told = letter.content["words"]["replaced"].replace("□", "").strip()
    assert told not in words_of(page.pdf(letter.content))
    words = words_of(page.pdf({**letter.content, "note": "日本"}))
    assert "□□" in words
    assert told in words


def test_the_list_of_characters_is_that_of_the_typefaces():
    there = set()
    for file in page.FONTS.glob("*.ttf"):
        with TTFont(file) as font:
            there |= set(font.getBestCmap())
    assert {chr(code) for code in there if code >= 32 and code != 127} == page.covered()
    assert set("àèéìòùÀÈÉÌÒÙ€«»“”’–—−□…") <= page.covered()


def test_the_qr_code_leads_to_the_page_that_checks_it(letter, bytes_of, settings):
    address = f"{settings.SITE_URL}/verify/?code={letter.code}"
    expected = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    data = bytes_of(letter)
    with opened(data) as pdf:
        last = len(pdf.pages) - 1
    assert modules_of(picture_of(data, page=last), len(expected)) == expected


def modules_of(picture, count):
    """The dark and light modules of the black square on a page."""
    black = picture.convert("L").point(lambda value: 255 if value < 8 else 0)
    left, top, right, bottom = black.getbbox()
    assert abs((right - left) - (bottom - top)) <= 2
    step = (right - left) / count
    middle = [int((at + 0.5) * step) for at in range(count)]
    return [[int(black.getpixel((left + x, top + y)) > 0) for x in middle] for y in middle]


def test_it_is_a_clean_document_of_ours_and_says_so(letter, bytes_of):
    document = letter.document
    assert (document.state, document.scanned, document.reason) == ("clean", False, "")
    assert [str(text) for text in document.texts] == [
        "We made this document ourselves. It was not virus-scanned, because nothing in it came as a file."
    ]
    assert hashlib.sha256(bytes_of(letter)).hexdigest() == document.sha256
    assert document.name == f"decision-{letter.decision.claim.reference}.pdf"
    assert document.size == len(bytes_of(letter))


def test_the_journal_knows_its_hash(letter):
    entry = JournalEntry.objects.get(chain=f"letter:{letter.pk}")
    assert entry.facts["sha256"] == letter.document.sha256


def test_printing_again_changes_nothing(letter):
    assert letters.print_batch() is None
    letters.print_one(letter.pk)
    letters.keep(letter.pk, b"something else")
    assert Letter.objects.get().document_id == letter.document_id
    assert JournalEntry.objects.filter(chain=f"letter:{letter.pk}").count() == 1


def test_a_letter_that_another_worker_prints_is_left_to_it(claim):
    letter = Letter.objects.get()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [letters.LOCKS, letter.pk])
        assert letters.print_batch() == letter.pk
        assert Letter.objects.to_print().exists()
    finally:
        other.close()  # as when the other worker is killed: the lock ends with its connection
    until = monotonic() + 10  # the server notices in its own time
    while Letter.objects.to_print().exists() and monotonic() < until:
        letters.print_batch()
    assert not Letter.objects.to_print().exists()


def test_a_letter_that_cannot_be_printed_does_not_hold_up_the_others(anna, bruno, incident, rita, monkeypatch, caplog):
    first = make.decided(anna, incident, rita)
    make.decided(bruno, incident, rita, login="bruno@virgilio.example")
    make_pdf = page.pdf

    def broken(content):
        if content["reference"] == first.reference:
            raise typst.TypstError("no")
        return make_pdf(content)

    monkeypatch.setattr(page, "pdf", broken)
    after = letters.print_batch(size=1)
    assert letters.print_batch(after, size=1) is not None
    assert [letter.document is not None for letter in Letter.objects.order_by("id")] == [False, True]
    assert "was not printed" in caplog.text
    assert anna.name not in caplog.text
    monkeypatch.undo()
    letters.print_batch()
    assert not Letter.objects.to_print().exists()


def test_a_full_disk_leaves_the_letter_waiting(claim, monkeypatch):
    def full(*_args):
        raise FileRefused("storage_full")

    monkeypatch.setattr(blobs, "write", full)
    letters.print_batch()
    assert Letter.objects.get().document is None
    monkeypatch.undo()
    letters.print_batch()
    assert Letter.objects.get().document is not None


def test_a_page_in_pictures_shows_the_first_page(letter):
    assert page.picture(letter.content).startswith(b"\x89PNG")


def test_pikepdf_finds_nothing_to_complain_of(letter, bytes_of):
    with opened(bytes_of(letter)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert isinstance(pdf, pikepdf.Pdf)
