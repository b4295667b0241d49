"""What claimant and staff write to each other about a claim, and what the staff note among themselves."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Lower, StrIndex, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import CASE_READERS
from claims.actions import attachments, lifecycle, notices
from claims.models import Mention, Message, Note, Notice
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.statuses import LABELS
from claims.rules.talking import MOST_DOCUMENTS, TAKING_DOCUMENTS, TALKING, mentioned
from claims.rules.text import NOTE, clean_text

TOGETHER = timedelta(minutes=10)  # several messages within it are told of in one notice, as long as they are unread


@transaction.atomic
def write(reference, *, by, text, uploads=(), for_office=False):
    """Adds a message, with documents if there are any, to the thread of a claim and returns it.

    Claimants, and operators for them, write to the review office; reviewers and supervisors to the claimant, who is
    told by a notice. `for_office` is for whoever means to write as staff: never in an own claim. Raises Refused 403
    `wrong_role` or `own_claim`, 409 `wrong_state`, 422 `required`, `too_many_files`, and what attaching a document
    raises.
    """
    claim = lifecycle.locked(reference, by=by)
    permissions.require(permissions.may_take(by, claim) if for_office else permissions.may_write(by, claim))
    check_state(claim, uploads)
    text = clean_text(text, field="text", limit=NOTE)
    message = Message.objects.create(
        claim=claim, author=by, from_staff=not permissions.may_edit(by, claim), text=text, written_at=timezone.now()
    )
    added = [attachments.keep(claim, upload, by=by) for upload in uploads]
    message.documents.set(added)
    read_other_side(message)
    facts = {"message": message.pk, "from_staff": message.from_staff}
    if added:
        facts["documents"] = [attachments.facts_of(attachment) for attachment in added]
    lifecycle.touch(claim, by=by, action="message", facts=facts, words=text)
    if message.from_staff:
        tell_claimant(claim, message)
    return message


def check_state(claim, uploads):
    if claim.state not in TALKING:
        raise Refused(
            "wrong_state",
            _("Nobody can write about this claim any more: it is “%(status)s”.") % {"status": LABELS[claim.state]},
            status=409,
        )
    if uploads and claim.state not in TAKING_DOCUMENTS:
        raise Refused(
            "wrong_state",
            _("Documents can no longer be added: the claim is “%(status)s”. Write without them.")
            % {"status": LABELS[claim.state]},
            field="file",
            status=409,
        )
    if len(uploads) > MOST_DOCUMENTS:
        raise Refused(
            "too_many_files",
            _("Send at most %(most)d files with one message.") % {"most": MOST_DOCUMENTS},
            field="file",
        )


def read_other_side(message):
    """Who answers has read what was written before."""
    before = Message.objects.filter(claim=message.claim, from_staff=not message.from_staff, read_at=None)
    before.update(read_at=message.written_at)


def tell_claimant(claim, message):
    """One notice for a batch: none is written while the message of the last one is unread and not ten minutes old."""
    told = Notice.objects.filter(
        claim=claim, kind="message_received", created_at__gt=message.written_at - TOGETHER
    ).order_by("-id")
    last = told.values_list("context__message", flat=True).first()
    if last is None or not Message.objects.filter(pk=last, read_at=None).exists():
        notices.post("message_received", claim=claim, about=message.pk, context={"message": message.pk})


def mark_read(claim, *, by, seen):
    """Marks as read what `by` had on a page: the messages `seen`, if they are for that side; returns how many.

    For the claimant only they themselves count; for the review office whoever has the claim, or, while nobody has
    it, every reviewer and supervisor. Others look on and change nothing.
    """
    if claim.claimant_id == by.pk:
        from_staff = True
    elif permissions.may_take(by, claim) and claim.assigned_to_id in (None, by.pk):
        from_staff = False
    else:
        return 0
    unread = [each.pk for each in seen if each.from_staff == from_staff and each.read_at is None]
    return Message.objects.filter(pk__in=unread, read_at=None).update(read_at=timezone.now()) if unread else 0


@transaction.atomic
def write_note(reference, *, by, text):
    """Adds an internal note and returns it; the colleagues it calls (“@rita”) find it on their desk.

    `note.unknown` are the names that belong to nobody who may read the claim. Raises Refused 403 `wrong_role` or
    `own_claim`, 409 `wrong_state` for a draft.
    """
    claim = lifecycle.locked(reference, by=by)
    permissions.require(permissions.may_take(by, claim))
    if claim.is_draft:
        raise Refused("wrong_state", _("This claim was not submitted yet."), status=409)
    text = clean_text(text, field="internal_note", limit=NOTE)
    note = Note.objects.create(claim=claim, author=by, text=text, written_at=timezone.now())
    names = mentioned(text)
    people = [person for person in colleagues_called(names) if person.pk not in (claim.claimant_id, by.pk)]
    Mention.objects.bulk_create(Mention(note=note, person=person) for person in people)
    note.unknown = [name for name in names if name not in {person.called for person in people} | {called(by)}]
    facts = {"note": note.pk, "mentions": sorted(person.pk for person in people)}
    lifecycle.touch(claim, by=by, action="note", facts=facts, words=text)
    return note


def colleagues_called(names):
    """Active colleagues who may read cases and whose address begins with one of `names`."""
    if not names:
        return []
    first_part = Lower(Substr("email", 1, StrIndex("email", Value("@")) - 1))
    people = User.objects.filter(is_active=True, groups__name__in=CASE_READERS)
    return list(people.annotate(called=first_part).filter(called__in=names).distinct().order_by("pk"))


def called(person):
    """The name a note calls somebody by: the first part of the address."""
    return person.email.partition("@")[0].lower()


def mark_mentions_seen(claim, *, by):
    """`by` has opened the case and with it the notes that name them; returns how many were new."""
    unseen = Mention.objects.filter(person=by, note__claim=claim, seen_at=None)
    return unseen.update(seen_at=timezone.now())
