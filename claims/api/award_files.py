"""Files of awards in kind: opened, approved by a second manager, handed over, confirmed."""

from django.http import FileResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from accounts.access import rule_of
from accounts.roles import Role
from claims.actions import confirming, fulfilling
from claims.api.body import Strict
from claims.api.documentation import KEY_DEMANDED, PAGES, described, page_of
from claims.api.door import Door
from claims.api.evidence import File, WhateverIsAccepted
from claims.api.fields import Count, Text, Time, Word, utc
from claims.api.paging import Cursor, newest_first, parameters
from claims.api.problems import Problem
from claims.api.repeating import Acting, answered
from claims.api.steps import Nothing
from claims.models import Benefit, FulfilmentFile
from claims.rules.errors import Refused
from claims.rules.fulfilment import NOTES
from claims.rules.text import NOTE
from evidence.delivery import secured

MANAGERS = rule_of(Role.MANAGER)
USUAL = (400, 401, 403, 404, 409, 411, 413, 415, 422)
BIGGEST = 2**31 - 1


class OpeningFile(Strict):
    incident = Word()
    kind = Word(help_text="subscription_month, storage_gb or voucher.")
    most = Count(required=False, help_text="Awards in the file, the oldest.")


class WhyFileCancelled(Strict):
    reason = Text(max_length=NOTE)


class AwardFileOut(serializers.Serializer):
    """`id` is the number of the file; `size` and `sha256` are those of its content once it is approved."""

    id = serializers.IntegerField()
    incident = serializers.CharField()
    kind = serializers.ChoiceField(choices=Benefit.Kind.values)
    status = serializers.ChoiceField(choices=FulfilmentFile.State.values)
    count = serializers.IntegerField()
    opened_by = serializers.CharField()
    opened_at = Time()
    approved_by = serializers.CharField(allow_blank=True)
    approved_at = Time(allow_null=True)
    handed_over_at = Time(allow_null=True)
    sha256 = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField()


class UnclearLine(serializers.Serializer):
    """A line that did nothing, and why."""

    fulfilment_id = serializers.CharField()
    note = serializers.ChoiceField(choices=list(NOTES))


class ConfirmationOut(serializers.Serializer):
    """What a confirmation did, or would do (`dry_run`)."""

    already_read = serializers.BooleanField()
    dry_run = serializers.BooleanField()
    lines = serializers.IntegerField()
    given = serializers.IntegerField()
    refused = serializers.IntegerField()
    known = serializers.IntegerField()
    unmatched = UnclearLine(many=True)


class ConfirmationIn(Strict):
    """Fields of the form; describes them for the schema."""

    file = File()
    dry_run = serializers.ChoiceField(choices=["true", "false"], required=False)


def as_json(file):
    return {
        "id": file.number,
        "incident": file.incident.code,
        "kind": file.kind,
        "status": file.state,
        "count": file.count,
        "opened_by": str(file.opened_by),
        "opened_at": utc(file.opened_at),
        "approved_by": str(file.approved_by or ""),
        "approved_at": utc(file.approved_at),
        "handed_over_at": utc(file.handed_over_at),
        "sha256": file.sha256,
        "size": file.size,
    }


def rows():
    return FulfilmentFile.objects.select_related("incident", "opened_by", "approved_by")


def find(number):
    file = rows().filter(number=number).first() if number <= BIGGEST else None
    if file is None:
        raise Problem(404, "not_found", fulfilling.NOT_FOUND)
    return file


def described_file(summary, **more):
    more = {"answers": {200: AwardFileOut}, **more}
    return described(summary, tag="awards", problems=USUAL, parameters=[KEY_DEMANDED], **more)


@extend_schema_view(
    post=described_file(
        "Open a file of awards in kind",
        request=OpeningFile,
        answers={201: AwardFileOut},
        example={"incident": "libero-2023", "kind": "storage_gb", "most": 5000},
        description="Of what waits, oldest first, never of what is given to you. 409 `pool_empty`: vouchers are waited"
        " for, and no code of their value is left.",
    )
)
class AwardFiles(Acting):
    access_rule = MANAGERS
    key_required = True

    @described(
        "List files of awards in kind, newest first",
        tag="awards",
        operation_id="award_files_list",
        answers={200: page_of(AwardFileOut(many=True), "AwardFilePage")},
        problems=(400, 401, 403),
        parameters=PAGES,
    )
    def get(self, request):
        page = newest_first(rows(), Cursor(request, "award-files", parameters(request)))
        return answered(200, {**page, "results": [as_json(file) for file in page["results"]]})

    def act(self, request, data):
        values = OpeningFile.read(data)
        opened = fulfilling.open_file(values.pop("incident"), by=request.user, **values)
        return 201, as_json(find(opened.number))


