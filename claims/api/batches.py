"""Batches of payments: opened, approved by a second manager, carried to the bank, settled by what it answers."""

from django.http import FileResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from accounts.access import rule_of
from accounts.roles import Role
from claims.actions import bank_files, batches, settling
from claims.api.body import Strict
from claims.api.documentation import KEY_DEMANDED, PAGES, described, page_of
from claims.api.door import Door
from claims.api.evidence import File, WhateverIsAccepted
from claims.api.fields import Amount, Count, Money, Text, Time, Word, euro, iso_date, utc
from claims.api.paging import Cursor, newest_first, parameters
from claims.api.problems import Problem
from claims.api.repeating import Acting, answered
from claims.api.steps import Nothing
from claims.models import Batch, Statement
from claims.rules.errors import Refused
from claims.rules.text import NOTE
from evidence.delivery import secured

MANAGERS = rule_of(Role.MANAGER)
USUAL = (400, 401, 403, 404, 409, 411, 413, 415, 422)
BIGGEST = 2**31 - 1


class Opening(Strict):
    incident = Word()
    most_amount = Amount(required=False, help_text="Of each batch, in euro.")
    most_count = Count(required=False, help_text="Payments in each batch.")
    budget = Amount(required=False, help_text="Of all batches together, spent in the order of age.")


class TotalSeen(Strict):
    total = Amount(required=False, help_text="The total you have seen: 409 `stale` if it is another one by now.")
    shared_reason = Text(max_length=NOTE, required=False, help_text="Why accounts that several name are right.")


class WhyCancelled(Strict):
    reason = Text(max_length=NOTE, required=False, allow_blank=True)


class BatchOut(serializers.Serializer):
    """`id` is the number of the batch. `left_out`, when it is opened: why how many of what is owed stayed out."""

    id = serializers.IntegerField()
    incident = serializers.CharField()
    status = serializers.ChoiceField(choices=Batch.State.values)
    count = serializers.IntegerField()
    total = Money()
    opened_by = serializers.CharField()
    opened_at = Time()
    approved_by = serializers.CharField(allow_blank=True)
    approved_at = Time(allow_null=True)
    execution_date = serializers.DateField(allow_null=True)
    handed_over_at = Time(allow_null=True)
    cancel_asked_by = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField(), required=False)
    further = serializers.ListField(child=serializers.IntegerField(), required=False)


class LineOut(serializers.Serializer):
    """A line that did nothing, and why."""

    end_to_end_id = serializers.CharField(allow_blank=True)
    amount = Money(allow_null=True)
    note = serializers.CharField()


class StatementOut(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Statement.Kind.values)
    sha256 = serializers.CharField()
    read_at = Time()
    already_read = serializers.BooleanField()
    lines = serializers.IntegerField()
    settled = serializers.IntegerField()
    returned = serializers.IntegerField()
    unmatched = LineOut(many=True)


class BankFileIn(Strict):
    """Fields of the form; describes them for the schema."""

    file = File()


def as_json(batch, **more):
    return {
        "id": batch.number,
        "incident": batch.incident.code,
        "status": batch.state,
        "count": batch.count,
        "total": euro(batch.total),
        "opened_by": str(batch.opened_by),
        "opened_at": utc(batch.opened_at),
        "approved_by": str(batch.approved_by or ""),
        "approved_at": utc(batch.approved_at),
        "execution_date": iso_date(batch.execution_date),
        "handed_over_at": utc(batch.handed_over_at),
        "cancel_asked_by": str(batch.cancel_asked_by or ""),
        "sha256": batch.sha256,
        "size": batch.size,
        **more,
    }


def rows():
    return Batch.objects.select_related("incident", "opened_by", "approved_by", "cancel_asked_by")


def find(number):
    batch = rows().filter(number=number).first() if number <= BIGGEST else None
    if batch is None:
        raise Problem(404, "not_found", batches.NOT_FOUND)
    return batch


def described_batch(summary, **more):
    return described(
        summary, tag="payments", answers={200: BatchOut}, problems=USUAL, parameters=[KEY_DEMANDED], **more
    )


