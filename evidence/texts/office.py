"""Office files: XML in a ZIP. Read as a stream, without entities, and no further than will be kept."""

from zipfile import ZipFile

from lxml import etree

from evidence.archives import DAMAGED
from evidence.texts import moments
from evidence.texts.cleaning import LONGEST, Writer, line

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ODF_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
DUBLIN, TERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"
META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
MOST_SHEETS = 50
# Where one word ends without the file writing a blank.
APART = {
    WORD + "tab": "\t",
    WORD + "br": "\n",
    WORD + "cr": "\n",
    ODF_TEXT + "tab": "\t",
    ODF_TEXT + "line-break": "\n",
}
APART[ODF_TEXT + "s"] = " "
PARAGRAPHS = {WORD + "p", ODF_TEXT + "p", ODF_TEXT + "h"}
WORDS = {
    DUBLIN + "title": "title", DUBLIN + "creator": "author", META + "initial-creator": "author",
    META + "generator": "creator",
}  # fmt: skip
DATES = {
    TERMS + "created": "document_created", TERMS + "modified": "document_modified",
    META + "creation-date": "document_created", DUBLIN + "date": "document_modified",
}  # fmt: skip
BROKEN = (*DAMAGED, KeyError, etree.LxmlError, OSError)


def read_docx(path, _ocr):
    return flowing(path, "word/document.xml", "docProps/core.xml")


def read_odt(path, _ocr):
    return flowing(path, "content.xml", "meta.xml")


def flowing(path, member, properties):
    """The lines of a document whose text is in one member."""
    try:
        with ZipFile(path) as archive:
            yield {"facts": facts(archive, properties)}
            writer = Writer()
            yield from writer.flow("".join(text_of(archive, member)))
    except BROKEN:
        yield {"unreadable": "damaged"}
        return
    yield writer.end()


def elements(archive, member, *, tags=None, events=("end",)):
    """(event, element) of a member of the archive; what was read is forgotten."""
    with archive.open(member) as file:
        parsed = etree.iterparse(
            file, events=events, tag=tags, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
        )
        for event, element in parsed:
            yield event, element
            if event == "end":
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]


def text_of(archive, member):
    """Pieces of text with a line for each paragraph, at most a little more than is kept."""
    length = 0
    for _event, element in elements(archive, member, tags=list(PARAGRAPHS)):
        for piece in pieces(element):
            length += len(piece)
            yield piece
        if length > LONGEST:
            return
        yield "\n"


def pieces(paragraph):
    for inner in paragraph.iter():
        if inner.tag in APART:
            yield APART[inner.tag]
        # Word has text only in its own elements for it; in ODF it may be anywhere in a paragraph.
        if inner.text and (inner.tag == WORD + "t" or not str(inner.tag).startswith(WORD)):
            yield inner.text
        if inner.tail and inner is not paragraph and not str(paragraph.tag).startswith(WORD):
            yield inner.tail


def facts(archive, member):
    """Who wrote it and when, as the file's properties say."""
    found, dates = {}, []
    try:
        for _event, element in elements(archive, member):
            said = (element.text or "").strip()
            if element.tag in WORDS and said:
                found.setdefault(WORDS[element.tag], line(said))
            if element.tag in DATES and said:
                dates += moments.fact(DATES[element.tag], said, moments.from_iso)
    except BROKEN:
        return {"dates": []}
    return {**found, "dates": dates}


def read_xlsx(path, _ocr):
    """A page for each sheet, a line for each row. Numbers stand as they are stored: a day is a number in there."""
    try:
        with ZipFile(path) as archive:
            yield {"facts": facts(archive, "docProps/core.xml")}
            shared = strings(archive)
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
            writer = Writer()
            for name in sheets[:MOST_SHEETS]:
                yield from writer.page("\n".join(rows(archive, name, shared)))
            writer.is_full = writer.is_full or len(sheets) > MOST_SHEETS
    except BROKEN:
        yield {"unreadable": "damaged"}
        return
    yield writer.end()


def strings(archive):
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    found, length = [], 0
    for _event, element in elements(archive, "xl/sharedStrings.xml", tags=[SHEET + "si"]):
        found.append("".join(inner.text or "" for inner in element.iter(SHEET + "t")))
        length += len(found[-1])
        if length > 4 * LONGEST:
            break
    return found


def rows(archive, name, shared):
    length = 0
    for _event, row in elements(archive, name, tags=[SHEET + "row"]):
        said = "\t".join(filter(None, (cell_text(cell, shared) for cell in row.iter(SHEET + "c"))))
        if said:
            length += len(said)
            yield said
        if length > LONGEST:
            return


def cell_text(cell, shared):
    kind = cell.get("t")
    if kind == "inlineStr":
        return "".join(inner.text or "" for inner in cell.iter(SHEET + "t"))
    value = cell.findtext(SHEET + "v") or ""
    if kind == "s":
        return shared[int(value)] if value.isdecimal() and int(value) < len(shared) else ""
    return value
