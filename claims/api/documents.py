"""What a document looks like from outside: the same to both sides, with the facts of a mail for staff alone."""

from rest_framework import serializers

from claims.api.fields import Time, utc
from claims.api.places import Place
from claims.models import Attachment
from evidence.mail_words import bounce_of, doubts_of, signatures_of
from evidence.models import Document, Mail

KINDS = Attachment.Kind.values
LETTER = "letter"  # the kind of a document that we made: the letter of a decision
VERDICTS = ["valid", "partly_signed", "invalid", "cannot_verify", "waiting"]


class Address(serializers.Serializer):
    name = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)


class Failure(serializers.Serializer):
    """To whom a mail was not delivered, with the status of RFC 3463 and what it means."""

    recipient = serializers.CharField(allow_blank=True)
    action = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True)
    diagnostic = serializers.CharField(allow_blank=True)
    meaning = serializers.CharField(allow_blank=True)


class SignatureOut(serializers.Serializer):
    """Who signed a mail and whether that still holds, `text` in words."""

    domain = serializers.CharField(allow_blank=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    signed_at = Time(allow_null=True)
    text = serializers.CharField()


class MailFacts(serializers.Serializer):
    """A mail as its own head tells it. `bounce` names those it says were not reached; `doubts` may be innocent."""

    sender = Address(many=True)
    to = Address(many=True)
    subject = serializers.CharField(allow_blank=True)
    date = Time(allow_null=True)
    message_id = serializers.CharField(allow_blank=True)
    bounce = Failure(many=True)
    signatures = SignatureOut(many=True)
    doubts = serializers.ListField(child=serializers.CharField())


class DocumentOut(serializers.Serializer):
    """A document of a claim. `scanned` is false where no virus scanner is set up; `notes` are for people.

    What was found in an archive or a mail is a document of its own: `parent` holds it, and there its path is `inside`.
    """

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=[*KINDS, LETTER])
    item = serializers.IntegerField(allow_null=True)
    parent = serializers.UUIDField(allow_null=True)
    inside = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    media_type = serializers.CharField()
    state = serializers.ChoiceField(choices=["pending", "clean", "refused", "deleted"])
    scanned = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    notes = serializers.ListField(child=serializers.CharField())
    mail = MailFacts(required=False, allow_null=True, help_text="For staff: what a mail says, null for what is none.")
    places = Place(many=True, required=False)


def documents_for(attachments, *, for_staff):
    """The documents of `attachments`, in as many queries for one as for forty."""
    attachments = list(attachments)
    mails = mails_of([each.document for each in attachments]) if for_staff else None
    return [document_as_json(each, mails) for each in attachments]


def mails_of(documents):
    """{sha256: Mail} of what may be shown of `documents`."""
    clean = {each.sha256 for each in documents if each.state == Document.State.CLEAN}
    return Mail.objects.in_bulk(clean) if clean else {}


def document_as_json(attachment, mails=None):
    """`mails` are those of mails_of(), None for whoever is not to read them."""
    told = file_as_json(attachment.document, attachment.kind, attachment.item_id)
    if mails is not None:
        mail = mails.get(attachment.document.sha256) if attachment.document.state == Document.State.CLEAN else None
        told["mail"] = mail and mail_as_json(mail)
    return told


def file_as_json(document, kind, item=None):
    return {
        "id": str(document.pk),
        "name": document.name,
        "kind": kind,
        "item": item,
        "parent": str(document.parent_id) if document.parent_id else None,
        "inside": document.inside,
        "sha256": document.sha256,
        "size": document.size,
        "media_type": document.media_type,
        "state": document.state,
        "scanned": document.scanned,
        "reason": document.reason,
        "notes": [str(note) for note in document.texts],
    }


def mail_as_json(mail):
    failures = (bounce_of(mail) or {"recipients": []})["recipients"]
    return {
        "sender": addresses(mail.sender),
        "to": addresses(mail.to),
        "subject": mail.subject,
        "date": utc(mail.date),
        "message_id": mail.message_id,
        "bounce": [
            {name: str(each.get(name) or "") for name in ("recipient", "action", "status", "diagnostic", "meaning")}
            for each in failures
        ],
        "signatures": [
            {
                "domain": each["domain"] or "",
                "verdict": each["verdict"],
                "signed_at": utc(each["moment"]),
                "text": str(each["sentence"]),
            }
            for each in signatures_of(mail)
        ],
        "doubts": [str(doubt) for doubt in doubts_of(mail)],
    }


def addresses(found):
    return [{"name": each.get("name") or "", "address": each.get("address") or ""} for each in found]
