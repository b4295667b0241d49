"""The documents of a claim in the order in which a page shows them: what lies inside another one follows it."""

from django.db.models import Count, Sum

from evidence.models import Document


def held_by(claim):
    """(files, bytes) that a claim holds; what was deleted takes no room."""
    kept = claim.attachments.exclude(document__state=Document.State.DELETED)
    held = kept.aggregate(files=Count("pk"), size=Sum("document__size", default=0))
    return held["files"], held["size"]


def arranged(attachments):
    """The attachments; each knows `within`, the document that holds it, None for what was handed in as it is."""
    attachments = list(attachments)
    documents = {each.document_id: each.document for each in attachments}
    below = {}
    for each in attachments:
        holder = each.document.parent_id
        # Only a row that is shown alone, without the one that holds it, costs a question.
        each.within = documents.get(holder) or each.document.parent
        below.setdefault(holder if holder in documents else None, []).append(each)
    return list(walked(below, None))


def walked(below, holder):
    for each in below.get(holder, ()):
        yield each
        yield from walked(below, each.document_id)
