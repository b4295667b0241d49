"""Text out of files, made fit for the database and cut to what anybody will ever read."""

import re
import unicodedata

# Characters of text that are kept of one file, of one page, and of one stretch of a text without pages.
LONGEST, LONGEST_PAGE, STRETCH = 1_000_000, 50_000, 10_000
MOST_PAGES = 1_000
LONGEST_WORD = 500  # of a fact: a name, a subject
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])")
# NUL and lone surrogates, which PostgreSQL refuses.
IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")
# Characters that show nothing: controls, soft hyphens, and what PDF readers put for a hyphen at the end of a line.
INVISIBLE = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f\x80-\x84\x86-\x9f\xad\ufeff\ufffe\uffff]")
BREAKS = re.compile("\r\n?|[\x0c\x85\u2028\u2029]")
BLANKS = re.compile(r"[^\S\n]+\n")
EMPTY = re.compile(r"\n{4,}")


def clean(text):
    """`text` with line breaks as \\n, in Unicode NFC, without anything that cannot be stored or seen."""
    text = IMPOSSIBLE.sub("\ufffd", ESCAPES.sub("", text))
    text = BREAKS.sub("\n", INVISIBLE.sub("", text.replace("\r\n", "\n")))
    return unicodedata.normalize("NFC", EMPTY.sub("\n\n\n", BLANKS.sub("\n", text))).strip("\n ")


def line(text, longest=LONGEST_WORD):
    """`text` on one line of at most `longest` characters."""
    text = " ".join(clean(text[: longest * 4]).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def fit(value, depth=8):
    """A JSON value with nothing in it that PostgreSQL refuses, whoever said it."""
    if isinstance(value, str):
        return IMPOSSIBLE.sub("\ufffd", value)
    if depth == 0 or value is None or isinstance(value, bool | int | float):
        return None if depth == 0 and isinstance(value, dict | list) else value
    if isinstance(value, dict):
        return {fit(str(key)): fit(inner, depth - 1) for key, inner in value.items()}
    return [fit(inner, depth - 1) for inner in value]


def stretches(text):
    """`text` in pieces of about STRETCH characters that end with a line or at least with a word."""
    at = 0
    while at < len(text):
        end = min(len(text), at + STRETCH)
        if end < len(text):
            for mark in ("\n", " "):
                found = text.rfind(mark, at + STRETCH // 2, end)
                if found >= 0:
                    end = found + 1
                    break
        if piece := text[at:end].strip("\n "):
            yield piece
        at = end


class Writer:
    """Turns pages into lines to say, and stops when it has been enough."""

    def __init__(self):
        self.pages, self.characters, self.is_full = 0, 0, False

    def page(self, text):
        """The line of one page, which may be empty; [] once it has been enough."""
        if self.is_full or self.pages >= MOST_PAGES:
            self.is_full = True
            return []
        text = clean(text[: LONGEST_PAGE * 4])
        room = min(LONGEST_PAGE, LONGEST - self.characters)
        self.is_full = self.is_full or len(text) > room
        text = text[:room]
        self.pages += 1
        self.characters += len(text)
        return [{"page": text}]

    def flow(self, text):
        """The lines of a text without pages."""
        cut = text[: LONGEST * 2]
        for piece in stretches(clean(cut)):
            yield from self.page(piece)
        self.is_full = self.is_full or len(text) > len(cut)

    def end(self, **more):
        """The last line: how much was read."""
        return {"notes": [*more.pop("notes", []), *(["cut"] if self.is_full else [])], **more}
