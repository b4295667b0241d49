"""PDF: can it be opened, does it act by itself, what is inside, and what does its first page look like."""

import os
import re

import pikepdf
import pypdfium2

from evidence.bench import pictures

MAX_OBJECTS = 150_000
# Objects are written out by qpdf and searched first: walking all of them in Python takes minutes.
WORTH_A_WALK = re.compile(
    rb"/S (?:\d|/(?:Launch|JavaScript|SubmitForm|ImportData|Rendition|RichMediaExecute)\b)"
    rb"|/(?:EF|ByteRange|RichMediaContent) "
)
SCRIPTS = {"/JavaScript", "/SubmitForm", "/ImportData", "/Rendition", "/RichMediaExecute"}
MOVES = {"/GoTo", "/Named"}


def judge(path):
    """(reason, warnings, a function that returns the preview)."""
    try:
        with pikepdf.open(path) as document:
            reason, warnings = inspect(document, os.path.getsize(path))
    except pikepdf.PasswordError:
        return "", ["unreadable_password"], None
    except pikepdf.PdfError as error:
        return "too_complex" if "loop" in str(error).lower() else "broken_document", [], None
    return reason, warnings, lambda: first_page(path)


def inspect(document, size):
    """(reason, warnings) from everything that hangs anywhere in the document."""
    if len(document.objects) > MAX_OBJECTS:
        return "too_complex", []
    len(document.pages)  # raises PdfError for a tree of pages that bites its tail
    kinds, signed_until, embedded = set(), 0, False
    for found in dictionaries(document):
        kinds.add(str(found.get("/S", "")))
        embedded = embedded or "/EF" in found
        if "/RichMediaContent" in found:
            kinds.add("/RichMediaExecute")
        if "/ByteRange" in found:
            signed_until = max(signed_until, *last_byte(found["/ByteRange"]))
    if "/Launch" in kinds:
        return "active_content", []
    opening = document.Root.get("/OpenAction")
    acts_when_opened = isinstance(opening, pikepdf.Dictionary) and str(opening.get("/S", "")) not in MOVES
    warnings = {
        "active_content": acts_when_opened or bool(kinds & SCRIPTS),
        "embedded_files": embedded,
        # A line break may follow the end mark of what was signed.
        "changed_after_signing": signed_until and signed_until + 2 < size,
    }
    return "", [code for code, holds in warnings.items() if holds]


def dictionaries(document):
    """Every dictionary, direct or not, that may be an action, a file or a signature."""
    for each in document.objects:
        top = each.stream_dict if isinstance(each, pikepdf.Stream) else each
        if not WORTH_A_WALK.search(top.unparse(resolved=True)):
            continue
        rest = [top]
        while rest:
            found = rest.pop()
            if isinstance(found, pikepdf.Dictionary):
                yield found
                rest += [child for child in found.values() if is_direct(child)]
            elif isinstance(found, pikepdf.Array):
                rest += [child for child in found if is_direct(child)]


def is_direct(child):
    return isinstance(child, pikepdf.Dictionary | pikepdf.Array) and not child.is_indirect


def last_byte(byte_range):
    """Where the signed part ends, as a list of one or none (anybody may write nonsense there)."""
    values = [value for value in byte_range if isinstance(value, int)] if isinstance(byte_range, pikepdf.Array) else []
    return [values[-2] + values[-1]] if len(values) >= 4 else []


def first_page(path):
    with pypdfium2.PdfDocument(path) as document:
        page = document[0]
        scale = min(4, pictures.SIDE / max(page.get_size()))
        return pictures.jpeg(page.render(scale=scale).to_pil())
