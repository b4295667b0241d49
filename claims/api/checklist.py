"""The reviewer's checklist of a claim: reading it, and answering it."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import CASE_READERS
from claims.actions import checklist
from claims.api.body import Strict, data_of
from claims.api.documentation import IF_MATCH, described
from claims.api.door import Door
from claims.api.fields import Text, Time, Word, utc
from claims.api.paging import parameters
from claims.api.preconditions import if_match, only_if
from claims.api.repeating import answered
from claims.api.representations import find, reads_as_staff
from claims.api.steps import REVIEWERS
from claims.reports.checking import checklist_of
from claims.rules.checks import ANSWERS
from claims.rules.denials import OWN_CLAIM
from claims.rules.errors import Refused
from claims.rules.text import NOTE

MOST_ENTRIES = 40
EVIDENCE = {"type": "object", "additionalProperties": True}


class Entry(Strict):
    code = Word()
    result = serializers.ChoiceField(choices=list(ANSWERS))
    note = Text(max_length=NOTE, required=False, allow_blank=True, help_text="Needed to fail, or to overrule the data.")


class Entries(Strict):
    entries = Entry(many=True, max_length=MOST_ENTRIES)


@extend_schema_field(EVIDENCE)
class Evidence(serializers.Field):
    """What the data say: figures, references of claims, ids of documents."""


class EarlierAnswer(serializers.Serializer):
    round = serializers.IntegerField()
    result = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_null=True)
    at = Time()


class CheckOut(serializers.Serializer):
    """One check. `finds` is what the data find, "" where they cannot tell; `by` is null where they answered."""

    code = serializers.CharField()
    label = serializers.CharField()
    help = serializers.CharField()
    result = serializers.CharField(help_text="open, pass, fail or not_applicable.")
    finds = serializers.CharField(allow_blank=True)
    said = serializers.CharField(allow_blank=True, help_text="The evidence in words.")
    evidence = Evidence()
    note = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_null=True)
    at = Time(allow_null=True)
    earlier = EarlierAnswer(many=True)


class ChecklistOut(serializers.Serializer):
    """The checklist of the claim's round; `missing` are the codes without which nobody decides."""

    reference = serializers.CharField()
    round = serializers.IntegerField()
    version = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    entries = CheckOut(many=True)


class Checklist(Door):
    access_rule = {"GET": rule_of(*CASE_READERS), "PATCH": REVIEWERS}

    @described(
        "Read the checklist of a claim",
        tag="review",
        operation_id="claims_checklist_retrieve",
        answers={200: ChecklistOut()},
        problems=(400, 401, 403, 404),
        description="What nobody answered is answered by the data of this moment, where they can tell. What they find"
        " wrong stays open until a person looks at it.",
    )
    def get(self, request, reference):
        parameters(request)
        claim = find(request.user, reference)
        if not reads_as_staff(request.user, claim):
            raise Refused(OWN_CLAIM.code, OWN_CLAIM.message, status=403)
        return answered(200, as_json(claim, request.user))

    @described(
        "Answer checks",
        tag="review",
        operation_id="claims_checklist_partial_update",
        request=Entries,
        answers={200: ChecklistOut()},
        problems=(400, 401, 403, 404, 409, 411, 412, 413, 415, 422),
        parameters=[IF_MATCH],
        example={"entries": [{"code": "causation", "result": "pass", "note": "The bounce shows it."}]},
        description="Only the reviewer who has the claim, until it is decided. `decide/` answers 422"
        " `checklist_incomplete` as long as a check is open.",
    )
    def patch(self, request, reference):
        version, values = if_match(request), Entries.read(data_of(request))
        with only_if(version):
            claim = checklist.record(reference, by=request.user, entries=values["entries"], version=version)
        return answered(200, as_json(claim, request.user))


def as_json(claim, person):
    found = checklist_of(claim)
    readable = found.readable_by(person)
    return {
        "reference": claim.reference,
        "round": found.number,
        "version": claim.version,
        "missing": [row.code for row in found.missing],
        "entries": [row_as_json(row, readable) for row in found.rows],
    }


def row_as_json(row, readable):
    return {
        "code": row.code,
        "label": str(row.label),
        "help": " ".join(str(text) for text in (row.help, *row.questions)),
        "result": row.result,
        "finds": row.finds,
        "said": " ".join(row.said),
        "evidence": row.evidence_for(readable),
        "note": row.note,
        "by": str(row.by) if row.by else None,
        "at": utc(row.at),
        "earlier": [
            {
                "round": check.round,
                "result": check.result,
                "note": check.note,
                "by": str(check.by) if check.by else None,
                "at": utc(check.at),
            }
            for check in row.earlier
        ],
    }
