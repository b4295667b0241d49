"""ZIP files and the office files built on them, judged by their table of contents: nothing is unpacked."""

import re
import stat
import struct
import zlib
from zipfile import BadZipFile, ZipFile

from evidence.errors import FileRefused
from evidence.names import RUNNABLE, extension

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ZIP = "application/zip"

MAX_MEMBERS = 1000
MAX_UNPACKED = 250 * 1024 * 1024
MAX_RATIO = 100
RATIO_COUNTS_FROM = 10 * 1024 * 1024
# 1,000 members need far less; more would cost memory before a single name is known.
MAX_TABLE = 1024 * 1024
END, END_SIZE, LOCATOR_SIZE = b"PK\x05\x06", 22, 20
LONGEST_COMMENT = 65_535
ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
DAMAGED = (BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError, struct.error, zlib.error)
ARCHIVES = frozenset(
    ["7z", "arj", "bz2", "cab", "gz", "iso", "lha", "lzh", "rar", "tar", "tbz2", "tgz", "txz", "xz", "z", "zip", "zst"]
)
# What computers put beside files without telling anybody.
LITTER = re.compile(r"(^|/)(__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
# What tells an office file from a plain ZIP, and which of them are welcome.
MACRO_FOLDERS = ("Basic/", "Scripts/", "xl/macrosheets/")
OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
UNWELCOME = (
    "ppt/presentation.xml", "xl/workbook.bin", "META-INF/container.xml", "AndroidManifest.xml", "META-INF/MANIFEST.MF"
)  # fmt: skip


def archive_type(file):
    """DOCX, XLSX, ODT or ZIP. Raises FileRefused for macros, other office kinds and anything unsafe."""
    if not has_small_table(file):
        raise FileRefused("archive_unsafe")
    try:
        with ZipFile(file) as archive:
            members = archive.infolist()
            check_limits(members)
            return office_type(archive, {member.filename for member in members}) or plain(members)
    except DAMAGED as error:
        raise FileRefused("archive_unsafe") from error


def has_small_table(file):
    """The size of the table of contents as its end record tells it, read before zipfile would load it all."""
    size = file.seek(0, 2)
    tail_start = file.seek(max(0, size - LONGEST_COMMENT - END_SIZE - LOCATOR_SIZE))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_SIZE:
        return False
    # A ZIP64 locator would override the record; no honest file within our limits needs one.
    if tail[max(0, at - LOCATOR_SIZE) : at].startswith(b"PK\x06\x07"):
        return False
    table, start = struct.unpack("<LL", tail[at + 12 : at + 20])
    return table <= MAX_TABLE and start + table <= tail_start + at


def check_limits(members):
    if not members:
        raise FileRefused("empty_file")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    bomb = unpacked > MAX_UNPACKED or (unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed)
    if bomb or len(members) > MAX_MEMBERS or any(map(is_unsafe, members)):
        raise FileRefused("archive_unsafe")


def is_unsafe(member):
    """Names that leave the folder, links, and what only a password opens."""
    name = member.orig_filename
    leaves = ABSOLUTE.match(name) or ".." in re.split(r"[/\\]", name) or "\0" in name
    return bool(leaves) or stat.S_ISLNK(member.external_attr >> 16) or bool(member.flag_bits & 1)


def office_type(archive, names):
    """The type of a document built on ZIP, None for a plain ZIP."""
    has_macros = any(name.lower().endswith("vbaproject.bin") or name.startswith(MACRO_FOLDERS) for name in names)
    if not names.isdisjoint(UNWELCOME):
        raise FileRefused("type_not_allowed")
    if "[Content_Types].xml" in names:
        found = next((OFFICE[name] for name in OFFICE if name in names), None)
    elif "mimetype" in names and "META-INF/manifest.xml" in names:
        with archive.open("mimetype") as member:
            found = ODT if member.read(100).strip() == ODT.encode() else None
    else:
        return None
    if found is None or has_macros:
        raise FileRefused("type_not_allowed")
    return found


def plain(members):
    """ZIP, if at least one member may be taken, going by its name; the others are refused when it is opened."""
    if all(extension(member.filename) in RUNNABLE | ARCHIVES for member in members if not member.is_dir()):
        raise FileRefused("archive_unsafe")
    return ZIP


def room_for(file):
    """(how many files, how many bytes) a ZIP that was found safe says it holds."""
    with ZipFile(file) as archive:
        sizes = [member.file_size for member in worth_opening(archive)]
    return len(sizes), sum(sizes)


def worth_opening(archive):
    """The members of a ZIP that a person put there."""
    return [member for member in archive.infolist() if not member.is_dir() and not LITTER.search(member.filename)]
