"""The mails of mass runs: one form for thousands of people, into which is filled what differs.

A form is the ordinary mail, written with a mark in each place of something personal. The marks are characters of
Unicode's private use, which nobody's name, title or address may hold here: whatever does is written the ordinary way.
"""

import re
from email.header import Header
from email.utils import formatdate
from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.html import escape

from claims.actions import mails

PLAIN = {name: chr(0xE100 + at) for at, name in enumerate(mails.PERSONAL)}
ESCAPED = {name: chr(0xE200 + at) for at, name in enumerate(mails.PERSONAL)}
CODE = "".join(chr(0xE300 + at) for at in range(16))
FOURS = {CODE[at : at + 4]: chr(0xE380 + at) for at in range(0, 16, 4)}  # as it is written everywhere
SUBJECT, TO, DATE, ID = (chr(0xE400 + at) for at in range(4))
# Headers take no such characters: they are put in afterwards.
STAND_INS = {
    "Subject": ("SUBJECT", SUBJECT),
    "To": ("to@stand.in", TO),
    "Date": ("DATE", DATE),
    "Message-ID": ("ID", ID),
}
MARKS = re.compile("([\ue100-\ue4ff])")
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^{|}~-]{1,64}@[\w.-]{1,253}", re.ASCII)
LONGEST = 998 - 2 * 254  # bytes of a line of a form: two addresses may come to it
MOST_FORMS = 1000
FORMS = {}


class Form:
    """The mail of one kind, language, incident and wording, in pieces."""

    def __init__(self, *parts):
        self.subject, self.text, self.html, self.message = (MARKS.split(each) for each in parts)

    def filled_with(self, values):
        """The whole message as bytes."""
        values[SUBJECT] = encoded(filled(self.subject, values))
        return filled(self.message, values).encode()


def filled(part, values):
    out = part.copy()
    out[1::2] = [values[mark] for mark in part[1::2]]
    return "".join(out)


@lru_cache(10_000)
def encoded(subject):
    """As it stands in the header."""
    return Header(subject, None if subject.isascii() else "utf-8", header_name="Subject").encode(linesep="\r\n")


class FilledIn(EmailMultiAlternatives):
    """A message whose bytes are there already; who does not send bytes finds its parts as in any other."""

    def __init__(self, notice, form, values):
        super().__init__("", "", mails.envelope_of(notice), [notice.address])
        self.notice, self.raw, self.form, self.values = notice, form.filled_with(values), form, values

    def written_out(self):
        """The same as an ordinary message."""
        subject, text, html = (
            filled(part, self.values) for part in (self.form.subject, self.form.text, self.form.html)
        )
        headers = mails.headers_of(self.notice)
        return mails.message_of(subject, text, html, self.to[0], headers, mails.envelope_of(self.notice))


def render(notice):
    """The message of a notice: of a mass run by its form; any other, and what does not fit a form, the ordinary way."""
    values = values_of(notice) if notice.kind in mails.GRANTED and ADDRESS.fullmatch(notice.address) else None
    form = values and form_of(notice)
    if not form:
        return mails.render(notice)
    values |= {TO: notice.address, DATE: formatdate(), ID: notice.message_id}
    return FilledIn(notice, form, values)


def values_of(notice):
    """{mark: what stands there}; None if something cannot stand in a form."""
    words = mails.personal(notice)
    if not all(word.isprintable() for word in words.values()):
        return None
    values = {PLAIN[name]: word for name, word in words.items()}
    values |= {ESCAPED[name]: escape(word) for name, word in words.items()}
    return values | {mark: notice.code[at : at + 4] for at, mark in zip(range(0, 16, 4), FOURS.values(), strict=True)}


def form_of(notice):
    """The form that fits a notice, made if it is the first of its kind; None if there is none."""
    incident, context = notice.payout.incident, notice.context
    key = (
        (
            bool(notice.hint),
            notice.kind,
            notice.language,
            notice.payout.run_id,
            context.get("days"),
            context.get("reason"),
        ),
        (incident.title_it, incident.title_en, settings.SITE_URL, settings.DEFAULT_FROM_EMAIL),
    )
    if key not in FORMS:
        if len(FORMS) >= MOST_FORMS:
            FORMS.clear()
        FORMS[key] = made_for(notice)
    return FORMS[key]


def made_for(notice):
    """The form of such notices; None if it would not go out as it is written."""
    incident = notice.payout.incident
    if not (incident.title_it + incident.title_en).isprintable():
        return None
    context = mails.context_of(notice) | {
        "notice": {"code": CODE},
        "payout": SimpleNamespace(incident=incident),  # nothing of the one person whose notice came first
        "person": None,
    }
    unsaid = {} if notice.hint else {"hint": ""}
    with translation.override(notice.language):
        subject, text = mails.write(notice.kind, mails.PARTS[:2], context | PLAIN | unsaid)
        (html,) = mails.write(notice.kind, mails.PARTS[2:], context | ESCAPED | unsaid)
    stand_ins = {name: value for name, (value, _mark) in STAND_INS.items()}
    headers = mails.headers_of(notice) | {"Date": stand_ins["Date"], "Message-ID": stand_ins["Message-ID"]}
    message = mails.message_of(stand_ins["Subject"], text, html, stand_ins["To"], headers)
    head, blank, body = message.message().as_bytes(linesep="\r\n").decode().partition("\r\n\r\n")
    for name, (value, mark) in STAND_INS.items():
        head = head.replace(f"{name}: {value}", f"{name}: {mark}")
    if body.count("8bit") != 2 or max(len(line.encode()) for line in body.splitlines()) > LONGEST:
        return None
    parts = " ".join(subject.split()), text, html, head + blank + body
    for four, mark in FOURS.items():
        parts = [part.replace(four, mark) for part in parts]
    return None if any(mark in part for mark in CODE for part in parts) else Form(*parts)
