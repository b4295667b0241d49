"""The thread of a claim as each side reads it, what is unread in it, and the notes of the staff, which are apart."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext_lazy as _

from accounts.roles import CASE_READERS, Role
from claims.models import Attachment, Claim, Mention, Message, Note

YOU, OPERATOR, OFFICE = _("You"), _("Our call centre for you"), _("The review office")
MOST = 20


@dataclass(frozen=True)
class Line:
    """One message. `actor` is a name for staff and a role for claimants; `who` the same in words for a page."""

    pk: int
    at: datetime
    from_staff: bool
    actor: str
    who: str
    text: str
    read_at: datetime | None
    documents: list


def thread_of(claim, *, for_staff):
    """The messages of a claim, oldest first, in as many queries for three as for a hundred."""
    documents = Prefetch("documents", Attachment.objects.select_related("document").order_by("pk"))
    messages = Message.objects.filter(claim=claim).order_by("pk").prefetch_related(documents)
    if for_staff:
        messages = messages.select_related("author")
    return [line_of(claim, message, for_staff) for message in messages]


def line_of(claim, message, for_staff):
    if for_staff:
        actor = who = str(message.author)
    else:
        actor, who = public_author(claim, message)
    return Line(
        pk=message.pk,
        at=message.written_at,
        from_staff=message.from_staff,
        actor=actor,
        who=who,
        text=message.text,
        read_at=message.read_at,
        documents=list(message.documents.all()),
    )


def public_author(claim, message):
    """(role, words) without telling one member of staff from another."""
    if message.from_staff:
        return str(Role.REVIEWER), OFFICE
    if message.author_id == claim.claimant_id:
        return str(Role.CLAIMANT), YOU
    return str(Role.OPERATOR), OPERATOR


def unread(*, from_staff):
    """For annotate() on claims: whether something of that side is unread."""
    return Exists(Message.objects.filter(claim=OuterRef("pk"), from_staff=from_staff, read_at=None))


def waiting_for(person):
    """Claims with messages that the claimant's side wrote and `person` has to read: those they have, decided or not.

    A supervisor also finds those that nobody has.
    """
    claims = Claim.objects.visible_to(person).exclude(claimant=person).filter(unread(from_staff=False))
    mine = claims.filter(assigned_to=person)
    return mine | claims.filter(assigned_to=None) if person.has_role(Role.SUPERVISOR) else mine


def notes_of(claim):
    """The internal notes of a claim, oldest first. For staff only."""
    return list(Note.objects.filter(claim=claim).select_related("author").order_by("pk"))


def mentions_of(person):
    """Notes that name `person` and that they have not seen, newest first."""
    if not person.has_role(*CASE_READERS):
        return []
    visible = Claim.objects.visible_to(person).exclude(claimant=person)
    unseen = Mention.objects.filter(person=person, seen_at=None, note__claim__in=visible)
    return list(unseen.select_related("note__claim", "note__author").order_by("-pk")[:MOST])
