"""What happened to one document since it came in, from its row, the journal and who read it; oldest first."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.models import JournalEntry, Letter
from claims.models.journal import chain_of
from claims.reports.retention import ENDINGS
from evidence import blobs
from evidence.errors import StorageAway
from evidence.models import Content, DeletedFile, Document, Reading

OCCASIONS = {
    "case ": gettext_lazy("in the case"),
    "archive of ": gettext_lazy("in the archive of the case"),
    "bundle of ": gettext_lazy("in the bundle of the case"),
    "API, claim ": gettext_lazy("by a program, through the API"),
    "followed by its claimant": gettext_lazy("by the claimant's side"),
}


@dataclass(frozen=True)
class Step:
    at: datetime
    what: str
    who: str
    more: str = ""


def custody_of(claim, document):
    """The Steps, in so many queries however many there are."""
    steps = [*received(claim, document), *judged(document), *read_by_machine(document)]
    steps += [*worked_on(claim, document), *named_in_journal(claim, document), *handed_out(document)]
    steps += [*decided(claim, document), *deleted(document), *missing(document)]
    return sorted(steps, key=lambda step: step.at)


def received(claim, document):
    owner, more = str(document.owner), f"{claim.get_channel_display()}, {document.size} B"
    if document.parent_id and not document.deleted_at:
        more = _("found inside %(name)s: %(path)s") % {"name": document.parent.name, "path": document.inside}
    yield Step(document.received_at, _("Received"), owner, f"{more}; SHA-256 {document.sha256}")


def judged(document):
    for scan in document.scans.all():
        verdict = " ".join(filter(None, [str(scan.get_verdict_display()), scan.reason]))
        scanner = scan.scanned_with or ("" if scan.reason else _("Not virus-scanned"))
        yield Step(scan.at, _("Checked: %(verdict)s") % {"verdict": verdict}, _("Automatically"), scanner)
    if document.withdrawn_at:
        yield Step(document.withdrawn_at, _("Withdrawn: a virus was found later"), _("Automatically"))
    for member in document.members.all():
        path = "" if member.deleted_at else member.inside
        yield Step(member.received_at, _("Opened: a file was found inside"), _("Automatically"), path)


def deleted(document):
    """What became of it at the end of its time; its hash and its size are all that is left."""
    file = DeletedFile.objects.filter(document=document).select_related("deletion").first()
    if file is None:
        return
    rule = ENDINGS.get(file.deletion.rule, file.deletion.rule)
    yield Step(file.deletion.ordered_at, _("Deleted: the time to keep it was over"), _("Automatically"), str(rule))
    if file.absent_at:
        before = _("it was the same before") if file.hash_before == document.sha256 else file.hash_before
        yield Step(file.absent_at, _("Found absent on the storage"), _("Automatically"), str(before))


def missing(document):
    """What a look at the storage says now: nothing if the original is there, or if that cannot be known."""
    if document.state != Document.State.DELETED:
        with suppress(StorageAway):
            if blobs.lost([document.sha256]):
                yield Step(timezone.now(), _("Not found on the storage"), _("Automatically"))


def read_by_machine(document):
    content = Content.objects.filter(pk=document.sha256).first()
    if content and content.read_at:
        yield Step(content.read_at, str(content.get_state_display()), _("Automatically"))


def worked_on(claim, document):
    attachment = claim.attachments.filter(document=document).first()
    labels = {
        "pin": _("Remark pinned"),
        "resolve": _("Remark resolved"),
        "mark read": _("Marked as read"),
        "prove": _("Marked as proof of a loss"),
        "not prove": _("No longer marked as proof of a loss"),
        "recompute": _("Hash computed again"),
    }
    for entry in JournalEntry.objects.filter(chain=chain_of(attachment)).select_related("actor"):
        what, more = labels.get(entry.action, entry.action), ""
        if entry.action == "recompute":
            more = _("it is the same") if entry.facts["holds"] else _("it is missing or was changed")
        elif "page" in entry.facts:
            more = _("page %(number)d") % {"number": entry.facts["page"]}
        yield Step(entry.at, what, str(entry.actor or ""), more)


def named_in_journal(claim, document):
    """What the journal of the claim says of this very document."""
    mine = JournalEntry.objects.of(claim).filter(facts__document=str(document.pk)).select_related("actor")
    labels = {"attach": _("Attached to the claim"), "detach": _("Taken out of the claim"), "inside": _("Opened")}
    for entry in mine:
        yield Step(entry.at, labels.get(entry.action, entry.action), str(entry.actor or _("Automatically")))


def handed_out(document):
    for reading in Reading.objects.filter(document=document).select_related("reader"):
        yield Step(reading.at, str(reading.get_how_display()), str(reading.reader), in_words(reading.why))


def in_words(why):
    """The occasion of a reading as evidence wrote it down: “case 4F7GH-9HQ2X, page 1”."""
    occasion, _comma, page = why.partition(", page ")
    words = next((words for start, words in OCCASIONS.items() if occasion.startswith(start)), occasion)
    return ", ".join(filter(None, [str(words), page and _("page %(number)s") % {"number": page}]))


def decided(claim, document):
    """Letters written when it was there: they rest on it."""
    for letter in Letter.objects.filter(decision__claim=claim, written_at__gte=document.received_at):
        yield Step(letter.written_at, _("Letter of the decision written"), _("Automatically"), letter.code)
