"""A mail (EML): its text, its headers, what it reports, and what in it does not fit together."""

import re
from email.errors import MessageError
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from html.parser import HTMLParser

from evidence.texts import bounces, consistency, headers, moments
from evidence.texts.cleaning import LONGEST, Writer, line

MOST_PARTS, DEEPEST, MOST_SIGNATURES = 200, 5, 10
SEALED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"}
SIGNING = (("dkim-signature", "dkim"), ("arc-message-signature", "arc"), ("arc-seal", "arc-seal"))
MACHINERY = bounces.REPORTS | {"text/rfc822-headers", "application/pgp-signature", "application/pkcs7-signature"}
TAG = re.compile(r"(?:^|;)\s*([a-z]+)\s*=\s*([^;]*)")


def read(path, _ocr):
    with open(path, "rb") as file:
        message, notes = parsed(file)
    parts, more = parts_of(message)
    notes += more
    text, attached = text_and_files(parts)
    mail, doubts = told(message, parts, text)
    yield {"mail": mail, "facts": facts(mail, attached)}
    writer = Writer()
    yield from writer.flow(summary(mail) + text)
    notes += doubts
    if any(part.get_content_type() in SEALED and not is_only_signed(part) for part in parts):
        notes.append("encrypted")
    if headers.value(message, "x-unsent").strip() == "1":
        notes.append("never_sent")
    yield writer.end(notes=notes)


def parsed(file):
    """(message, notes). A mail that is nested too deep for the parser is known by its headers alone."""
    try:
        return BytesParser(policy=compat32).parse(file), []
    except (RecursionError, MessageError, ValueError, LookupError, AttributeError, TypeError):
        file.seek(0)
        return BytesHeaderParser(policy=compat32).parse(file), ["only_headers"]


def parts_of(message):
    """(the parts in their order, notes), as far down and as many as anybody would look at."""
    parts, notes, rest = [], [], [(message, 0)]
    while rest:
        part, depth = rest.pop()
        if len(parts) >= MOST_PARTS:
            notes.append("too_many_parts")
            break
        parts.append(part)
        inner = headers.payload(part)
        # A mail that is attached is a document of its own, and the fields of a delivery report are no parts.
        if isinstance(inner, list) and part.get_content_maintype() == "multipart":
            if depth >= DEEPEST:
                notes.append("too_deep")
                continue
            rest += [(each, depth + 1) for each in reversed(inner)]
    return parts, sorted(set(notes))


def text_and_files(parts):
    """(the text of the mail, [{"name", "media_type"}] of what is attached)."""
    plain, pages, attached = [], [], []
    for part in parts:
        kind, name = part.get_content_type(), file_name(part)
        if part.get_content_maintype() == "multipart" or (kind in MACHINERY and not name):
            continue
        if name or kind not in ("text/plain", "text/html"):
            attached.append({"name": line(name or kind, 150), "media_type": line(kind, 100)})
        elif kind == "text/plain":
            plain.append(content(part))
        else:
            pages.append(words_of_page(content(part)))
    return "\n\n".join(plain if any(map(str.strip, plain)) else pages), attached


def file_name(part):
    try:
        return headers.decoded(part.get_filename() or "")
    except (ValueError, TypeError, LookupError, IndexError, AttributeError):
        return "attachment"


def content(part):
    """The text of a part, whatever it says about its alphabet."""
    try:
        data = part.get_payload(decode=True) or b""
    except (ValueError, LookupError, AttributeError, TypeError):
        data = str(headers.payload(part)).encode("utf-8", "surrogateescape")
    try:
        charset = part.get_content_charset()
    except (ValueError, LookupError, TypeError, AttributeError):
        charset = None
    return headers.in_charset(data[: LONGEST * 4], charset)


class Words(HTMLParser):
    """The text of a page, without what a browser would run, fetch or hide."""

    SILENT = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})
    BREAKING = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "hr"})

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.words, self.silent = [], 0

    def handle_starttag(self, tag, _attributes):
        self.silent += tag in self.SILENT
        if tag in self.BREAKING:
            self.words.append("\n")

    def handle_endtag(self, tag):
        self.silent = max(0, self.silent - (tag in self.SILENT))

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


def words_of_page(page):
    words = Words()
    try:
        words.feed(page)
        words.close()
    except (AssertionError, ValueError):  # what the parser says of some broken markup
        pass
    return re.sub(r"[^\S\n]+", " ", re.sub(r"\s*\n\s*", "\n", "".join(words.words)))


def is_only_signed(part):
    return "signed-data" in headers.value(part, "content-type").lower()


def told(message, parts, text):
    """(what goes into the table of mails, notes)."""
    date_text = headers.value(message, "date")
    at, zone = moments.from_mail(date_text) or ("", None)
    mail = {
        "sender": headers.people(message, "from"),
        "to": headers.people(message, "to"),
        "cc": headers.people(message, "cc"),
        "subject": line(headers.value(message, "subject")),
        "at": at,
        "zone": zone,
        "date_text": line(date_text, 200),
        "message_id": line(headers.value(message, "message-id"), 500),
        "received": headers.way(message),
        "bounce": bounces.bounce(message, parts, text),
        "signatures": signatures(message),
    }
    mail["inconsistencies"] = consistency.doubts(mail, senders=len(headers.raw_values(message, "from")))
    return mail, ["date_unreadable"] if date_text and not at else []


def signatures(message):
    """Who says that they signed: {"kind", "instance", "domain", "selector", "signed_at", "partly"}, unverified."""
    found = []
    for name, kind in SIGNING:
        for number, raw in enumerate(headers.raw_values(message, name)[:MOST_SIGNATURES]):
            tags = {tag: re.sub(r"\s+", "", said) for tag, said in TAG.findall(raw[:10_000])}
            signed = int(tags["t"]) if re.fullmatch(r"\d{1,11}", tags.get("t", ""), re.ASCII) else None
            found.append(
                {
                    "kind": kind,
                    "number": number,
                    "instance": line(tags.get("i", ""), 10) if kind != "dkim" else "",
                    "domain": line(tags.get("d", "").lower(), 255),
                    "selector": line(tags.get("s", "").lower(), 255),
                    "signed_at": moments.from_seconds(signed),
                    "partly": "l" in tags,
                    "verdict": "",
                }
            )
    return found


def facts(mail, attached):
    """The dated facts of a mail, and what is attached to it."""
    dates = []
    if mail["at"]:
        dates.append({"what": "mail_date", "at": mail["at"], "zone": mail["zone"], "text": mail["date_text"]})
    dates += [
        {"what": "received", "at": hop["at"], "zone": hop["zone"], "text": hop["by"]}
        for hop in mail["received"]
        if hop["at"]
    ]
    original = (mail["bounce"] or {}).get("original")
    if original and original["at"]:
        dates.append({"what": "bounced_mail", **{key: original[key] for key in ("at", "zone", "text")}})
    return {"dates": dates, **({"attached": attached} if attached else {})}


def summary(mail):
    """What stands above the text, so that a search finds a mail by who wrote it."""
    lines = [
        ("From", people(mail["sender"])), ("To", people(mail["to"])), ("Cc", people(mail["cc"])),
        ("Date", mail["date_text"]), ("Subject", mail["subject"]),
    ]  # fmt: skip
    return "".join(f"{name}: {said}\n" for name, said in lines if said) + "\n"


def people(them):
    return ", ".join(f"{each['name']} <{each['address']}>" if each["name"] else each["address"] for each in them)
