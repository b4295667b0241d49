"""Which reader takes which type of file. Each yields lines: dicts with a page, or with facts, and at last the notes."""

from evidence.archives import DOCX, ODT, XLSX, ZIP
from evidence.sniffing import CSV, EML, MSG, PDF, PICTURES, TXT
from evidence.texts import mails, office, outlook, pdf, pictures, plain

READERS = {
    PDF: pdf.read,
    DOCX: office.read_docx,
    ODT: office.read_odt,
    XLSX: office.read_xlsx,
    TXT: plain.read,
    CSV: plain.read,
    EML: mails.read,
    MSG: outlook.read,
    **dict.fromkeys(PICTURES, pictures.read),
}
SKIPPED = {ZIP: "archive"}


def read(path, details):
    """`details` are {"media_type", "ocr": [command …] or none}."""
    media_type = details["media_type"]
    reader = READERS.get(media_type)
    if reader is None:
        yield {"skipped": SKIPPED.get(media_type, "unknown_type")}
        return
    try:
        yield from reader(path, details.get("ocr"))
    except RecursionError:
        yield {"unreadable": "too_complex"}
