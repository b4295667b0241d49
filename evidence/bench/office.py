"""Office files: what in them would run, or would fetch something from elsewhere, when they are opened."""

import re
from zipfile import ZipFile

from evidence.archives import DAMAGED
from evidence.sniffing import FORBIDDEN

HEAD = 4096
PIECE = 1024 * 1024
OVERLAP = 512  # what a pattern may be cut by between two pieces
EMBEDDED = ("word/embeddings/", "xl/embeddings/", "Object ")
ACTIVE = ("word/activeX/", "xl/activeX/", "xl/macrosheets/", "xl/dialogsheets/", "Basic/", "Scripts/")
# XML of an office file never defines entities; one that does wants to be unfolded into gigabytes, or to read our disk.
ENTITY = re.compile(rb"<!ENTITY|<\0!\0E\0N\0T\0I\0T\0Y|\0<\0!\0E\0N\0T\0I\0T\0Y", re.IGNORECASE)
RELATION = re.compile(rb"<Relationship\b[^>]{0,20000}>", re.IGNORECASE)
EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External", re.IGNORECASE)
# Relations that Office follows by itself and runs: the template of a letter, a frame, an object.
FETCHED_AND_RUN = re.compile(
    rb"/(attachedTemplate|oleObject|frame|aFChunk|subDocument|externalLink)[\"']", re.IGNORECASE
)
LINK = re.compile(rb"/hyperlink[\"']", re.IGNORECASE)
# Dynamic data exchange: a cell or a field that starts a program.
EXCHANGE = re.compile(
    rb"<(?:\w+:)?ddeLink\b|<(?:\w+:)?f\b[^>]{0,200}>[\s=+@-]*[\w.]+\||instrText[^>]{0,200}>\s*DDE(AUTO)?\s",
    re.IGNORECASE,
)
EXCHANGE_ODT = re.compile(rb"<(office:dde-source|table:dde-link|text:dde-connection-decl)\b", re.IGNORECASE)
SCRIPT_ODT = re.compile(rb"<script:event-listener\b|<office:script\b", re.IGNORECASE)
REMOTE_ODT = re.compile(
    rb"<(draw:image|draw:object|draw:plugin|text:section-source)\b[^>]{0,2000}href=\"(https?:|file:|//|\\\\)"
)


def judge(path):
    """(reason, warnings, None)."""
    found = set()
    try:
        with ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                found |= look_at(archive, member)
    except DAMAGED:
        return "broken_document", [], None
    for reason in ("archive_unsafe", "too_complex", "active_content"):
        if reason in found:
            return reason, [], None
    return "", [code for code in ("embedded_files", "external_content") if code in found], None


def look_at(archive, member):
    """What is to be said of one member, as a set of codes."""
    name, found = member.filename, set()
    if name.startswith(ACTIVE):
        found.add("active_content")
    if name.startswith(EMBEDDED):
        found.add("embedded_files")
    with archive.open(member) as file:
        head = file.read(HEAD)
        if head.startswith(FORBIDDEN) or (head.startswith(b"MZ") and b"\0" in head):
            found.add("archive_unsafe")
        if name.endswith((".xml", ".rels")):
            found |= look_at_markup(name, pieces(head, file))
    return found


def pieces(head, file):
    """The content in pieces that overlap, so that nothing hides across a cut."""
    rest = head
    while True:
        more = file.read(PIECE)
        yield rest + more
        if not more:
            return
        rest = (rest + more)[-OVERLAP:]


def look_at_markup(name, content):
    found = set()
    for piece in content:
        if ENTITY.search(piece):
            found.add("too_complex")
        if EXCHANGE.search(piece) or EXCHANGE_ODT.search(piece) or SCRIPT_ODT.search(piece):
            found.add("active_content")
        if REMOTE_ODT.search(piece):
            found.add("external_content")
        if name.endswith(".rels"):
            found |= relations(piece)
    return found


def relations(piece):
    """Where the document points to. A link that somebody has to press is harmless."""
    found = set()
    for relation in RELATION.findall(piece):
        if not EXTERNAL.search(relation) or LINK.search(relation):
            continue
        found.add("active_content" if FETCHED_AND_RUN.search(relation) else "external_content")
    return found
