"""PDF: the text of each page, who made it and when."""

from io import BytesIO

import pikepdf
import pypdfium2

from evidence.texts import moments, recognising
from evidence.texts.cleaning import MOST_PAGES, Writer, clean, line

WORDS = {"Title": "title", "Author": "author", "Creator": "creator", "Producer": "producer"}
DATES = {"CreationDate": "pdf_created", "ModDate": "pdf_modified"}
XMP_DATES = {"xmp:CreateDate": "xmp_created", "xmp:ModifyDate": "xmp_modified"}


def read(path, ocr):
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        yield {"unreadable": "password" if "assword" in str(error) else "damaged"}
        return
    with document:
        yield {"pages": len(document), "facts": facts(document, path)}
        writer, empty = Writer(), 0
        for number in range(min(len(document), MOST_PAGES)):
            text = text_of(document, number)
            if not clean(text):
                text = recognising.page(document, number, ocr) if ocr and empty < recognising.MOST else ""
                empty += not text.strip()
            yield from writer.page(text)
            if writer.is_full:
                break
        writer.is_full = writer.is_full or len(document) > MOST_PAGES
    yield writer.end(notes=["pages_without_text"] if empty else [])


def text_of(document, number):
    try:
        page = document[number]
        try:
            return page.get_textpage().get_text_bounded()
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return ""


def facts(document, path):
    info = document.get_metadata_dict()
    found = {ours: line(info[theirs]) for theirs, ours in WORDS.items() if info.get(theirs)}
    dates = [fact for key, what in DATES.items() for fact in moments.fact(what, info.get(key, ""), moments.from_pdf)]
    return {**found, "dates": dates + xmp_dates(path)}


def xmp_dates(path):
    """What the second set of properties says; programs that alter a PDF tend to forget one of the two."""
    try:
        with pikepdf.open(path) as document, document.open_metadata(set_pikepdf_as_editor=False) as metadata:
            said = {what: str(metadata.get(key, "")) for key, what in XMP_DATES.items()}
    except Exception:  # anybody may have written anything there, and it is only a second opinion
        return []
    return [fact for what, text in said.items() for fact in moments.fact(what, text, moments.from_iso)]


def warm_up():
    """Makes the libraries load what they load late: once for all children, on an empty page of our own."""
    out = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out)
    with pikepdf.open(out) as document, document.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata.get("xmp:CreateDate")
    with pypdfium2.PdfDocument(out.getvalue()) as document:
        document.get_metadata_dict()
        text_of(document, 0)
