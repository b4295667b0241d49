"""What somebody finds in a PDF: its words, its pictures, its tags."""

import io
import re

import pikepdf
import pypdfium2


def words_of(data):
    """The text of all pages as one line, the way a copy or a search finds it."""
    with pypdfium2.PdfDocument(data) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def picture_of(data, *, page=0, scale=3):
    with pypdfium2.PdfDocument(data) as document:
        return document[page].render(scale=scale).to_pil()


def opened(data):
    return pikepdf.open(io.BytesIO(data))


def tags_of(pdf):
    """The structure types of a tagged PDF in reading order: [(type, element), …]."""
    found = []

    def walk(node):
        if isinstance(node, pikepdf.Array):
            for each in node:
                walk(each)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append((str(node.S), node))
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found
