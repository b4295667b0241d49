"""Files found inside a document of a claim become documents of the claim, within its room for documents."""

from claims.actions import lifecycle
from claims.models import Attachment
from claims.reports.inside import held_by
from evidence import opening
from evidence.sniffing import EML, MSG

MAIL = {Attachment.Kind.MAIL, Attachment.Kind.BOUNCE}


def add(claim, parent):
    """Attaches what was found inside `parent`, an attachment of a locked claim, as the same kind and for the same loss.

    What is beyond the claim's room is left out, and the parent says so. A member that was attached before stays as it
    is. Returns how many were attached.
    """
    found = list(parent.document.members.filter(attachment=None).order_by("received_at", "inside"))
    if not found:
        return 0
    room, kept = Room(claim), []
    for document in found:
        if room.takes(document):
            kept.append(
                Attachment(claim=claim, document=document, kind=kind_of(document, parent), item_id=parent.item_id)
            )
        else:
            opening.leave_out(document, "no_room")
    Attachment.objects.bulk_create(kept)
    # They came with their parent: what is asked of its date is asked of theirs.
    Attachment.objects.filter(pk__in=[each.pk for each in kept]).update(added_at=parent.added_at)
    for message in parent.messages.all():
        message.documents.add(*kept)
    for asked in parent.answers.all():
        asked.documents.add(*kept)
    facts = {
        "document": str(parent.document_id),
        "documents": [{"document": str(each.document_id), "sha256": each.document.sha256} for each in kept],
        "no_room": len(found) - len(kept),
    }
    lifecycle.touch(claim, by=None, action="inside", facts=facts)
    return len(kept)


class Room:
    """How many more files and bytes a locked claim may hold."""

    def __init__(self, claim):
        rules = claim.terms.rules
        files, size = held_by(claim)
        self.files, self.size = rules.most_files - files, rules.most_bytes - size

    def takes(self, document):
        """Whether there is room for it; if so it is taken up."""
        if self.files < 1 or self.size < document.size:
            return False
        self.files, self.size = self.files - 1, self.size - document.size
        return True


def kind_of(document, parent):
    """A message is a message; what was attached to one is not."""
    if document.media_type in (EML, MSG):
        return Attachment.Kind.MAIL
    return Attachment.Kind.OTHER if parent.kind in MAIL else parent.kind


def below(claim, document_id):
    """The attachments of a claim whose documents lie inside this one, at any depth."""
    found, above = Attachment.objects.none(), [document_id]
    while above:
        found |= claim.attachments.filter(document__parent__in=above)
        above = list(claim.attachments.filter(document__parent__in=above).values_list("document_id", flat=True))
    return found
