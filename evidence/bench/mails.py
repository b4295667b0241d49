"""Mails, judged by their first lines: is it one, was it sent, does it contradict itself."""

import re
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime

import olefile

SENDERS = 1
YEARS = range(1990, 2101)
HEADER = 1024 * 1024
UNSENT = 0x8  # a flag of PR_MESSAGE_FLAGS
FLAGS = 0x0E07_0003
PROPERTIES = "__properties_version1.0"
SEALED = re.compile(r"IPM\.Note\.(Secure|SMIME)(?!\.MultipartSigned)", re.IGNORECASE)


def judge_mail(path):
    """(reason, warnings, None): a mail is only text, so nothing in its header makes it unsafe."""
    with open(path, "rb") as file:
        header = file.read(HEADER)
    return "", [code for code, holds in oddities(header) if holds], None


def oddities(header):
    message = BytesHeaderParser(policy=compat32).parsebytes(header)
    yield "several_senders", len(message.get_all("From", [])) > SENDERS
    yield "date_unreadable", bool(message.get_all("Date")) and not is_date(str(message["Date"]))
    yield "encrypted_mail", is_encrypted(message)


def is_encrypted(message):
    kind = message.get_content_type()
    smime = kind in ("application/pkcs7-mime", "application/x-pkcs7-mime")
    return kind == "multipart/encrypted" or (smime and "signed" not in str(message["Content-Type"]).lower())


def is_date(text):
    try:
        return parsedate_to_datetime(text).year in YEARS
    except (ValueError, TypeError, IndexError, OverflowError):
        return False


def judge_message(path):
    """(reason, warnings, None) of an Outlook file; `broken_document` if its insides cannot be walked."""
    try:
        with olefile.OleFileIO(path) as ole:
            ole.listdir(storages=True)
            return "", [code for code, holds in states(ole) if holds], None
    except MemoryError:
        raise
    except Exception:  # olefile raises anything on a crafted file: OSError, IndexError, struct.error …
        return "broken_document", [], None


def states(ole):
    kind = class_of(ole)
    is_mail = not kind or kind.lower().startswith(("ipm.note", "report.ipm.note"))
    yield "not_a_mail", not is_mail
    yield "never_sent", is_mail and bool(flags_of(ole) & UNSENT)
    yield "encrypted_mail", bool(SEALED.match(kind))


def class_of(ole):
    for suffix, encoding in (("001F", "utf-16-le"), ("001E", "cp1252")):
        name = f"__substg1.0_001A{suffix}"
        if ole.exists(name):
            return ole.openstream(name).read(400).decode(encoding, "replace").strip("\0")
    return ""


def flags_of(ole):
    """PR_MESSAGE_FLAGS of the message; its fixed properties are 16 bytes each after a header of 32."""
    if not ole.exists(PROPERTIES):
        return 0
    data = ole.openstream(PROPERTIES).read(64 * 1024)
    for at in range(32, len(data) - 15, 16):
        if int.from_bytes(data[at : at + 4], "little") == FLAGS:
            return int.from_bytes(data[at + 8 : at + 12], "little")
    return 0
