"""Files of claims: asked for, built by a worker, fetched."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import Role
from claims.actions import exports
from claims.api.body import Strict
from claims.api.documentation import KEY, KEY_DEMANDED, described
from claims.api.door import Door
from claims.api.evidence import WhateverIsAccepted
from claims.api.fields import Anything, Time, Word, utc
from claims.api.paging import parameters
from claims.api.repeating import Acting, answered
from claims.models import Export
from evidence.delivery import secured

EXPORTERS = rule_of(Role.MANAGER, Role.SUPERVISOR)
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


class Wish(Strict):
    report = Word(required=False)
    format = Word(required=False)
    filters = Anything(required=False)


class ExportOut(serializers.Serializer):
    """`rows` counts up while it is built; `expected` is the number it will have, once that is known."""

    id = serializers.UUIDField()
    report = serializers.CharField()
    format = serializers.CharField()
    filters = serializers.DictField()
    status = serializers.ChoiceField(choices=Export.State.values)
    rows = serializers.IntegerField()
    expected = serializers.IntegerField(allow_null=True)
    size = serializers.IntegerField()
    sha256 = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)
    created_at = Time()
    finished_at = Time(allow_null=True)


EXAMPLE = {
    "report": "claims",
    "format": "csv",
    "filters": {"incident": "libero-2023", "status": "approved", "from": "2023-02-01", "to": "2023-02-28", "bom": True},
}


def as_json(export):
    return {
        "id": str(export.pk),
        "report": export.report,
        "format": export.format,
        "filters": export.filters,
        "status": export.state,
        "rows": export.rows,
        "expected": export.expected,
        "size": export.size,
        "sha256": export.sha256,
        "error": export.error,
        "created_at": utc(export.created_at),
        "finished_at": utc(export.finished_at),
    }


@extend_schema_view(
    post=described(
        "Ask for a file of claims",
        tag="exports",
        request=Wish,
        answers={202: ExportOut},
        problems=(400, 401, 403, 409, 411, 413, 415, 422, 429),
        parameters=[KEY_DEMANDED],
        example=EXAMPLE,
        description="A worker builds it. Ask for its `status` until it is `ready`, then fetch the content. Dates are"
        " Rome dates of submission; `bom` helps Excel to read CSV.",
    )
)
class Exports(Acting):
    access_rule = EXPORTERS
    key_required = True

    def act(self, request, data):
        return 202, as_json(exports.request_export(by=request.user, **Wish.read(data)))


class OneExport(Door):
    access_rule = EXPORTERS

    @described("How far is it?", tag="exports", answers={200: ExportOut}, problems=(400, 401, 403, 404))
    def get(self, request, export):
        parameters(request)
        return answered(200, as_json(exports.own(Export.objects, export, by=request.user)))


@extend_schema_view(
    post=described(
        "Stop a file that is not ready yet",
        tag="exports",
        answers={200: ExportOut},
        problems=(400, 401, 403, 404, 409, 411, 413, 415),
        parameters=[KEY],
    )
)
class Cancel(Acting):
    access_rule = EXPORTERS

    def act(self, request, data, export):
        exports.cancel(export, by=request.user)
        return 200, as_json(exports.own(Export.objects, export, by=request.user))


class ExportContent(Door):
    access_rule = EXPORTERS
    content_negotiation_class = WhateverIsAccepted

    @described(
        "Fetch the file",
        tag="exports",
        answers={(200, "text/csv"): OpenApiTypes.BINARY},
        problems=(400, 401, 403, 404, 409),
        description="Once it is `ready`. Who takes it is written down.",
    )
    def get(self, request, export):
        row, file = exports.opened(export, by=request.user)
        response = FileResponse(
            file,
            as_attachment=True,
            filename=f"{row.report}.{row.format}",
            content_type=MEDIA_TYPES.get(row.format, "application/octet-stream"),
            headers={"ETag": f'"{row.sha256}"'},
        )
        return secured(response)
