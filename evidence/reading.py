"""From clean bytes to what they say: text by page, dated facts, mails. Equal bytes are read once."""

import logging
import shutil
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from evidence import blobs
from evidence.errors import ScannerUnavailable
from evidence.models import Content, Document, Mail, Page
from evidence.texts import MOST_LINES, warm
from evidence.texts.cleaning import clean, fit
from evidence.texts.language import language_of, main_language

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
BATCH = 50
# The reader gives up after 20 s, twice: nothing is begun that might not end within the lease.
LONGEST = 60
# What was found is written once for many files, but not later than this after it was found.
SOON = 1.0
MAX_FAILURES = 5
OCR_LANGUAGES = "ita+eng"
FOUND = ["state", "reason", "language", "pages", "notes", "facts", "location", "read_at", "leased_until"]


def read_batch(now=None, size=BATCH, reader=warm):
    """How many contents were read; 0 means that there is nothing to do at the moment.

    1. lease a batch and commit; 2. read file by file, outside of any transaction; 3. write what was found, whole, if
    the lease is still ours. Killed in between, a content is free again when the lease ends. A file that cannot be read
    is written down as that.
    """
    started = written_at = time.monotonic()
    leased, done, found = lease(now or timezone.now(), size), 0, []
    groups = groups_of(leased)
    leased.sort(key=lambda content: groups[content.pk])
    for place, content in enumerate(leased):
        if time.monotonic() > started + LEASE.total_seconds() - LONGEST:
            release(leased[place:])
            break
        found += read(content, reader, groups[content.pk])
        if time.monotonic() > written_at + SOON:
            done, found, written_at = done + keep(found), [], time.monotonic()
    return done + keep(found)


@transaction.atomic
def lease(now, size):
    contents = list(Content.objects.leasable(now).select_for_update(skip_locked=True)[:size])
    until = now + LEASE
    Content.objects.filter(pk__in=[content.pk for content in contents]).update(leased_until=until, tries=F("tries") + 1)
    for content in contents:
        content.leased_until, content.tries = until, content.tries + 1
    return contents


def groups_of(contents):
    """{hash: whose it is}: one person's files may be read by one child, what several people have is read alone."""
    owners = {content.pk: set() for content in contents}
    documents = Document.objects.filter(sha256__in=owners, state=Document.State.CLEAN)
    for digest, owner in documents.values_list("sha256", "owner") if owners else ():
        owners[digest].add(owner)
    return {digest: str(*of) if len(of) == 1 else digest for digest, of in owners.items()}


def read(content, reader, group=""):
    """[(content, Found)] if it is known now what the content says, or that nobody can tell; else []."""
    details = {"media_type": content.media_type, "ocr": recognition()}
    try:
        with blobs.local(content.sha256) as path:
            return [(content, Found(reader.tell("read", path, details, group)))]
    except (ScannerUnavailable, OSError, ValueError, TypeError, KeyError) as error:
        return failed(content, error)


def failed(content, error):
    """As read(): a content that was not read goes back, and is given up in the end."""
    logger.error("content %s not read, try %s: %s", content.pk, content.tries, error)
    if content.tries < MAX_FAILURES:
        give_back(content)
        return []
    return [(content, Found())]


def recognition():
    """The command that finds text in pictures, none unless it was asked for and is installed."""
    program = shutil.which(settings.OCR_COMMAND) if settings.OCR_COMMAND else None
    return [program, "stdin", "stdout", "-l", OCR_LANGUAGES] if program else None


class Found:
    """What the reader told, made fit for the database: it says what a file makes it say."""

    def __init__(self, told=None):
        self.texts, self.facts, self.mail, self.location, self.notes = [], {}, None, None, []
        self.pages, self.skipped, self.unreadable = 0, "", "" if told else "failed"
        self.given_up = told is None
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


def keep(found):
    """Writes down what was found in some contents; of how many. One that the database refuses costs no other."""
    if not found:
        return 0
    try:
        return write(found)
    except (DatabaseError, ValueError, TypeError, KeyError) as error:
        if len(found) > 1:
            return sum(keep([each]) for each in found)
        [(content, said)] = found
        return give_back(content) if said.given_up else keep(failed(content, error))


@transaction.atomic
def write(found):
    """Writes it all down, but nothing for a content whose lease ran out: somebody else has it now."""
    leases = {content.pk: content.leased_until for content, _said in found}
    rows = Content.objects.filter(pk__in=leases, state=Content.State.WAITING).order_by("pk")
    held = {row.pk: row for row in rows.select_for_update() if row.leased_until == leases[row.pk]}
    found = [(held[content.pk], said) for content, said in found if content.pk in held]
    Page.objects.filter(content__in=held).delete()
    Mail.objects.filter(content__in=held).delete()
    Page.objects.bulk_create(
        Page(content=content, number=number, text=text, language=language)
        for content, said in found
        for number, (text, language) in enumerate(said.texts, 1)
        if text
    )
    Mail.objects.bulk_create(mail_of(content, said.mail) for content, said in found if said.mail)
    now = timezone.now()
    for content, said in found:
        content.state, content.reason = said.state, said.unreadable or said.skipped
        content.language, content.pages = main_language(said.texts), said.pages or len(said.texts)
        content.notes, content.facts, content.location = sorted(set(said.notes)), said.facts, said.location
        content.read_at, content.leased_until = now, None
    rows = [content for content, _said in found]
    # The rows are there, and held: this writes them all by one statement.
    Content.objects.bulk_create(rows, update_conflicts=True, unique_fields=["sha256"], update_fields=FOUND)
    return len(found)


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


def give_back(content):
    """Free for the next try, soon at first and every minute in the end."""
    ours(content).update(leased_until=timezone.now() + timedelta(seconds=min(60, 5 * content.tries)))
    return 0


def release(contents):
    """Free at once, as if they had not been taken: there was no time for them."""
    for content in contents:
        ours(content).update(leased_until=None, tries=F("tries") - 1)


def ours(content):
    return Content.objects.filter(pk=content.pk, state=Content.State.WAITING, leased_until=content.leased_until)
