"""From clean bytes to what they say: text by page, dated facts, mails. Equal bytes are read once."""

import logging
import shutil
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from evidence import blobs
from evidence.errors import ScannerUnavailable
from evidence.models import Content, Mail, Page
from evidence.texts import MOST_LINES, warm
from evidence.texts.cleaning import clean, fit
from evidence.texts.language import language_of, main_language

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
# The reader gives up after 20 s: a batch ends within its lease even if every file takes that long.
BATCH = 10
MAX_FAILURES = 5
OCR_LANGUAGES = "ita+eng"


def read_batch(now=None, size=BATCH, reader=warm):
    """How many contents were read; 0 means that there is nothing to do at the moment.

    1. lease a batch and commit; 2. read file by file, outside of any transaction; 3. write what was found, whole, if
    the lease is still ours. Killed in between, a content is free again when the lease ends. A file that cannot be read
    is written down as that.
    """
    return sum(read(content, reader) for content in lease(now or timezone.now(), size))


@transaction.atomic
def lease(now, size):
    contents = list(Content.objects.leasable(now).select_for_update(skip_locked=True)[:size])
    until = now + LEASE
    Content.objects.filter(pk__in=[content.pk for content in contents]).update(leased_until=until, tries=F("tries") + 1)
    for content in contents:
        content.leased_until, content.tries = until, content.tries + 1
    return contents


def read(content, reader):
    """True if it is known now what the content says, or that nobody can tell."""
    try:
        with blobs.local(content.sha256) as path:
            told = reader.tell("read", path, {"media_type": content.media_type, "ocr": recognition()})
        return keep(content, Found(told))
    except (ScannerUnavailable, OSError, DatabaseError, ValueError, TypeError, KeyError) as error:
        logger.error("content %s not read, try %s: %s", content.pk, content.tries, error)
        if content.tries < MAX_FAILURES:
            return give_back(content)
        return keep(content, Found())


def recognition():
    """The command that finds text in pictures, none unless it was asked for and is installed."""
    program = shutil.which(settings.OCR_COMMAND) if settings.OCR_COMMAND else None
    return [program, "stdin", "stdout", "-l", OCR_LANGUAGES] if program else None


class Found:
    """What the reader told, made fit for the database: it says what a file makes it say."""

    def __init__(self, told=None):
        self.texts, self.facts, self.mail, self.location, self.notes = [], {}, None, None, []
        self.pages, self.skipped, self.unreadable = 0, "", "" if told else "failed"
        for line in told.lines[:MOST_LINES] if told else ():
            self.add(fit(line))
        if told and not told.whole:
            # What came before the file became too much is worth having.
            self.notes.append("cut")
            self.unreadable = "" if self.texts or self.mail else "too_complex"

    def add(self, line):
        if "page" in line:
            text = clean(line["page"])
            self.texts.append((text, language_of(text)))
        self.facts.update(line.get("facts") or {})
        self.mail = line.get("mail") or self.mail
        self.location = line.get("location") or self.location
        self.notes += [str(note)[:40] for note in line.get("notes") or []]
        self.pages = int(line.get("pages") or self.pages)
        self.skipped = str(line.get("skipped") or self.skipped)[:40]
        self.unreadable = str(line.get("unreadable") or self.unreadable)[:40]

    @property
    def state(self):
        if self.unreadable:
            return Content.State.UNREADABLE
        return Content.State.SKIPPED if self.skipped else Content.State.READ


@transaction.atomic
def keep(content, found):
    """Writes it all down, unless the lease ran out and somebody else has it now."""
    if not ours(content).select_for_update().exists():
        return False
    content.texts.all().delete()
    Mail.objects.filter(content=content).delete()
    Page.objects.bulk_create(
        Page(content=content, number=number, text=text, language=language)
        for number, (text, language) in enumerate(found.texts, 1)
        if text
    )
    if found.mail:
        mail_of(content, found.mail).save(force_insert=True)
    ours(content).update(
        state=found.state,
        reason=found.unreadable or found.skipped,
        language=main_language(found.texts),
        pages=found.pages or len(found.texts),
        notes=sorted(set(found.notes)),
        facts=found.facts,
        location=found.location,
        read_at=timezone.now(),
        leased_until=None,
    )
    return True


def mail_of(content, said):
    """The row of a mail. Its signatures wait for the keys to be looked up, which is not the reader's to do."""
    unchecked = [each for each in said["signatures"] if not each["verdict"]]
    states = Mail.Check
    return Mail(
        content=content,
        sender=said["sender"],
        to=said["to"],
        cc=said["cc"],
        subject=said["subject"],
        date=datetime.fromisoformat(said["at"]) if said["at"] else None,
        date_text=said["date_text"][:200],
        zone=said["zone"],
        message_id=said["message_id"][:500],
        received=said["received"],
        bounce=said["bounce"],
        signatures=said["signatures"],
        inconsistencies=said["inconsistencies"],
        check_state=states.WAITING if unchecked else states.DONE if said["signatures"] else states.NONE,
    )


def ours(content):
    return Content.objects.filter(pk=content.pk, state=Content.State.WAITING, leased_until=content.leased_until)


def give_back(content):
    """Free for the next try, soon at first and every minute in the end."""
    ours(content).update(leased_until=timezone.now() + timedelta(seconds=min(60, 5 * content.tries)))
    return False
