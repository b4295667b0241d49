"""XML from a bank as a stream of records, trusting nothing: no DTD, no entities, no surprise of size.

expat of the standard library reads, because it tells of a DOCTYPE before anything in it counts, keeps no tree and
fetches nothing. A format is a table of paths: which elements are records and what of them to keep. The rest is skipped.
"""

import codecs
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _

from claims.sepa.errors import SepaError

CHUNK = 64 * 1024
TOKEN = 1024 * 1024  # bytes of one tag or comment
VALUE, TEXT, MOST = 35, 500, 8192  # characters: of a value, of a text for people, of either with blanks around it
DEPTH = 64
ENCODINGS = {"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"}
CUT = {expat.errors.codes[said] for said in ("no element found", "unclosed token", "partial character")}
CUT.add(expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION])
INVALID = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
MISDECLARED = expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING]
PARENT = ".."  # in a record: the record around it
XML = "urn:iso:std:iso:20022:tech:xsd:"


@dataclass(frozen=True, eq=False)
class Format:
    """What to read of a message. Paths begin below <Document>, their parts are joined by “/”, an attribute by “@”.

    `values`: {path: name} of what comes at most once in its record, in at most 35 characters. `texts`: the same for
    words to people, which may come several times and are joined. `records`: {path: name}.
    """

    name: str
    versions: tuple[str, ...]
    records: dict[str, str]
    values: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)


class Node(dict):
    """An element on the way to something to keep: its children by name. Without anything it is one to skip."""

    __slots__ = ("attributes", "joined", "kept", "record", "value")

    def __init__(self):
        self.attributes, self.record, self.value, self.joined, self.kept = (), None, None, False, False


SKIPPED = Node()


@lru_cache(16)
def tree(layout, version):
    """The paths of a Format as a tree of Nodes, under the names by which expat calls elements."""
    root = Node()

    def at(path):
        node = root
        for part in path.split("/"):
            node = node.setdefault(f"{XML}{version} {part}", Node())
        return node

    for path, name in layout.records.items():
        at(path).record, at(path).kept = name, True
    for joined, found in ((False, layout.values), (True, layout.texts)):
        for path, name in found.items():
            element, _at, attribute = path.partition("@")
            node = at(element)
            if attribute:
                node.attributes, node.kept = (*node.attributes, (attribute, name)), True
            else:
                node.value, node.joined, node.kept = name, joined, True
    return root


def records(file, *formats):
    """Yields (name of the record, {name: text}) as records end; PARENT of one is the record around it, as far as read.

    Which of the `formats` it is, is said by the file's namespace; it is the first thing yielded: (“format”, Format).
    Raises SepaError `empty_file`, `not_a_statement` (no XML, or another message), `forbidden_xml` (DTD, entities),
    `wrong_encoding`, `truncated`, `broken_xml`, `too_long`, `repeated_value`.
    """
    reading, fed = Reading(formats), 0
    while chunk := file.read(CHUNK):
        reading.feed(chunk, begin=fed)
        fed += len(chunk)
        if fed - reading.parser.CurrentByteIndex > TOKEN or len(reading.path) > DEPTH:
            raise reading.too_long()
        yield from reading.take()
    if not fed:
        raise SepaError("empty_file", _("This file is empty. Download it from the bank again."))
    reading.feed(b"", last=True)
    yield from reading.take()


class Reading:
    """One file on its way through expat: where we are (`path`), and what is `done`."""

    def __init__(self, formats):
        self.versions = {
            f"{XML}{version} Document": (known, version) for known in formats for version in known.versions
        }
        self.path, self.done = [], []
        self.begun, self.encoding = False, "utf-8"
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.forbidden
        parser.StartElementHandler = self.root

    def take(self):
        done = self.done[:]
        self.done.clear()
        return done

    def feed(self, chunk, *, begin=0, last=False):
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise self.broken(error.code, chunk[max(0, self.parser.ErrorByteIndex - begin) :], last) from error

    def broken(self, code, rest, last):
        """The SepaError for expat's `code`; `rest` is what it stumbled over."""
        misread = self.begun and code == INVALID and self.encoding == "utf-8" and not is_utf8(rest)
        if code == MISDECLARED or misread:
            return self.wrong_encoding()
        if last and code in CUT and (self.begun or code != expat.errors.codes["no element found"]):
            return self.fault(
                "truncated", _("This file ends in the middle (line %d). Download it from the bank again.")
            )
        if not self.begun:
            return SepaError("not_a_statement", _("This file is not XML. Ask the bank for camt.053 or pain.002."))
        return self.fault("broken_xml", _("This file is damaged at line %d. Download it from the bank again."))

    def fault(self, code, message):
        return SepaError(code, message % self.parser.ErrorLineNumber)

    def too_long(self):
        return self.fault("too_long", _("A value near line %d is longer than the standard allows. Ask the bank."))

    def wrong_encoding(self):
        return self.fault(
            "wrong_encoding",
            _("The letters of this file are not what it says (line %d). Do not edit it; download it again."),
        )

    # what expat calls

    def declaration(self, _version, encoding, _standalone):
        if encoding:
            self.encoding = encoding.lower()
            if self.encoding not in ENCODINGS:
                raise self.wrong_encoding()

    def forbidden(self, *_details):
        raise SepaError(
            "forbidden_xml", _("This file holds definitions (DOCTYPE) that no bank writes. It was not read.")
        )

    def root(self, name, _attributes):
        self.begun = True
        if name not in self.versions:
            found = name.partition(" ")[0].removeprefix(XML)[:40]
            raise SepaError(
                "not_a_statement",
                _("This is “%(found)s”. We read %(known)s. Ask the bank for one of these.")
                % {"found": found, "known": ", ".join(version for _format, version in self.versions.values())},
            )
        known, version = self.versions[name]
        self.done.append(("format", known))
        follow(self, tree(known, version))


def follow(reading, node):
    """Sets the handlers that run for every element, from the first below `node` on.

    Closures, because they take half the time of methods, and this is where the time goes.
    """
    done, push, pop = reading.done.append, reading.path.append, reading.path.pop
    record, text = {}, ""
    push(SKIPPED)

    def start(name, attributes):
        nonlocal node, record, text
        push(node)
        node = node.get(name, SKIPPED)
        if node.kept:
            text = ""
            if node.record:
                record = {PARENT: record}
            for attribute, key in node.attributes:
                if attribute in attributes:
                    keep(key, attributes[attribute], False)

    def characters(found):
        nonlocal text
        if node.value:
            text += found
            if len(text) > MOST:
                raise reading.too_long()

    def end(_name):
        nonlocal node, record, text
        if node.kept:
            if node.value and (value := text.strip()):
                keep(node.value, value, node.joined)
                text = ""
            if node.record:
                done((node.record, record))
                record = record[PARENT]
        node = pop()

    def keep(key, value, joined):
        if len(value) > (TEXT if joined else VALUE):
            raise reading.too_long()
        if key in record:
            if not joined:
                raise reading.fault("repeated_value", _("A value near line %d is there twice. Ask the bank."))
            value = f"{record[key]} {value}"[:TEXT]
        record[key] = value

    parser = reading.parser
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters


def is_utf8(rest):
    """False if the first letters of `rest` are not UTF-8. A letter cut at the end does not count."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(rest[:100])
    except UnicodeDecodeError:
        return False
    return True
