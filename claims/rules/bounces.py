"""What a mail says of another one: it came back or is late (RFC 3464), or was called unwanted (RFC 5965).

Anybody can send us such a mail. It counts only for the notice whose number and secret code it gives.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message

HARD, SOFT, DELAYED, COMPLAINT = "hard", "soft", "delayed", "complaint"
OURS = re.compile(r"\s*<notice\.(\d{1,18})\.([a-hj-np-z2-9]{16})@[a-z0-9.-]+>\s*", re.ASCII | re.IGNORECASE)
RETURN_PATH = re.compile(r"\+(\d{1,18})\.([a-hj-np-z2-9]{16})@", re.ASCII | re.IGNORECASE)
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b", re.ASCII)
# No such mailbox or domain, moved without an address, or one that is switched off: nothing will ever arrive there.
GONE = re.compile(r"5\.1\.(?:[0-6]|10)|5\.2\.1|5\.4\.4")
UNWANTED = {"abuse", "fraud", "opt-out"}
ARRIVALS = ("Delivered-To", "X-Original-To", "To")
LONGEST = 300


@dataclass(frozen=True)
class Told:
    """`address` is the one that failed, as its server knows it; "" if it did not say."""

    notice: int
    code: str
    kind: str
    address: str = ""
    status: str = ""
    answer: str = ""


def read(raw):
    """What a mail tells of a notice of ours; None if it does not, or if it tells that all is well."""
    mail = message_from_bytes(raw)
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return None
    parts = {part.get_content_type(): part for part in reversed(mail.get_payload()) if isinstance(part, Message)}
    if (which := about(mail, parts)) is None:
        return None
    if "message/feedback-report" in parts:
        return complaint(which, headers_in(parts["message/feedback-report"]))
    if "message/delivery-status" in parts:
        return failure(which, headers_in(parts["message/delivery-status"]))
    return None


def headers_in(part):
    """Groups of header lines that a part of type message/… holds."""
    payload = part.get_payload()
    return [group for group in payload if isinstance(group, Message)] if isinstance(payload, list) else []


def about(mail, parts):
    """(number, code) of the notice, by its Message-ID in what was returned or by the address it was returned to."""
    returned = [*headers_in(parts["message/rfc822"])] if "message/rfc822" in parts else []
    if "text/rfc822-headers" in parts and isinstance(text := parts["text/rfc822-headers"].get_payload(), str):
        returned.append(message_from_string(text))
    for message in returned:
        if found := OURS.fullmatch(str(message.get("Message-ID", ""))):
            return int(found[1]), found[2].upper()
    for name in ARRIVALS:
        for value in mail.get_all(name, ()):
            if found := RETURN_PATH.search(str(value)):
                return int(found[1]), found[2].upper()
    return None


def complaint(which, groups):
    kinds = {str(group.get("Feedback-Type", "")).strip().lower() for group in groups}
    return Told(*which, COMPLAINT) if kinds & UNWANTED else None


def failure(which, groups):
    """The first recipient of whom something is told; our mails have one."""
    for group in groups:
        action = str(group.get("Action", "")).split("(")[0].strip().lower()
        answer = one_line(group.get("Diagnostic-Code", ""))
        status = STATUS.search(str(group.get("Status", ""))) or STATUS.search(answer)
        status = status[1] if status else ""
        if action not in ("failed", "delayed"):
            continue
        kind = DELAYED if action == "delayed" else HARD if GONE.fullmatch(status) else SOFT
        return Told(*which, kind, recipient(group), status, answer)
    return None


def recipient(group):
    """ "rfc822; somebody@example.org" without its type; "" for what is no address."""
    value = str(group.get("Original-Recipient") or group.get("Final-Recipient") or "").rpartition(";")[2]
    value = value.strip().strip("<>").lower()
    return value if re.fullmatch(r"[^\s@]{1,64}@[^\s@]{1,189}", value) else ""


def one_line(value):
    """Words of a stranger's server as one short line."""
    return " ".join("".join(each if each.isprintable() else " " for each in str(value)).split())[:LONGEST]