class OneAwardFile(Door):
    access_rule = MANAGERS

    @described(
        "Read a file of awards in kind", tag="awards", answers={200: AwardFileOut}, problems=(400, 401, 403, 404)
    )
    def get(self, request, file):
        parameters(request)
        return answered(200, as_json(find(file)))


class Step(Acting):
    """One step of one file. Subclasses name their `body` and define go(number, by, **values)."""

    access_rule = MANAGERS
    key_required = True
    body = Nothing

    def act(self, request, data, file):
        find(file)
        self.go(file, by=request.user, **self.body.read(data))
        return 200, as_json(find(file))


@extend_schema_view(
    post=described_file(
        "Approve a file of awards in kind",
        request=Nothing,
        example={},
        description="By another manager than who opened it, and none to whom something in it is given.",
    )
)
class ApproveFile(Step):
    def go(self, number, **values):
        fulfilling.approve_file(number, **values)


@extend_schema_view(
    post=described_file(
        "Cancel a file of awards in kind",
        request=WhyFileCancelled,
        example={"reason": "The price list changed."},
        description="As long as nobody took it out: what it would have given waits again.",
    )
)
class CancelFile(Step):
    body = WhyFileCancelled

    def go(self, number, **values):
        fulfilling.cancel_file(number, **values)


@extend_schema_view(post=described_file("Say that a file was handed over", request=Nothing, example={}))
class FileHandedOver(Step):
    def go(self, number, **values):
        fulfilling.handed_over(number, **values)


class AwardFileContent(Door):
    access_rule = MANAGERS
    content_negotiation_class = WhateverIsAccepted

    @described(
        "Fetch a file of awards in kind",
        tag="awards",
        answers={(200, "text/csv"): OpenApiTypes.BINARY},
        problems=(400, 401, 403, 404, 409),
        description="CSV, the same bytes each time. Of a voucher it tells the last four letters and, if it was"
        " generated here, the SHA-256 of its code. Who takes it is written down.",
    )
    def get(self, request, file):
        row, content = fulfilling.taken_out(find(file).number, by=request.user)
        response = FileResponse(
            content,
            as_attachment=True,
            filename=f"awards-{row.number}.csv",
            content_type="text/csv; charset=utf-8",
            headers={"ETag": f'"{row.sha256}"'},
        )
        return secured(response)


@extend_schema_view(
    post=described(
        "Read a confirmation of awards in kind",
        tag="awards",
        request={"multipart/form-data": ConfirmationIn},
        answers={200: ConfirmationOut},
        problems=USUAL,
        parameters=[KEY_DEMANDED],
        description="CSV with the columns fulfilment_id, result (given or refused) and reason; whole or not at all. The"
        " same file again changes nothing (`already_read`); `dry_run` only tells what it would do.",
    )
)
class ReadConfirmation(Acting):
    access_rule = MANAGERS
    key_required = True
    parser_classes = (MultiPartParser,)

    def act(self, request, data, file):
        find(file)
        dry = data.get("dry_run", "false")
        if (
            not set(data) <= {"file", "dry_run"}
            or dry not in ("true", "false")
            or not hasattr(data.get("file"), "sha256")
        ):
            raise Refused("file_required", _("Send the confirmation in the field “file”."), field="file")
        if data["file"].problem:
            raise Refused("too_large", _("This file is too large."), field="file", status=413)
        effect, known = confirming.confirm(file, data["file"].file, by=request.user, dry=dry == "true")
        return 200, {
            "already_read": known,
            "dry_run": dry == "true",
            **{name: getattr(effect, name) for name in ("lines", "given", "refused", "known")},
            "unmatched": [{"fulfilment_id": name, "note": why} for name, why in effect.odd],
        }
