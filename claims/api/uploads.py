"""Files of a claim that come in pieces: tus 1.0, as the pages speak it, with problem documents for what is refused."""

import json

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers

from accounts.access import SIGNED_IN
from claims.actions import uploads
from claims.api.documentation import KEY, described, header
from claims.api.documents import DocumentOut, document_as_json
from claims.api.door import Door
from claims.api.evidence import item_of
from claims.api.fields import Time, utc
from claims.api.problems import Problem
from claims.api.repeating import Acting, answered
from claims.api.representations import known
from claims.rules.errors import Refused
from evidence import tus
from evidence.models import Upload

CODES = {
    400: "malformed_upload",
    409: "wrong_offset",
    410: "upload_gone",
    412: "unsupported_version",
    415: "unsupported_media_type",
    423: "being_received",
    460: "checksum_mismatch",
}
EXAMPLE = {
    "id": "0d1f5c6e-3a2b-4c8d-9e7f-5a6b7c8d9e0f",
    "name": "invoice.pdf",
    "size": 8388608,
    "offset": 0,
    "expires_at": "2023-02-01T10:00:00Z",
    "document": None,
}
RESUMABLE = header("Tus-Resumable", "The version of the protocol.", required=True, example=tus.VERSION)
LENGTH = header("Upload-Length", "Bytes of the whole file.", required=True, example="8388608")
METADATA = header(
    "Upload-Metadata",
    "Pairs of name and base64 of its value, by commas: `filename`; `kind`, `item` and `answers` as in POST evidence/;"
    " `for`: `evidence` (attached as soon as it is whole) or `message` (waits for POST messages/ with its id).",
    example="filename aW52b2ljZS5wZGY=,kind aW52b2ljZQ==",
)
OFFSET = header("Upload-Offset", "Where the piece begins: as many bytes as are there.", required=True, example="0")
CHECKSUM = header("Upload-Checksum", "`sha256`, `sha1` or `md5` and the base64 of the piece's digest.")


class UploadOut(serializers.Serializer):
    """A file on its way: `offset` bytes of it are there. `document` is what it became; null for one of a message."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField()
    offset = serializers.IntegerField()
    expires_at = Time()
    document = DocumentOut(allow_null=True)


class Tus(Door):
    """Whatever is answered, its headers are the protocol's."""

    http_method_names = (*Door.http_method_names, "options")
    access_rule = SIGNED_IN

    def options(self, request, **kwargs):
        return tus.options()

    def finalize_response(self, request, response, *args, **kwargs):
        return tus.marked(super().finalize_response(request, response, *args, **kwargs))

    def handle_exception(self, exception):
        if isinstance(exception, tus.Malformed):
            headers = {"Tus-Version": tus.VERSION} if exception.status == 412 else None
            exception = Problem(exception.status, CODES[exception.status], str(exception), headers=headers)
        return super().handle_exception(exception)


class Uploads(Tus, Acting):
    @described(
        "Begin a file that is sent in pieces",
        tag="evidence",
        operation_id="claims_uploads_begin",
        answers={201: UploadOut},
        problems=(400, 401, 403, 404, 409, 412, 413, 422),
        parameters=[RESUMABLE, LENGTH, METADATA, KEY],
        reply=EXAMPLE,
        description="The tus 1.0 protocol, with checksums: use any client of it with your token. `Location` says where"
        " the file goes; what was sent there outlasts a broken connection for 24 hours. What would be refused in the"
        " end is refused here, before a byte is sent.",
    )
    def post(self, request, reference):
        response = super().post(request, reference=reference)
        if response.status_code == 201:
            begun = json.loads(response.content)["id"]
            response.headers["Location"] = reverse("api-upload", args=[reference, begun])
            tus.marked(response, Upload.objects.filter(pk=begun).first())
        return response

    def data_of(self, request):
        size, told = tus.announced(request)
        return {"size": size, **told}

    def act(self, request, data, reference):
        upload = uploads.begin(reference, by=request.user, size=data["size"], **asked_for(data))
        return 201, upload_as_json(upload)


def asked_for(told):
    """What the file is and what it is for, from its metadata."""
    what = told.get("for", uploads.EVIDENCE)
    if what not in (uploads.EVIDENCE, uploads.MESSAGE):
        raise tus.Malformed(400, "Upload-Metadata: “for” is “evidence” or “message”.")
    return {
        "name": told.get("filename", ""),
        "what": what,
        "kind": told.get("kind", "other"),
        "item_id": item_of(told.get("item", "")),
        "asked_id": item_of(told.get("answers", ""), field="answers"),
    }


class OneUpload(Tus):
    @described(
        "Ask how far a file is",
        tag="evidence",
        answers={200: UploadOut},
        problems=(400, 401, 404, 409, 410, 413, 415, 422),
        reply=EXAMPLE,
        description="HEAD answers as tus asks it: `Upload-Offset` and `Upload-Length`, and nothing else. GET also tells"
        " the document that the file became, or why it was refused.",
    )
    def get(self, request, reference, upload):
        claim, found = self.find(request, reference, upload)
        if found.is_whole:
            found = uploads.finish(claim, found.pk, by=request.user)
            uploads.check_taken(found)
        return tus.marked(answered(200, upload_as_json(found, claim)), found)

    def head(self, request, reference, upload):
        _claim, found = self.find(request, reference, upload)
        return tus.told(request, found)

    @described(
        "Send a piece of a file",
        tag="evidence",
        request={tus.BYTES: OpenApiTypes.BINARY},
        answers={204: None},
        problems=(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 423, 460),
        parameters=[RESUMABLE, OFFSET, CHECKSUM],
        description="`Upload-Offset` of the answer says how many bytes are there for good. The last piece is answered"
        " once the file was taken in or refused, as POST evidence/ would; GET tells the document.",
    )
    def patch(self, request, reference, upload):
        claim, found = self.find(request, reference, upload)
        response = tus.take(request, found, request._request)
        if found.is_whole:
            uploads.check_taken(uploads.finish(claim, found.pk, by=request.user))
        return response

    @described(
        "Give up a file on its way",
        tag="evidence",
        answers={204: None},
        problems=(400, 401, 404, 410, 412, 423),
        parameters=[RESUMABLE],
        description="What came of it is removed. A document that it became stays.",
    )
    def delete(self, request, reference, upload):
        return tus.drop(request, self.find(request, reference, upload)[1])

    def find(self, request, reference, upload):
        """The claim and the upload; the same is said of an unknown upload as of an unknown claim."""
        claim = known(request.user).with_reference(reference).first()
        if claim is None:
            raise Refused("not_found", uploads.GONE, status=404)
        return claim, uploads.find(claim, upload, by=request.user)


def upload_as_json(upload, claim=None):
    attached = None
    if upload.document_id:
        attached = claim.attachments.select_related("document").filter(document_id=upload.document_id).first()
    return {
        "id": str(upload.pk),
        "name": upload.name,
        "size": upload.size,
        "offset": upload.offset,
        "expires_at": utc(upload.expires_at),
        "document": document_as_json(attached) if attached else None,
    }
