"""What the claimant reads for every code of this floor: what happened, and what to do about it."""

from django.conf import settings
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MEGABYTE = 1024 * 1024
MAX_BYTES = 25 * MEGABYTE
BYTES_A_DAY = 500 * MEGABYTE
MOST_UNFINISHED = 20


def max_bytes():
    """How large one file may be, in bytes."""
    return getattr(settings, "EVIDENCE_MAX_BYTES", MAX_BYTES)


def bytes_a_day():
    """How much one person may send in 24 hours."""
    return getattr(settings, "EVIDENCE_BYTES_A_DAY", BYTES_A_DAY)


def most_unfinished():
    """How many files of one person may be on their way at once."""
    return getattr(settings, "EVIDENCE_MOST_UNFINISHED", MOST_UNFINISHED)


max_megabytes = lazy(lambda: str(max_bytes() // MEGABYTE), str)

# Refused at the door or at the hand-out: {code: (HTTP status, text)}.
DOOR = {
    "empty_file": (422, _("This file is empty. Choose it again, or choose another one.")),
    "too_large": (
        413,
        format_lazy(
            _("This file is too large. Send one of at most {megabytes} MB, or split it into several files."),
            megabytes=max_megabytes(),
        ),
    ),
    "type_not_allowed": (
        415,
        _("We cannot accept this kind of file. Send a PDF or a picture instead, for example a screenshot."),
    ),
    "content_mismatch": (
        415,
        _("The content of this file is not what its name says. Save it again in the right format, or send a PDF."),
    ),
    "archive_unsafe": (
        415,
        _("We cannot look inside this archive safely. Send the files in it one by one, without a password."),
    ),
    "storage_full": (
        507,
        _("We have no room for this file at the moment. Nothing was stored. Try again in an hour."),
    ),
    "storage_away": (
        503,
        _("Our storage does not answer at the moment. Nothing was stored or handed out. Try again in a few minutes."),
    ),
    "missing": (
        503,
        _("This file should be on our storage, but it is not there. That is our fault, and our technicians were told."),
    ),
    "daily_quota": (
        409,
        format_lazy(
            _("You have sent as much as one person may in 24 hours: {megabytes} MB. Send the rest tomorrow."),
            megabytes=lazy(lambda: str(bytes_a_day() // MEGABYTE), str)(),
        ),
    ),
    "too_many_uploads": (
        409,
        format_lazy(
            _("{most} files of yours are still on their way. Wait until they are here, or cancel some of them."),
            most=lazy(lambda: str(most_unfinished()), str)(),
        ),
    ),
    "not_checked_yet": (409, _("This file is still being checked. Try again in a minute.")),
    "refused_file": (403, _("This file did not pass our check, so nobody can open it.")),
    "refused_inside": (
        403,
        _("Files in this archive were not accepted, so it is not handed out as a whole. Open the others one by one."),
    ),
    "deleted": (410, _("This file is deleted: the time for which we keep documents is over.")),
    "no_preview": (404, _("There is no preview of this file. Download it to see it.")),
}

STATES = {
    "pending": _("Being checked"),
    "clean": _("Checked"),
    "refused": _("Not accepted"),
    "deleted": _("Deleted"),
}
NOT_SCANNED = _("Not virus-scanned")

# Why a stored document was refused.
REASONS = {
    "malware": _("A virus was found in this file. Check your device, then send a new copy from the original source."),
    "mixed_content": _("Other content is hidden in this file. Take a screenshot of it, or print it to a new PDF."),
    "too_many_pixels": _("This picture is too large: at most 50 million pixels. Send a smaller copy of it."),
    "broken_picture": _("This picture is damaged. Open it on your device, save it again and send the new copy."),
    "broken_document": _("This document is damaged. Open it on your device, save it as a PDF and send the new copy."),
    "active_content": _("This file tries to start something when it is opened. Print it to a PDF and send that one."),
    "too_complex": _("This file is too complicated to be checked. Print it to a new PDF and send that one."),
    "lost": _("We lost this file before we could check it. We are sorry: send it again."),
    "archive_unsafe": _("This archive holds files we cannot accept. Send the documents in it one by one, as PDF."),
}

MADE_HERE = "made_here"
# What both sides should know about a document that was accepted.
WARNINGS = {
    MADE_HERE: _("We made this document ourselves. It was not virus-scanned, because nothing in it came as a file."),
    "incomplete_picture": _("Part of this picture is missing. If you can, send a complete copy."),
    "unreadable_password": _("This file has a password, so we cannot read it. Send a copy without the password."),
    "active_content": _("This document holds scripts. Use the preview, or open it with care."),
    "external_content": _(
        "This document refers to files elsewhere, which are not fetched. Send them too if they matter."
    ),
    "embedded_files": _("This document has other files inside. They are not shown: send them one by one."),
    "changed_after_signing": _("This PDF was changed after it was signed."),
    "several_senders": _("This message names more than one sender."),
    "date_unreadable": _("The date of this message cannot be read."),
    "encrypted_mail": _("This message is encrypted, so we cannot read it. Save its text as a PDF and send that too."),
    "not_a_mail": _("This Outlook file is no message, but a contact, an appointment or the like."),
    "never_sent": _("This message is a draft: it was never sent."),
    "too_deep": _("Files inside this one are not opened, because they lie too deep. Send them one by one."),
    "too_many_parts": _("There are too many files inside. Send those that are not listed here one by one."),
}
# What the claimant has to do something about, although the file was accepted.
UNREADABLE = frozenset({"unreadable_password", "encrypted_mail", "too_deep", "too_many_parts"})

# Why a file inside an archive or a message was left out, beside what the door says.
INSIDE = {
    "nested_archive": _("An archive inside an archive is not opened. Send the files in it one by one."),
    "broken_inside": _("It is damaged inside. Send it on its own."),
    "no_room": _("There was no room for it in the claim. Remove another document and send it on its own."),
    "closed_message": _("A message attached to an Outlook message is not opened. Save it and send it on its own."),
}


def left_out(code):
    """Why a file inside was left out, as a lazy text."""
    return INSIDE[code] if code in INSIDE else DOOR[code][1]


def failures(document):
    """What the person who sent `document` has to do something about, as a list of lazy texts."""
    if document.reason:
        return [REASONS[document.reason]]
    return [WARNINGS[code] for code in document.warnings if code in UNREADABLE] + lines_of_left_out(document)


def lines_of_left_out(document):
    lines = document.left_out
    return [format_lazy("{inside}: {why}", inside=each["inside"], why=left_out(each["reason"])) for each in lines]


def texts(document):
    """Everything to be shown beside `document`, most important first, as a list of lazy texts."""
    if document.reason:
        return [REASONS[document.reason]]
    notes = [WARNINGS[code] for code in document.warnings]
    notes += lines_of_left_out(document)
    known = document.scanned or document.state != "clean" or MADE_HERE in document.warnings
    return notes if known else [*notes, NOT_SCANNED]
