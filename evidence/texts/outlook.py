"""Outlook's own mail file (MSG): a small file system of properties. Those that a mail has are read, nothing else.

olefile opens the container. extract-msg and python-oxmsg were tried: the first brings seven more libraries and decodes
everything it meets, the second raises on what it does not know; we need a dozen properties of files that may be broken.
"""

import re
import struct
from datetime import UTC, datetime, timedelta
from email.parser import HeaderParser
from email.policy import compat32

import olefile

from evidence.texts import bounces, consistency, headers, mails, moments
from evidence.texts.cleaning import Writer, line

CLASS, SUBJECT, HEADERS, BODY, HTML = 0x001A, 0x0037, 0x007D, 0x1000, 0x1013
SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP, MESSAGE_ID = 0x0C1A, 0x0C1F, 0x5D01, 0x1035
SUBMITTED, DELIVERED, FLAGS, CODE_PAGE, INTERNET_CODE_PAGE = 0x0039, 0x0E06, 0x0E07, 0x3FFD, 0x3FDE
NAME, ADDRESS, SMTP, RECIPIENT_KIND = 0x3001, 0x3003, 0x39FE, 0x0C15
ATTACHED_LONG, ATTACHED_SHORT = 0x3707, 0x3704
UNSENT = 0x8
# Length of what stands before the properties: of the mail itself, of a recipient.
HEAD, INNER_HEAD = 32, 8
TOP = "__properties_version1.0"
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
MOST_RECIPIENTS, MOST_STREAM = 100, 8 * 1024 * 1024
BROKEN = (OSError, struct.error, ValueError, IndexError, KeyError, AttributeError, TypeError, OverflowError)


def read(path, _ocr):
    try:
        with olefile.OleFileIO(path) as file:
            yield from lines(Message(file))
    except BROKEN:
        yield {"unreadable": "damaged"}


def lines(message):
    kind = message.text(CLASS).lower()
    if not kind.startswith(("ipm.note", "report.ipm.note", "ipm.resend")) and kind:
        yield {"facts": {"dates": [], "class": line(kind, 100)}}
        writer = Writer()
        yield from writer.flow(f"{message.text(SUBJECT)}\n\n{message.text(BODY)}")
        yield writer.end(notes=["not_a_mail"])
        return
    text = message.text(BODY) or mails.words_of_page(message.page())
    mail, notes = told(message, text)
    yield {"mail": mail, "facts": mails.facts(mail, message.attached())}
    writer = Writer()
    yield from writer.flow(mails.summary(mail) + text)
    if message.number(FLAGS) & UNSENT:
        notes.append("never_sent")
    if kind.startswith("ipm.note.smime") and not kind.endswith("multipartsigned"):
        notes.append("encrypted")
    yield writer.end(notes=notes)


class Message:
    """The properties of a message by their numbers."""

    def __init__(self, file):
        self.file = file
        self.fixed = self.properties(TOP, HEAD)
        page = self.number(INTERNET_CODE_PAGE) or self.number(CODE_PAGE)
        self.charset = "utf-8" if page == 65001 else f"cp{page or 1252}"

    def properties(self, name, head):
        """{number: the eight bytes of its value}"""
        if not self.file.exists(name):
            return {}
        data = self.file.openstream(name).read(MOST_STREAM)
        entries = (data[at : at + 16] for at in range(head, len(data) - 15, 16))
        return {struct.unpack_from("<H", entry, 2)[0]: entry[8:] for entry in entries}

    def number(self, wanted):
        return struct.unpack("<L", self.fixed.get(wanted, bytes(8))[:4])[0]

    def moment(self, wanted):
        """ISO 8601 in UTC, "" if it is not there."""
        ticks = struct.unpack("<Q", self.fixed.get(wanted, bytes(8)))[0]
        try:
            found = EPOCH + timedelta(microseconds=ticks // 10)
        except OverflowError:
            return ""
        known = ticks and moments.moment(found.replace(tzinfo=None), 0)
        return known[0] if known else ""

    def stream(self, name):
        return self.file.openstream(name).read(MOST_STREAM) if self.file.exists(name) else b""

    def text(self, wanted, folder=""):
        wide = self.stream(f"{folder}__substg1.0_{wanted:04X}001F")
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        return headers.in_charset(self.stream(f"{folder}__substg1.0_{wanted:04X}001E"), self.charset).rstrip("\0")

    def page(self):
        data = self.stream(f"__substg1.0_{HTML:04X}0102")
        return headers.in_charset(data, self.charset) if data else self.text(HTML)

    def folders(self, start):
        names = (entry[0] for entry in self.file.listdir(streams=True) if entry[0].startswith(start))
        return list(dict.fromkeys(names))[:MOST_RECIPIENTS]

    def recipients(self):
        """[(kind, {"name", "address"})]; the kind is 1 for To, 2 for Cc."""
        for folder in self.folders("__recip_version1.0_"):
            fixed = self.properties(f"{folder}/{TOP}", INNER_HEAD)
            kind = struct.unpack("<L", fixed.get(RECIPIENT_KIND, b"\1" + bytes(7))[:4])[0]
            address = self.text(SMTP, f"{folder}/") or self.text(ADDRESS, f"{folder}/")
            yield kind, {"name": line(self.text(NAME, f"{folder}/"), 200), "address": line(address, 254)}

    def attached(self):
        names = [
            self.text(ATTACHED_LONG, f"{folder}/") or self.text(ATTACHED_SHORT, f"{folder}/")
            for folder in self.folders("__attach_version1.0_")
        ]
        return [{"name": line(name or "attachment", 150), "media_type": ""} for name in names]

    def sender(self):
        address = self.text(SENDER_SMTP) or self.text(SENDER_ADDRESS)
        name = self.text(SENDER_NAME)
        return [{"name": line(name, 200), "address": line(address, 254)}] if name or address else []


def told(message, text):
    """As a mail's own headers tell it if Outlook kept them, else by its properties."""
    raw = re.sub(r"\A\s+|\AMicrosoft Mail Internet Headers[^\n]*\n", "", message.text(HEADERS))
    header = HeaderParser(policy=compat32).parsestr(raw)
    date_text = headers.value(header, "date")
    at, zone = moments.from_mail(date_text) or (message.moment(SUBMITTED) or message.moment(DELIVERED), None)
    recipients = list(message.recipients())
    mail = {
        "sender": headers.people(header, "from") or message.sender(),
        "to": headers.people(header, "to") or [who for kind, who in recipients if kind == 1],
        "cc": headers.people(header, "cc") or [who for kind, who in recipients if kind == 2],
        "subject": line(message.text(SUBJECT) or headers.value(header, "subject")),
        "at": at,
        "zone": zone,
        "date_text": line(date_text or at, 200),
        "message_id": line(message.text(MESSAGE_ID) or headers.value(header, "message-id"), 500),
        "received": headers.way(header),
        "bounce": bounces.bounce(header, [], text),
        # Outlook does not keep the bytes that were signed.
        "signatures": [
            {**each, "verdict": "cannot_verify", "because": "not_original"} for each in mails.signatures(header)
        ],
    }
    mail["inconsistencies"] = consistency.doubts(mail, senders=len(headers.raw_values(header, "from")))
    return mail, ["date_unreadable"] if date_text and not moments.from_mail(date_text) else []
