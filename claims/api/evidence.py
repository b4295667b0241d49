"""Documents of a claim: handed in, listed, taken out of a draft, read."""

from functools import partial

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser

from accounts.access import SIGNED_IN
from claims.actions import attachments
from claims.actions.answers import NOT_ASKED
from claims.api.body import Strict
from claims.api.documentation import KEY, PAGES, described, header, page_of
from claims.api.documents import KINDS, DocumentOut, documents_for
from claims.api.door import Door
from claims.api.fields import BIGGEST_ID
from claims.api.letters import printed
from claims.api.paging import Cursor, in_order, parameters
from claims.api.problems import Problem
from claims.api.repeating import Acting, answered
from claims.api.representations import find, reads_as_staff
from claims.api.search import WORDS, documents_as_json, found
from claims.rules.errors import Refused
from evidence.delivery import deliver
from evidence.models import Document

NO_DOCUMENT = _("This document is not part of the claim.")


@extend_schema_field(OpenApiTypes.BINARY)
class File(serializers.Field):
    """The file itself, at most 25 MB."""


class NewDocument(Strict):
    """Fields of the form; describes them for the schema."""

    file = File()
    kind = serializers.ChoiceField(choices=KINDS, default="other")
    item = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    answers = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGGEST_ID, help_text="The thing asked for that it answers."
    )


class Evidence(Acting):
    access_rule = SIGNED_IN
    parser_classes = (MultiPartParser,)

    @described(
        "List a claim's documents",
        tag="evidence",
        operation_id="claims_evidence_list",
        answers={200: page_of(DocumentOut(many=True), "DocumentPage")},
        problems=(400, 401, 404),
        parameters=[WORDS, *PAGES],
        description="What was handed in, oldest first, then the letters of decisions (kind `letter`). With `q` those"
        " in whose text the words are, best first, with the `places`; who searches is written down.",
    )
    def get(self, request, reference):
        given = parameters(request, "q")
        name, claim = f"evidence {reference}", find(request.user, reference)
        for_staff = reads_as_staff(request.user, claim)
        if given.get("q", "").strip():
            as_json = partial(documents_as_json, for_staff=for_staff)
            return answered(200, found(request, name, given, as_json=as_json, claim=claim))
        cursor, attached = Cursor(request, name, given), list(claim.attachments.select_related("document"))
        files = list(zip([each.pk for each in attached], documents_for(attached, for_staff=for_staff), strict=True))
        page = in_order(files + printed(claim), cursor, lambda file: file[0])
        return answered(200, {**page, "results": [document for _position, document in page["results"]]})

    @described(
        "Add a document to a draft, to an answer or before an appeal",
        tag="evidence",
        request={"multipart/form-data": NewDocument},
        answers={201: DocumentOut},
        problems=(400, 401, 403, 404, 409, 411, 413, 415, 422),
        parameters=[KEY],
        description="The content decides what the file is, not its name. A worker checks it; look again until its"
        " `state` is `clean`, or `refused` with a `reason`. Long after the end of the claim it is `deleted`.",
    )
    def post(self, request, reference):
        return super().post(request, reference=reference)

    def act(self, request, data, reference):
        check_form(data)
        file, kind = data["file"], data.get("kind", "other")
        item, asked = item_of(data.get("item", "")), item_of(data.get("answers", ""), field="answers")
        attachment = attachments.attach(reference, file, by=request.user, kind=kind, item_id=item, asked_id=asked)
        return 201, documents_for([attachment], for_staff=False)[0]


def check_form(data):
    """One file in `file`, `kind`, `item` and `answers` at most once, nothing else."""
    for name in data:
        if name not in ("file", "kind", "item", "answers"):
            raise Refused("unknown_field", _("There is no such field here."), field=name)
        if len(data.getlist(name)) > 1:
            code = "one_file_only" if name == "file" else "repeated_field"
            raise Refused(code, _("Send this once."), field=name)
    if not hasattr(data.get("file"), "sha256"):
        raise Refused("file_required", _("Send the document as a file in the field “file”."), field="file")


def item_of(text, field="item"):
    """The id in a form's field, None if it is empty. What is no id is as unknown as one that does not exist."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        message = _("This loss is not part of the claim.") if field == "item" else NOT_ASKED
        raise Refused("unknown_item", message, field=field)
    return int(text)


class OneDocument(Door):
    access_rule = SIGNED_IN

    @described(
        "Take a document out of a draft or an answer, or before an appeal",
        tag="evidence",
        answers={204: None},
        problems=(400, 401, 403, 404, 409),
    )
    def delete(self, request, reference, document):
        attachments.detach(reference, document, by=request.user)
        return answered(204, None)


class WhateverIsAccepted(BaseContentNegotiation):
    """A file is sent as what it is, whatever the caller hopes for."""

    def select_parser(self, request, parsers):
        return parsers[0]

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class Content(Door):
    access_rule = SIGNED_IN
    content_negotiation_class = WhateverIsAccepted

    @described(
        "Read a document",
        tag="evidence",
        answers={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            206: OpenApiTypes.BINARY,
            302: None,
            304: None,
        },
        problems=(400, 401, 403, 404, 409, 410, 416, 503),
        parameters=[
            header("Range", "One range of bytes, such as `bytes=0-1023`."),
            header("If-None-Match", "The ETag you have."),
        ],
        description="Always as an attachment, only once it was found clean; who reads it is written down."
        " 302 leads to a link that lives for a minute: follow it without your token.",
    )
    def get(self, request, reference, document):
        claim = find(request.user, reference)
        found = Document.objects.filter(
            Q(attachment__claim=claim) | Q(letter__decision__claim=claim), pk=document
        ).first()
        if found is None:
            raise Problem(404, "not_found", NO_DOCUMENT)
        return deliver(
            found,
            by=request.user,
            why=f"API, claim {claim.reference}",
            request_id=request.id,
            headers=request.headers,
        )
