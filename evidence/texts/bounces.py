"""Mails that say that another mail did not arrive: as RFC 3464 has it, and as some servers write it by themselves."""

import re

from evidence.texts import headers, moments
from evidence.texts.cleaning import line

MOST = 20
REPORTS = {"message/delivery-status", "message/global-delivery-status"}
RETURNED = {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery|delivery sub", re.IGNORECASE)
FAILED = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|problem)|fail(?:ed|ure)|returned mail|could not be delivered"
    r"|mancat[ao] (?:recapito|consegna)|non recapitabil|impossibile recapitare|delayed|ritardo",
    re.IGNORECASE,
)
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.])([45]\d\d)[ -](?=\D)")
ADDRESS = re.compile(r"<?([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)>?")
# How a server answers at once, as the class of an enhanced status.
CLASSES = {"4": "4.0.0", "5": "5.0.0"}


def bounce(message, parts, text):
    """What is told of a mail that did not arrive, None if this is no such message."""
    reports = [part for part in parts if part.get_content_type() in REPORTS]
    found = [who for report in reports for who in recipients(report)][:MOST]
    if not found and not (own_words := spoken(message, text)):
        return None
    original = next((part for part in parts if part.get_content_type() in RETURNED), None)
    return {
        "standard": bool(found),
        "server": reporting_server(reports) if found else "",
        "recipients": found or own_words,
        "original": returned(original),
    }


def blocks(report):
    """The groups of fields of a delivery report."""
    content = headers.payload(report)
    return [block for block in content if hasattr(block, "_headers")] if isinstance(content, list) else []


def recipients(report):
    for block in blocks(report):
        who = typed(headers.value(block, "final-recipient")) or typed(headers.value(block, "original-recipient"))
        status = STATUS.search(headers.value(block, "status"))
        if who or status:
            yield {
                "recipient": line(who, 254),
                "action": line(headers.value(block, "action").lower(), 20),
                "status": status[1] if status else "",
                "diagnostic": line(typed(headers.value(block, "diagnostic-code"))),
                "server": line(typed(headers.value(block, "remote-mta")), 254),
                "at": (moments.from_mail(headers.value(block, "last-attempt-date")) or ("",))[0],
            }


def reporting_server(reports):
    named = (headers.value(block, "reporting-mta") for report in reports for block in blocks(report))
    return line(typed(next(filter(None, named), "")), 254)


def typed(text):
    """`rfc822; anna@libero.example` without its type."""
    kind, semicolon, rest = text.partition(";")
    return rest.strip() if semicolon and " " not in kind.strip() else text.strip()


def returned(part):
    """What is known of the mail that did not arrive."""
    if part is None:
        return None
    content = headers.payload(part)
    if isinstance(content, list):
        inner = content[0] if content and hasattr(content[0], "_headers") else None
    else:
        inner = HeadersOf(content) if isinstance(content, str) else None
    if inner is None:
        return None
    at, zone = moments.from_mail(headers.value(inner, "date")) or ("", None)
    return {
        "message_id": line(headers.value(inner, "message-id"), 500),
        "subject": line(headers.value(inner, "subject")),
        "sender": headers.people(inner, "from")[:3],
        "to": headers.people(inner, "to")[:10],
        "at": at,
        "zone": zone,
        "text": line(headers.value(inner, "date"), 100),
    }


class HeadersOf:
    """Headers that stand in a part as text."""

    def __init__(self, text):
        unfolded = re.sub(r"\r?\n[ \t]+", " ", text[:100_000])
        pairs = (each.partition(":") for each in unfolded.splitlines()[:500])
        self._headers = [(name.strip(), rest.strip()) for name, colon, rest in pairs if colon]


def spoken(message, text):
    """The recipients of a report in a server's own words; [] if it does not look like one."""
    failed = headers.values(message, "x-failed-recipients")
    sender = " ".join(headers.values(message, "from") + headers.values(message, "return-path"))
    is_daemon = DAEMON.search(sender) or "<>" in sender
    if not failed and not (is_daemon and FAILED.search(headers.value(message, "subject"))):
        return []
    status = STATUS.search(text[:20_000])
    reply = REPLY.search(text[:20_000])
    who = ADDRESS.findall(" ".join(failed)) or ADDRESS.findall(text[:20_000])[:1]
    return [
        {
            "recipient": line(each, 254),
            "action": "delayed" if status and status[1].startswith("4") else "failed",
            "status": status[1] if status else CLASSES[reply[1][0]] if reply else "",
            "diagnostic": line(around(text, status or reply)) if status or reply else "",
            "server": "",
            "at": "",
        }
        for each in (who[:MOST] or [""])
    ]


def around(text, found):
    """The line of `text` in which something was found."""
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end())
    return text[start : end if end >= 0 else None].strip()
