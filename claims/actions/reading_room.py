"""What reviewers do with a document beside deciding: remarks pinned to it, read marks, and which loss it proves."""

import math

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import journal
from claims.actions.archiving import studied
from claims.models import Attachment, Pin, Proof, ReadMark
from claims.models.journal import chain_of
from claims.rules.errors import Refused
from claims.rules.text import clean_text
from evidence import blobs
from evidence.errors import StorageAway
from evidence.reasons import DOOR

LONGEST = 2_000
MOST_PAGES = 1_000_000
MOST_PINS = 500  # of one document


def wanted(reference, document_id, *, by):
    """The attachment, if `by` may work with the documents of its claim. Raises Refused 404, 403."""
    claim = studied(reference, by=by)
    found = Attachment.objects.select_related("claim", "document").filter(claim=claim, document_id=document_id).first()
    if found is None:
        raise Refused("not_found", _("This document is not part of the claim."), status=404)
    return found


@transaction.atomic
def pin(reference, document_id, *, by, text, page=1, place=(0, 0, 0, 0)):
    """A Pin on a page; `place` is (x, y, width, height) in fractions of the page. Raises Refused."""
    attachment = wanted(reference, document_id, by=by)
    text = clean_text(text, field="text", limit=LONGEST)
    x, y, w, h = on_page(place)
    if not 1 <= page <= MOST_PAGES:
        raise Refused("invalid_page", _("There is no such page."), field="page")
    if attachment.pins.count() >= MOST_PINS:
        raise Refused("too_many", _("There are too many remarks on this document."), field="text")
    made = Pin.objects.create(attachment=attachment, page=page, x=x, y=y, w=w, h=h, text=text, by=by)
    journal.record(chain_of(attachment), "pin", by=by, facts={"pin": made.pk, "page": page})
    return made


def on_page(place):
    """The part of the page that is marked, cut off at its edges."""
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in place):
        raise Refused("invalid_place", _("This is no place on the page."), field="x")
    x, y, w, h = (min(max(each, 0), 1) for each in place)
    return x, y, min(w, 1 - x), min(h, 1 - y)


@transaction.atomic
def resolve(reference, document_id, pin_id, *, by):
    """Ends a remark; twice changes nothing."""
    attachment = wanted(reference, document_id, by=by)
    found = Pin.objects.select_for_update().filter(attachment=attachment, pk=pin_id).first()
    if found is None:
        raise Refused("not_found", _("There is no such remark."), status=404)
    if found.resolved_at is None:
        found.resolved_by, found.resolved_at = by, timezone.now()
        found.save(update_fields=["resolved_by", "resolved_at"])
        journal.record(chain_of(attachment), "resolve", by=by, facts={"pin": found.pk})
    return found


@transaction.atomic
def mark_read(reference, document_id, *, by):
    """`by` has read it; twice changes nothing."""
    attachment = wanted(reference, document_id, by=by)
    _mark, made = ReadMark.objects.get_or_create(attachment=attachment, by=by)
    if made:
        journal.record(chain_of(attachment), "mark read", by=by)
    return attachment


@transaction.atomic
def prove(reference, document_id, *, by, items):
    """The document proves these losses (ids) of the claim, and no others. Raises Refused for one of another claim."""
    attachment = wanted(reference, document_id, by=by)
    attachment = Attachment.objects.select_for_update().get(pk=attachment.pk)
    known = set(attachment.claim.items.values_list("pk", flat=True))
    if not set(items) <= known:
        raise Refused("unknown_item", _("This loss is not part of the claim."), field="items")
    before = set(attachment.proofs.values_list("item_id", flat=True))
    attachment.proofs.exclude(item_id__in=items).delete()
    Proof.objects.bulk_create(Proof(attachment=attachment, item_id=each, by=by) for each in set(items) - before)
    for action, changed in (("prove", set(items) - before), ("not prove", before - set(items))):
        if changed:
            journal.record(chain_of(attachment), action, by=by, facts={"items": sorted(changed)})


def recompute(reference, document_id, *, by):
    """Whether the bytes on the storage still are those that were handed in; what was found is written down.

    Raises Refused: 503 while the storage does not answer.
    """
    sha256 = wanted(reference, document_id, by=by).document.sha256
    try:
        return recomputed(reference, document_id, blobs.hash_of(sha256), by=by)
    except StorageAway as error:
        raise Refused("storage_away", DOOR["storage_away"][1], status=503) from error


@transaction.atomic
def recomputed(reference, document_id, found, *, by):
    attachment = wanted(reference, document_id, by=by)
    holds = found == attachment.document.sha256
    journal.record(chain_of(attachment), "recompute", by=by, facts={"holds": holds, "sha256": found})
    return holds
