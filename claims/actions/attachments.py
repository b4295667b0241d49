"""Documents of a claim: taken in, and taken out again, while it is a draft, something was asked for, or an appeal may
still be filed."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from claims.actions import answers, appeals, inside, lifecycle, questions
from claims.actions.intake import SUBMITTED_ALREADY
from claims.actions.items import own_item
from claims.models import Attachment
from claims.reports.inside import held_by
from claims.rules import permissions
from claims.rules.errors import Refused
from evidence import archives, blobs
from evidence import intake as evidence_intake
from evidence.archives import ZIP
from evidence.errors import FileRefused


@transaction.atomic
def attach(reference, upload, *, by, kind="other", item_id=None, asked_id=None):
    """Stores `upload` (a streamed upload) as evidence of a draft, of what was asked for, or of an appeal to come.

    `asked_id` is the requested item that the document answers. Raises Refused with evidence's own code and status
    (413, 415, 422, 507), `unknown_item`, `too_many_files` or `quota` (409).
    """
    claim, request = open_to_documents(reference, by=by)
    item = proven_item(claim, kind, item_id)
    asked = asked_item(request, asked_id)
    attachment = keep(claim, upload, by=by, kind=kind, item=item)
    if asked is not None:
        asked.documents.add(attachment)
    lifecycle.touch(claim, by=by, action="attach", facts=facts_of(attachment))
    return attachment


def keep(claim, upload, *, by, kind="other", item=None):
    """Stores `upload` as a document of a locked claim within its quota; the caller has checked who may, and when."""
    check_quota(claim, 0 if upload.problem else upload.size)
    try:
        document = evidence_intake.store(upload, by=by)
        if document.media_type == ZIP:
            check_quota(claim, *inside_of(document))
    except FileRefused as refused:
        raise Refused(refused.code, refused.message, field="file", status=refused.status) from refused
    return Attachment.objects.create(claim=claim, document=document, kind=kind, item=item)


def inside_of(document):
    """(bytes, files) that an archive will take once it is opened, and those it takes itself."""
    with blobs.local(document.sha256) as path, path.open("rb") as file:
        files, size = archives.room_for(file)
    return document.size + size, 1 + files


def facts_of(attachment):
    """What the journal says of a document that came in."""
    document = attachment.document
    return {"document": str(document.pk), "sha256": document.sha256, "size": document.size, "kind": attachment.kind}


def open_to_documents(reference, *, by):
    """(locked claim, request): without a request an own draft, or a decided claim whose claimant may still appeal."""
    claim = lifecycle.locked(reference, by=by)
    permissions.require(permissions.may_edit(by, claim))
    request = None if claim.is_draft else questions.answerable(claim)
    if not claim.is_draft and request is None and not (claim.claimant_id == by.pk and appeals.prepares_one(claim)):
        raise Refused("wrong_state", SUBMITTED_ALREADY, status=409)
    return claim, request


def asked_item(request, asked_id):
    if request is not None:
        return answers.item_of(request, asked_id)
    if asked_id is not None:
        raise Refused("unknown_item", answers.NOT_ASKED, field="answers")
    return None


def proven_item(claim, kind, item_id):
    """The item that a document of `kind` proves, None for all of them."""
    if kind not in Attachment.Kind.values:
        raise Refused("unknown_kind", _("Choose what kind of document this is."), field="kind")
    return None if item_id is None else own_item(claim, item_id)


@transaction.atomic
def describe(reference, document_id, *, by, kind, item_id=None):
    """Says what kind of document it is and which loss it proves; None for all of them."""
    claim, request = open_to_documents(reference, by=by)
    item = proven_item(claim, kind, item_id)
    attachment = own_attachment(claim, document_id, request=request)
    if (attachment.kind, attachment.item) == (kind, item):
        return attachment
    attachment.kind, attachment.item = kind, item
    attachment.save(update_fields=["kind", "item"])
    lifecycle.touch(claim, by=by, action="edit", facts={"changed": ["evidence"], "document": str(document_id)})
    return attachment


def check_quota(claim, size, files=1):
    """The claim row is locked, so that parallel uploads cannot pass the limits together."""
    rules = claim.terms.rules
    held, used = held_by(claim)
    if held + files > rules.most_files:
        raise Refused(
            "too_many_files",
            _("A claim holds at most %(most)d files, also those in archives. Remove one first.")
            % {"most": rules.most_files},
            field="file",
            status=409,
        )
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
    """Takes a document, and what was found in it, out of a draft or an answer. The bytes are kept until retention."""
    claim, request = open_to_documents(reference, by=by)
    taken_out = own_attachment(claim, document_id, request=request)
    inside.below(claim, document_id).delete()
    taken_out.delete()
    return lifecycle.touch(claim, by=by, action="detach", facts={"document": str(document_id)})


def own_attachment(claim, document_id, *, request=None):
    """The attachment; once the claim is submitted, only what was added to answer `request` may still be changed."""
    attachment = claim.attachments.select_related("item").filter(document_id=document_id).first()
    if attachment is None:
        raise Refused("not_found", _("This document is not part of the claim."), status=404)
    since = changeable_since(claim, request)
    if since is not None and not is_loose(attachment, since):
        raise Refused("wrong_state", SUBMITTED_ALREADY, status=409)
    return attachment


def changeable_since(claim, request):
    """From when on documents may be changed: None for all of a draft's, else since the question or the decision."""
    return None if claim.is_draft else request.asked_at if request else claim.decided_at


def may_change(claim, attachment):
    """Whether its claimant may still describe it or take it out."""
    request = None if claim.is_draft else questions.answerable(claim)
    if not claim.is_draft and request is None and not appeals.prepares_one(claim):
        return False
    since = changeable_since(claim, request)
    return since is None or is_loose(attachment, since)


def is_loose(attachment, since):
    """Whether the document came after the question or the decision and no message holds it."""
    return attachment.added_at >= since and not attachment.messages.exists()
