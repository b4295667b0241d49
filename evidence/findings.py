"""What was found in a document, in plain words for both sides."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from evidence.mail_words import bounce_of, doubts_of, hops_of, signatures_of
from evidence.models import Content, Mail

STATES = {
    "waiting": _("We are still reading this document."),
    "password": _("It has a password, so nothing in it could be read."),
    "damaged": _("It is damaged, so nothing in it could be read."),
    "too_complex": _("It is too complicated to be read by machine."),
    "failed": _("It could not be read by machine."),
    "picture": _("Pictures are not read: a search does not find the words in this one."),
    "archive": _("The files in this archive are read one by one."),
}
NOTES = {
    "cut": _("It is very long: only the first part was read."),
    "pages_without_text": _("Some pages hold no text, only pictures. They were not read."),
    "recognised": _("The words in it were recognised by machine and may be wrong."),
    "date_unreadable": _("Its date cannot be read."),
    "not_a_mail": _("This is not a mail but another entry of Outlook, such as a contact or an appointment."),
    "never_sent": _("This is a draft: it was never sent."),
    "encrypted": _("This mail is encrypted, so its text could not be read."),
    "too_deep": _("It has too many parts inside each other: not all of them were read."),
    "too_many_parts": _("It has very many parts: not all of them were read."),
    "only_headers": _("Its text is built too deep to be read: only its head was read."),
}
DATES = {
    "mail_date": _("Date of the mail"),
    "received": _("Received by a server"),
    "bounced_mail": _("Date of the mail that did not arrive"),
    "photo_taken": _("Photograph taken"),
    "photo_stored": _("Photograph stored"),
    "file_changed": _("File changed"),
    "file_created": _("File created"),
    "satellite_time": _("Time by satellite"),
    "pdf_created": _("PDF created"),
    "pdf_modified": _("PDF changed"),
    "xmp_created": _("PDF created (second entry)"),
    "xmp_modified": _("PDF changed (second entry)"),
    "document_created": _("Document created"),
    "document_modified": _("Document changed"),
}
WORDS = {
    "title": _("Title"),
    "author": _("Author"),
    "creator": _("Made with"),
    "producer": _("PDF made by"),
    "camera": _("Camera"),
    "software": _("Program"),
}
# Types that have pages; of others only the text is told.
PAGED = {"application/pdf"}


@dataclass(frozen=True)
class Dated:
    """A date as a document tells it. `moment` is None where the zone is unknown: then `wall` is what it says."""

    label: str
    moment: datetime | None
    wall: datetime | None
    zone: str
    text: str


@dataclass(frozen=True)
class MailFound:
    """A mail as it is shown. `doubts` are for those who judge it."""

    mail: Mail
    bounce: dict | None
    signatures: list
    hops: list
    doubts: list
    zone: str


@dataclass(frozen=True)
class Findings:
    """`summary` are short texts, `notes` what a reader should know, `facts` pairs of words, `dates` the dates told."""

    state: str
    summary: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    dates: list = field(default_factory=list)
    mail: MailFound | None = None
    location: str = ""


def findings_of(documents):
    """{document's id: Findings} of those that are clean, in two queries however many there are."""
    clean = [document for document in documents if document.state == "clean"]
    contents = Content.objects.select_related("mail").in_bulk({document.sha256 for document in clean})
    return {document.pk: described(contents[document.sha256]) for document in clean if document.sha256 in contents}


def described(content):
    mail = getattr(content, "mail", None)
    texts = [STATES[content.state]] if content.state == Content.State.WAITING else []
    if content.reason in STATES:
        texts = [STATES[content.reason]]
    return Findings(
        state=content.state,
        summary=summary_of(content),
        notes=texts + [NOTES[note] for note in content.notes if note in NOTES],
        facts=[(WORDS[name], content.facts[name]) for name in WORDS if isinstance(content.facts.get(name), str)],
        dates=[dated(each) for each in content.facts.get("dates", []) if each["what"] in DATES],
        mail=mail
        and MailFound(mail, bounce_of(mail), signatures_of(mail), hops_of(mail), doubts_of(mail), zone_name(mail.zone)),
        location=f"{content.location['latitude']}, {content.location['longitude']}" if content.location else "",
    )


def summary_of(content):
    said = []
    if content.media_type in PAGED and content.pages:
        said.append(ngettext_lazy("%(count)d page", "%(count)d pages", "count") % {"count": content.pages})
    if content.language:
        said.append(format_lazy(_("in {language}"), language=content.get_language_display()))
    attached = len(content.facts.get("attached", []))
    if attached:
        said.append(ngettext_lazy("%(count)d attachment", "%(count)d attachments", "count") % {"count": attached})
    return said


def dated(fact):
    moment = datetime.fromisoformat(fact["at"])
    return Dated(
        label=DATES[fact["what"]],
        moment=moment if moment.tzinfo else None,
        wall=None if moment.tzinfo else moment,
        zone=zone_name(fact.get("zone")),
        text=fact.get("text", ""),
    )


def zone_name(minutes):
    """UTC+1, UTC+5:30, or "" if the zone is not known."""
    if minutes is None:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"
