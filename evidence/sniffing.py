"""What a file is, by its content. The name only advises: it tells texts apart, and it must not contradict."""

import re
import struct

from evidence.archives import DOCX, ODT, XLSX, ZIP, archive_type
from evidence.errors import FileRefused
from evidence.names import RUNNABLE, extension

PDF, JPEG, PNG, WEBP = "application/pdf", "image/jpeg", "image/png", "image/webp"
HEIC, TIFF = "image/heic", "image/tiff"
TXT, CSV, EML, MSG = "text/plain", "text/csv", "message/rfc822", "application/vnd.ms-outlook"
# Every type we take, with the names it goes by; the first one is given to a file without a name.
EXTENSIONS = {
    PDF: ("pdf",),
    JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    PNG: ("png",),
    WEBP: ("webp",),
    HEIC: ("heic", "heif"),
    TIFF: ("tiff", "tif"),
    TXT: ("txt", "text", "log", "md"),
    CSV: ("csv", "tsv"),
    DOCX: ("docx",),
    ODT: ("odt",),
    XLSX: ("xlsx",),
    EML: ("eml",),
    MSG: ("msg",),
    ZIP: ("zip",),
}
TYPES = frozenset(EXTENSIONS)
TEXTS = frozenset({TXT, CSV, EML})
PICTURES = frozenset({JPEG, PNG, WEBP, HEIC, TIFF})
TYPE_OF = {name: media_type for media_type, names in EXTENSIONS.items() for name in names}

HEAD = 64 * 1024
SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)
# Refused whatever they are called: programs, scripts, and archives we do not open.
FORBIDDEN = (
    b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"#!", b"L\0\0\0\x01\x14\x02\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh",
    b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"MSCF", b"{\\rtf", b"%!PS",
)  # fmt: skip
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MSG_CLASS = bytes.fromhex("0b0d020000000000c000000000000046")
MSG_NAMES = ("__nameid_version", "__properties_version", "__substg1")
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
MAIL_HEADER = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
KNOWN_HEADERS = re.compile(
    rb"^(Received|Return-Path|Delivered-To|From|To|Subject|Date|Message-ID|MIME-Version|Content-Type)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
# What browsers take for a page or a picture with scripts, however it is called.
MARKUP = re.compile(
    r"\s*<(!--|\?xml|\?php|(!doctype|a|b|body|br|div|embed|font|form|h1|head|html|iframe|img|link|meta|object|p|script"
    r"|style|svg|table|title|xml)[\s/>])",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x06\x0e-\x19\x1c-\x1f]")


def sniff(file, name):
    """The media type of the seekable binary `file` called `name`. Raises FileRefused."""
    suffix = extension(name)
    if suffix in RUNNABLE:
        raise FileRefused("type_not_allowed")
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise FileRefused("empty_file")
    expected = TYPE_OF.get(suffix)
    found = binary_type(file, head, expected) or text_type(head, expected)
    if found is None or (expected and found != expected):
        raise FileRefused("content_mismatch" if expected else "type_not_allowed")
    return found


def binary_type(file, head, expected):
    """The type that a signature proves, or None. Raises FileRefused for what is never taken."""
    for signature, media_type in SIGNATURES:
        if head.startswith(signature):
            return media_type
    # Readers accept a PDF that starts a little later; what lies before it is looked at on the bench.
    if head.startswith(b"%PDF-") or (expected == PDF and b"%PDF-" in head[:1024]):
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return archive_type(file)
    if head.startswith(FORBIDDEN) or is_program(head, expected):
        raise FileRefused("type_not_allowed")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and not HEIC_BRANDS.isdisjoint(brands(head)):
        return HEIC
    return MSG if head.startswith(OLE) and is_mail_in_ole(file, head) else None


def is_program(head, expected):
    """A Windows program; "MZ" may also be how somebody's text begins."""
    return head.startswith(b"MZ") and (expected not in TEXTS or b"\0" in head)


def brands(head):
    """The brands that the first box of an ISO media file claims."""
    end = min(int.from_bytes(head[:4], "big"), 256)
    return {head[at : at + 4] for at in (8, *range(16, end, 4))}


def is_mail_in_ole(file, head):
    """An Outlook message, told by its class or the names in its first directory sector; not a DOC, XLS or MSI."""
    if len(head) < 512:
        return False
    (shift,) = struct.unpack_from("<H", head, 30)
    (first,) = struct.unpack_from("<L", head, 48)
    if shift not in (9, 12):
        return False
    file.seek((first + 1) << shift)
    directory = file.read(1 << shift)
    entries = [directory[at : at + 128] for at in range(0, len(directory), 128)]
    names = [entry[:64].decode("utf-16-le", "ignore").rstrip("\0") for entry in entries]
    return directory[80:96] == MSG_CLASS or any(name.startswith(MSG_NAMES) for name in names)


def text_type(head, expected):
    """TXT, CSV or EML, or None for what is neither; a page or a drawing with scripts is neither."""
    if expected == EML and is_mail(head):
        return EML
    text = as_text(head)
    if text is None or MARKUP.match(text):
        return None
    if expected is None and len(KNOWN_HEADERS.findall(head[:4096])) >= 3 and is_mail(head):
        return EML
    return CSV if expected == CSV else TXT


def is_mail(head):
    """Begins with a header line. Mail in the wild holds NUL and 8-bit bytes, so no more is asked."""
    lines = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    return bool(MAIL_HEADER.match(lines)) or lines.startswith(b"From ")


def as_text(head):
    """`head` as characters if it reads as text in UTF-16 (marked) or any 8-bit encoding, else None."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return None if CONTROL.search(text) else text
