"""The thread between a claimant and the review office."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from accounts.access import SIGNED_IN
from claims.actions import messages, uploads
from claims.api.body import Strict, StrictJSON
from claims.api.documentation import KEY, PAGES, described, page_of
from claims.api.documents import DocumentOut, document_as_json, mails_of
from claims.api.evidence import File
from claims.api.fields import Text, Time, Word, utc
from claims.api.paging import Cursor, in_order, parameters
from claims.api.repeating import Acting, answered
from claims.api.representations import find, reads_as_staff
from claims.reports.thread import thread_of
from claims.rules.errors import Refused
from claims.rules.talking import MOST_DOCUMENTS
from claims.rules.text import NOTE


class MessageOut(serializers.Serializer):
    """A message. `author` is a name for staff and a role for claimants; `read_at` is when the other side had it."""

    id = serializers.IntegerField()
    at = Time()
    from_staff = serializers.BooleanField()
    author = serializers.CharField()
    text = serializers.CharField()
    read_at = Time(allow_null=True)
    documents = DocumentOut(many=True)


class NewMessage(Strict):
    text = Text(max_length=NOTE)
    uploads = serializers.ListField(
        child=Word(),
        required=False,
        max_length=MOST_DOCUMENTS,
        help_text="Ids of files that were sent with POST uploads/ for a message.",
    )


class NewMessageWithFiles(Strict):
    """Fields of the form; describes them for the schema."""

    text = Text(max_length=NOTE)
    file = serializers.ListField(child=File(), max_length=MOST_DOCUMENTS, help_text="One part for each document.")


class Messages(Acting):
    access_rule = SIGNED_IN
    parser_classes = (StrictJSON, MultiPartParser)

    @described(
        "Read a claim's messages",
        tag="claims",
        operation_id="claims_messages_list",
        answers={200: page_of(MessageOut(many=True), "MessagePage")},
        problems=(400, 401, 404),
        parameters=PAGES,
        description="Oldest first. What the claimant, or the reviewer who has the claim, is given here counts as read.",
    )
    def get(self, request, reference):
        cursor = Cursor(request, f"messages {reference}", parameters(request))
        claim = find(request.user, reference)
        page = in_order(thread_for(request.user, claim), cursor, lambda line: line.pk)
        if request.method == "GET":
            messages.mark_read(claim, by=request.user, seen=page["results"])
        told = as_json(page["results"], for_staff=reads_as_staff(request.user, claim))
        return answered(200, {**page, "results": told})

    @described(
        "Write a message",
        tag="claims",
        request={"application/json": NewMessage, "multipart/form-data": NewMessageWithFiles},
        answers={201: MessageOut},
        problems=(400, 401, 403, 404, 409, 411, 413, 415, 422),
        parameters=[KEY],
        example={"text": "When will you decide?"},
        description="From claimants to the review office and from those who review to the claimant, until the claim is"
        " closed. Documents go with it as a form, until there is a decision; together they have room as one file.",
    )
    def post(self, request, reference):
        return super().post(request, reference=reference)

    def act(self, request, data, reference):
        written = send(request.user, reference, data)
        lines = [line for line in thread_for(request.user, written.claim) if line.pk == written.pk]
        return 201, as_json(lines, for_staff=reads_as_staff(request.user, written.claim))[0]


def send(person, reference, data):
    if hasattr(data, "getlist"):
        text, files = form_of(data)
        return messages.write(reference, by=person, text=text, uploads=files)
    given = NewMessage.read(data)
    with uploads.taken_along(find(person, reference), given.get("uploads", ()), by=person) as waiting:
        return messages.write(reference, by=person, text=given["text"], uploads=waiting)


def thread_for(person, claim):
    return thread_of(claim, for_staff=reads_as_staff(person, claim))


def form_of(data):
    """(text, files) of a form: one `text`, any number of files called `file`, nothing else."""
    for name in data:
        if name not in ("text", "file"):
            raise Refused("unknown_field", _("There is no such field here."), field=name)
    if len(data.getlist("text")) > 1:
        raise Refused("repeated_field", _("Send this once."), field="text")
    files = data.getlist("file")
    if not all(hasattr(upload, "sha256") for upload in files):
        raise Refused("file_required", _("Send the document as a file in the field “file”."), field="file")
    text = data.get("text", "")
    if not isinstance(text, str):
        raise Refused("invalid_text", _("Write text here."), field="text")
    return text, files


def as_json(lines, *, for_staff):
    documents = [attachment.document for line in lines for attachment in line.documents]
    mails = mails_of(documents) if for_staff else None
    return [message_as_json(line, mails) for line in lines]


def message_as_json(line, mails):
    return {
        "id": line.pk,
        "at": utc(line.at),
        "from_staff": line.from_staff,
        "author": str(line.actor),
        "text": line.text,
        "read_at": utc(line.read_at),
        "documents": [document_as_json(attachment, mails) for attachment in line.documents],
    }
