"""Documents of a claim: taken in, taken out again while it is a draft."""

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle
from claims.actions.intake import own_draft
from claims.actions.items import own_item
from claims.models import Attachment
from claims.rules.errors import Refused
from evidence import intake as evidence_intake
from evidence.errors import FileRefused


@transaction.atomic
def attach(reference, upload, *, by, kind="other", item_id=None):
    """Stores `upload` (a streamed upload) as evidence of a draft and returns the Attachment.

    Raises Refused with evidence's own code and status (413, 415, 422, 507), `unknown_item`,
    `too_many_files` or `quota` (409).
    """
    claim = own_draft(reference, by=by)
    item = proven_item(claim, kind, item_id)
    check_quota(claim, 0 if upload.problem else upload.size)
    try:
        document = evidence_intake.store(upload, by=by)
    except FileRefused as refused:
        raise Refused(refused.code, refused.message, field="file", status=refused.status) from refused
    attachment = Attachment.objects.create(claim=claim, document=document, kind=kind, item=item)
    facts = {"document": str(document.pk), "sha256": document.sha256, "size": document.size, "kind": kind}
    lifecycle.touch(claim, by=by, action="attach", facts=facts)
    return attachment


def proven_item(claim, kind, item_id):
    """The item that a document of `kind` proves, None for all of them."""
    if kind not in Attachment.Kind.values:
        raise Refused("unknown_kind", _("Choose what kind of document this is."), field="kind")
    return None if item_id is None else own_item(claim, item_id)


@transaction.atomic
def describe(reference, document_id, *, by, kind, item_id=None):
    """Says what kind of document it is and which loss it proves; None for all of them."""
    claim = own_draft(reference, by=by)
    item = proven_item(claim, kind, item_id)
    attachment = own_attachment(claim, document_id)
    if (attachment.kind, attachment.item) == (kind, item):
        return attachment
    attachment.kind, attachment.item = kind, item
    attachment.save(update_fields=["kind", "item"])
    lifecycle.touch(claim, by=by, action="edit", facts={"changed": ["evidence"], "document": str(document_id)})
    return attachment


def check_quota(claim, size):
    """The claim row is locked, so that parallel uploads cannot pass the limits together."""
    rules = claim.terms.rules
    if claim.attachments.count() >= rules.most_files:
        raise Refused(
            "too_many_files",
            _("A claim holds at most %(most)d files. Remove one first.") % {"most": rules.most_files},
            field="file",
            status=409,
        )
    used = claim.attachments.aggregate(used=Sum("document__size", default=0))["used"]
    if used + size > rules.most_bytes:
        raise Refused(
            "quota",
            _("The files of a claim may take %(most)d MB in all. Remove one or send a smaller one.")
            % {"most": rules.most_bytes // 2**20},
            field="file",
            status=409,
        )


@transaction.atomic
def detach(reference, document_id, *, by):
    """Takes a document out of a draft. The file itself is kept until retention removes it."""
    claim = own_draft(reference, by=by)
    own_attachment(claim, document_id).delete()
    return lifecycle.touch(claim, by=by, action="detach", facts={"document": str(document_id)})


def own_attachment(claim, document_id):
    attachment = claim.attachments.select_related("item").filter(document_id=document_id).first()
    if attachment is None:
        raise Refused("not_found", _("This document is not part of the claim."), status=404)
    return attachment