@extend_schema_view(
    post=described(
        "Open batches of what is owed",
        tag="payments",
        request=Opening,
        answers={201: BatchOut},
        problems=USUAL,
        parameters=[KEY_DEMANDED],
        example={"incident": "libero-2023", "most_amount": "100000.00", "most_count": 5000},
        description="Oldest first. Limits split it: the first batch is answered, `further` names the others. Left out"
        " is who has no bank details (`no_details`), changed them within 48 hours (`changed`), shares an IBAN with"
        " others (`shared`), or is you (`own`).",
    )
)
class Batches(Acting):
    access_rule = MANAGERS
    key_required = True

    @described(
        "List batches, newest first",
        tag="payments",
        operation_id="batches_list",
        answers={200: page_of(BatchOut(many=True), "BatchPage")},
        problems=(400, 401, 403),
        parameters=PAGES,
    )
    def get(self, request):
        page = newest_first(rows(), Cursor(request, "batches", parameters(request)))
        return answered(200, {**page, "results": [as_json(batch) for batch in page["results"]]})

    def act(self, request, data):
        values = Opening.read(data)
        opened, left_out = batches.open_batches(values.pop("incident"), by=request.user, **values)
        further = [batch.number for batch in opened[1:]]
        return 201, as_json(find(opened[0].number), left_out=left_out, further=further)


class OneBatch(Door):
    access_rule = MANAGERS

    @described("Read a batch", tag="payments", answers={200: BatchOut}, problems=(400, 401, 403, 404))
    def get(self, request, batch):
        parameters(request)
        return answered(200, as_json(find(batch)))


class Step(Acting):
    """One step of one batch. Subclasses name their `body` and define go(number, by, **values)."""

    access_rule = MANAGERS
    key_required = True
    body = Nothing

    def act(self, request, data, batch):
        find(batch)
        self.go(batch, by=request.user, **self.body.read(data))
        return 200, as_json(find(batch))


@extend_schema_view(
    post=described_batch(
        "Approve a batch",
        request=TotalSeen,
        example={"total": "1234.50"},
        description="By another manager than who opened it, and none whom it pays. Freezes it and writes its file.",
    )
)
class Approve(Step):
    body = TotalSeen

    def go(self, number, **values):
        batches.approve_batch(number, **values)
        bank_files.write_file(number)


@extend_schema_view(
    post=described_batch(
        "Cancel a batch",
        request=WhyCancelled,
        example={"reason": "The account has not been funded."},
        description="What it would have paid is owed again. Once its file was taken out, two managers must call this.",
    )
)
class Cancel(Step):
    body = WhyCancelled

    def go(self, number, **values):
        batches.cancel_batch(number, **values)


@extend_schema_view(post=described_batch("Say that the file was given to the bank", request=Nothing, example={}))
class HandedOver(Step):
    def go(self, number, **values):
        bank_files.handed_over(number, **values)


class BankFile(Door):
    access_rule = MANAGERS
    content_negotiation_class = WhateverIsAccepted

    @described(
        "Fetch the file for the bank",
        tag="payments",
        answers={(200, "application/xml"): OpenApiTypes.BINARY},
        problems=(400, 401, 403, 404, 409),
        description="pain.001.001.09, the same bytes each time. Who takes it is written down.",
    )
    def get(self, request, batch):
        row, file = bank_files.opened(find(batch).number, by=request.user)
        response = FileResponse(
            file,
            as_attachment=True,
            filename=f"pain001-{row.number}.xml",
            content_type="application/xml",
            headers={"ETag": f'"{row.sha256}"'},
        )
        return secured(response)


@extend_schema_view(
    post=described(
        "Read a file of the bank",
        tag="payments",
        request={"multipart/form-data": BankFileIn},
        answers={200: StatementOut},
        problems=USUAL,
        parameters=[KEY_DEMANDED],
        description="camt.053 or pain.002, whole or not at all; it may speak of other batches, too. The same file again"
        " changes nothing (`already_read`).",
    )
)
class BankAnswer(Acting):
    access_rule = MANAGERS
    key_required = True
    parser_classes = (MultiPartParser,)

    def act(self, request, data, batch):
        find(batch)
        if set(data) != {"file"} or not hasattr(data["file"], "sha256"):
            raise Refused(
                "file_required", _("Send the bank’s file in the field “file”, and nothing else."), field="file"
            )
        if data["file"].problem:
            raise Refused("too_large", _("This file is too large."), field="file", status=413)
        statement, known = settling.settle(data["file"].file, by=request.user)
        return 200, statement_as_json(statement, known)


def statement_as_json(statement, known):
    lines = statement.found.exclude(note="").order_by("pk")[:1000]
    return {
        "id": statement.pk,
        "kind": statement.kind,
        "sha256": statement.sha256,
        "read_at": utc(statement.at),
        "already_read": known,
        "lines": statement.lines,
        "settled": statement.settled,
        "returned": statement.returned,
        "unmatched": [
            {"end_to_end_id": line.end_to_end_id, "amount": euro(line.amount), "note": line.note} for line in lines
        ],
    }
