"""The members of an archive, judged by their first bytes."""

from zipfile import ZipFile

from evidence.archives import DAMAGED, DOCX, ODT, XLSX
from evidence.names import extension
from evidence.sniffing import FORBIDDEN, TYPE_OF

HEAD = 4096
OFFICE = {DOCX, ODT, XLSX}
EMBEDDED = ("word/embeddings/", "xl/embeddings/", "Object ")


def judge(path):
    """(reason, warnings, None). Reads at most 4 KB of each of at most 1,000 members."""
    try:
        with ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if any(is_unwelcome(archive, member) for member in members):
                return "archive_unsafe", [], None
    except DAMAGED:
        return "broken_document", [], None
    embedded = any(member.filename.startswith(EMBEDDED) for member in members)
    return "", ["embedded_files"] if embedded else [], None


def is_unwelcome(archive, member):
    """A program or another archive, whatever it is called; office files are archives too, and welcome."""
    with archive.open(member) as file:
        head = file.read(HEAD)
    nested = head.startswith(b"PK\x03\x04") and TYPE_OF.get(extension(member.filename)) not in OFFICE
    return nested or head.startswith(FORBIDDEN) or (head.startswith(b"MZ") and b"\0" in head)
