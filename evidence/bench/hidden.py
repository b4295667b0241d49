"""Files that are two things at once: a picture that is also an archive, a PDF that is also a program."""

import mmap
import re

from evidence.sniffing import PDF, PICTURES

END_RECORD, END_SIZE, TABLE_ENTRY = b"PK\x05\x06", 22, b"PK\x01\x02"
FOREIGN = rb"(?:MZ|\x7fELF|PK\x03\x04|Rar!|7z\xbc\xaf|\xca\xfe\xba\xbe|#!|<\?php|<!doctype|<html|<script|<svg|<\?xml)"
BLANK = b"\0\t\n\f\r \x1a"
AFTER_PDF = re.compile(rb"%%EOF[\0\t\n\f\r ]{0,64}" + FOREIGN, re.IGNORECASE)
AFTER_PICTURE = re.compile(rb"(?:\xff\xd9|IEND\xaeB`\x82)[\0\t\n\f\r ]{0,64}(?:%PDF-|" + FOREIGN + rb")", re.IGNORECASE)
# Some programs write a few lines of their own after the end mark of a PDF.
STRAY = 1024


def is_mixed(path, media_type):
    if media_type not in PICTURES | {PDF}:
        return False
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if media_type == PDF:
            return ends_as_archive(data) or surrounds_pdf(data)
        return ends_as_archive(data) or bool(AFTER_PICTURE.search(data))


def ends_as_archive(data):
    """A ZIP reader that starts at the end of these bytes would find a table of contents."""
    at = data.rfind(END_RECORD, max(0, len(data) - 65_535 - END_SIZE))
    if at < 0 or at + END_SIZE > len(data):
        return False
    table = int.from_bytes(data[at + 12 : at + 16], "little")
    comment = int.from_bytes(data[at + 20 : at + 22], "little")
    return at + END_SIZE + comment >= len(data) and data[max(0, at - table) : at].startswith(TABLE_ENTRY)


def surrounds_pdf(data):
    """Something stands before the first line of the PDF, or after its last one."""
    before = data[: data.find(b"%PDF-", 0, 1024)].removeprefix(b"\xef\xbb\xbf").strip(BLANK)
    end = data.rfind(b"%%EOF")
    after = data[end + 5 :].strip(BLANK) if end >= 0 else b""
    return bool(before) or len(after) > STRAY or bool(AFTER_PDF.search(data))
