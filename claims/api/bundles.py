"""All documents of a claim at once, for staff: as a ZIP with a manifest, and as one PDF."""

from django.http import FileResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import CASE_READERS
from claims.actions import archiving, bundles
from claims.api.documentation import KEY, described
from claims.api.door import Door
from claims.api.evidence import WhateverIsAccepted
from claims.api.paging import parameters
from claims.api.repeating import Acting
from claims.models import Bundle
from evidence.delivery import secured

READERS = rule_of(*CASE_READERS)


class BundleOut(serializers.Serializer):
    """`done` of `documents` are ready; fetch the PDF once the status is `ready`."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Bundle.State.values)
    done = serializers.IntegerField()
    documents = serializers.IntegerField()
    pages = serializers.IntegerField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)


def as_json(bundle):
    return {
        "id": str(bundle.pk),
        "status": bundle.state,
        "done": bundle.done,
        "documents": len(bundle.manifest["documents"]),
        "pages": bundle.pages,
        "size": bundle.size,
        "sha256": bundle.sha256,
        "error": bundle.error,
    }


class Archive(Door):
    access_rule = READERS
    content_negotiation_class = WhateverIsAccepted

    @described(
        "Fetch all documents as a ZIP",
        tag="evidence",
        answers={(200, "application/zip"): OpenApiTypes.BINARY},
        problems=(400, 401, 403, 404),
        description="With `manifest.json` and `manifest.csv`: name, hash, size, type, state and origin of every"
        " document, and why one is left out. Only what was found clean is inside; who takes it is written down.",
    )
    def get(self, request, reference):
        parameters(request)
        name, pieces = archiving.archive(reference, by=request.user, request_id=request.id)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return secured(StreamingHttpResponse(pieces, content_type="application/zip", headers=headers))


@extend_schema_view(
    post=described(
        "Ask for all documents as one PDF",
        tag="evidence",
        answers={202: BundleOut},
        problems=(400, 401, 403, 404, 409, 411, 413, 415),
        parameters=[KEY],
        description="A worker binds it. Ask again for its `status`: the same documents are the same bundle.",
    )
)
class Bound(Acting):
    access_rule = READERS
    content_negotiation_class = WhateverIsAccepted

    def act(self, request, data, reference):
        return 202, as_json(bundles.request_bundle(reference, by=request.user))

    @described(
        "Fetch all documents as one PDF",
        tag="evidence",
        answers={(200, "application/pdf"): OpenApiTypes.BINARY},
        problems=(400, 401, 403, 404, 409),
        description="With an index and page numbers, once the bundle that was asked for last is `ready`.",
    )
    def get(self, request, reference):
        parameters(request)
        bundle, file = bundles.opened(reference, by=request.user, request_id=request.id)
        response = FileResponse(
            file,
            as_attachment=True,
            filename=f"{bundle.claim.reference}-bundle.pdf",
            content_type="application/pdf",
            headers={"ETag": f'"{bundle.sha256}"'},
        )
        return secured(response)
