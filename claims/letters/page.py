"""A letter as a PDF: the same content is the same bytes, whoever makes it and whenever.

The PDF is tagged (PDF/UA-1), has its title and its language, and can be read without seeing it.
"""

import io
import json
import unicodedata
import warnings
from functools import cache
from pathlib import Path

import segno
import typst

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
TEMPLATE = HERE / "letter.typ"
STANDARD = "ua-1"
# In place of what none of our typefaces can show.
UNKNOWN = "\u25a1"
LAYOUT = "\n \u00a0"


def pdf(content):
    """The PDF (bytes) of a letter's frozen content. Raises typst.TypstError."""
    return made(content, format="pdf", pdf_standards=[STANDARD])


def picture(content, *, ppi=110):
    """The first page as a PNG (bytes), for a preview."""
    pages = made(content, format="png", ppi=ppi)
    return pages if isinstance(pages, bytes) else pages[0]


def made(content, **how):
    """As rich as the typefaces allow; a mixture of scripts they cannot shape is written more plainly."""
    try:
        return compiled(content, covered(), **how)
    except typst.TypstError:
        return compiled(content, frozenset(map(chr, range(0x20, 0x17F))) & covered(), **how)


def compiled(content, characters, **how):
    shown = printable(content, characters)
    letter = {**shown, "replaced": shown != printable(content, None), "qr": qr_of(content["verify"])}
    with warnings.catch_warnings():  # what typst finds unusual is no fault of the letter
        warnings.simplefilter("ignore", typst.TypstWarning)
        return typst.compile(
            TEMPLATE,
            root=HERE,
            font_paths=typefaces(),
            ignore_system_fonts=True,
            sys_inputs={"letter": json.dumps(letter, ensure_ascii=False)},
            **how,
        )


def qr_of(address):
    """The QR code of an address as SVG."""
    file = io.BytesIO()
    segno.make(address, error="m", micro=False).save(file, kind="svg", border=0, xmldecl=False, nl=False)
    return file.getvalue().decode()


def printable(value, characters):
    """The content with a box in place of every character that is not among `characters` (None: all are)."""
    if isinstance(value, dict):
        return {key: printable(entry, characters) for key, entry in value.items()}
    if isinstance(value, list):
        return [printable(entry, characters) for entry in value]
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value).replace("\t", " ")
    if characters is None:
        return text
    return "".join(each if each in characters or each in LAYOUT else UNKNOWN for each in text)


@cache
def typefaces():
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@cache
def covered():
    """Every character that one of the typefaces shows (fonts/coverage.txt)."""
    runs = (line.split("-") for line in (FONTS / "coverage.txt").read_text().split())
    return frozenset(chr(code) for first, last in runs for code in range(int(first, 16), int(last, 16) + 1))
