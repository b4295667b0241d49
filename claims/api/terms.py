"""The versions of an incident's terms, and writing, proposing and answering the next one: for managers."""

from drf_spectacular.utils import extend_schema_field, extend_schema_view
from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import Role
from claims.actions import terms as actions
from claims.api.body import Strict
from claims.api.documentation import IF_MATCH, IF_MATCH_DEMANDED, KEY_DEMANDED, described
from claims.api.fields import Anything, Count, Text, Time, utc
from claims.api.incidents import found
from claims.api.paging import parameters
from claims.api.preconditions import if_match, only_if
from claims.api.repeating import Acting, answered
from claims.models import Incident, TermsDraft
from claims.rules.terms import Terms
from claims.rules.text import NOTE

MANAGERS = rule_of(Role.MANAGER)
USUAL = (400, 401, 403, 404, 409, 411, 412, 413, 415, 422)


@extend_schema_field({"type": "object", "additionalProperties": True})
class ValuesOut(serializers.Field):
    """All values of a version, amounts as strings."""


@extend_schema_field({"type": "object", "additionalProperties": True})
class Values(Anything):
    """Values of terms by name, as they are read here."""


class Writing(Strict):
    values = Values(help_text="Names that are missing stay as they are.")


class Why(Strict):
    reason = Text(max_length=NOTE)


class Seen(Strict):
    draft = Count(help_text="The id of the draft you looked at.")


class SeenAndWhy(Seen):
    note = Text(max_length=NOTE)


class SeenAndPerhapsWhy(Seen):
    note = Text(max_length=NOTE, required=False, allow_blank=True)


class VersionOut(serializers.Serializer):
    """`since` is null as long as version 1 is not frozen; nobody proposes or approves version 1."""

    version = serializers.IntegerField()
    since = Time(allow_null=True)
    proposed_by = serializers.CharField(allow_blank=True)
    approved_by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    values = ValuesOut()


class DraftOut(serializers.Serializer):
    """`version` is that of the draft, for If-Match, `based_on` that of the terms in force, if there are any."""

    id = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=TermsDraft.State.values)
    version = serializers.IntegerField()
    based_on = serializers.IntegerField(allow_null=True)
    written_by = serializers.CharField(allow_blank=True)
    proposed_by = serializers.CharField(allow_blank=True)
    answered_by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    values = ValuesOut()


class TermsHistoryOut(serializers.Serializer):
    """Versions newest first; `draft` is what is written next, null if nobody began."""

    versions = VersionOut(many=True)
    draft = DraftOut(allow_null=True)


def version_json(row):
    return {
        "version": row.version,
        "since": utc(row.frozen_at),
        "proposed_by": str(row.proposed_by or ""),
        "approved_by": str(row.approved_by or ""),
        "reason": row.reason,
        "values": row.rules.to_json(),
    }


def draft_json(row):
    """A draft, or version 1 before it is frozen."""
    later = isinstance(row, TermsDraft)
    return {
        "id": row.pk if later else None,
        "status": row.state if later else "draft",
        "version": row.revision,
        "based_on": row.based_on.version if later else None,
        "written_by": str(row.written_by) if later else "",
        "proposed_by": str(row.proposed_by or ""),
        "answered_by": str(row.answered_by or "") if later else "",
        "reason": row.reason,
        "note": row.note if later else "",
        "values": row.rules.to_json(),
    }


@extend_schema_view(
    post=described(
        "Write the next terms",
        tag="incidents",
        request=Writing,
        answers={200: DraftOut},
        problems=USUAL,
        parameters=[KEY_DEMANDED, IF_MATCH],
        example={"values": {"appeal_days": 60}},
        description="Before an outage is opened: its version 1. Afterwards a draft of the next version; If-Match once"
        " there is one. Nothing holds before another manager approves it.",
    )
)
class TermsHistory(Acting):
    access_rule = MANAGERS
    key_required = True

    @described(
        "Read all versions of an outage's terms",
        tag="incidents",
        answers={200: TermsHistoryOut},
        problems=(400, 401, 403, 404),
        description="Claims keep the version they were opened with.",
    )
    def get(self, request, code):
        parameters(request)
        incident = found(Incident.objects, code)
        rows = incident.terms_versions.select_related("proposed_by", "approved_by").order_by("-version")
        _old, draft = actions.editable(incident)
        return answered(200, {"versions": list(map(version_json, rows)), "draft": draft and draft_json(draft)})

    def act(self, request, data, code):
        version, given = if_match(request), Writing.read(data)["values"]
        in_force, row = actions.editable(found(Incident.objects, code))
        known = row or in_force
        terms = Terms.from_json({**(known.rules if known else Terms()).to_json(), **given})
        with only_if(version):
            return 200, draft_json(actions.save(code, by=request.user, terms=terms, revision=version or 0))


class Step(Acting):
    """One step of the draft of one incident. Subclasses define go(code, request, values)."""

    access_rule = MANAGERS
    key_required = True
    body = Seen

    def act(self, request, data, code):
        found(Incident.objects, code)
        return 200, draft_json(self.go(code, request, self.body.read(data)))


def described_step(summary, **more):
    return described(
        summary,
        tag="incidents",
        answers={200: DraftOut},
        problems=(*USUAL, 428) if "parameters" in more else USUAL,
        **{"parameters": [KEY_DEMANDED], **more},
    )


@extend_schema_view(
    post=described_step(
        "Propose the draft of terms",
        request=Why,
        example={"reason": "The rate was too low."},
        parameters=[KEY_DEMANDED, IF_MATCH_DEMANDED],
    )
)
class Propose(Step):
    body = Why

    def go(self, code, request, values):
        version = if_match(request, required=True)
        with only_if(version):
            return actions.propose(code, by=request.user, revision=version, **values)


@extend_schema_view(
    post=described_step(
        "Approve the terms that were proposed",
        request=Seen,
        example={"draft": 3},
        description="By another manager. They hold for claims opened from then on.",
    )
)
class Approve(Step):
    def go(self, code, request, values):
        return actions.approve(code, by=request.user, draft_id=values["draft"])


@extend_schema_view(
    post=described_step(
        "Reject the terms that were proposed",
        request=SeenAndWhy,
        example={"draft": 3, "note": "Ask counsel first."},
        description="By another manager.",
    )
)
class Reject(Step):
    body = SeenAndWhy

    def go(self, code, request, values):
        return actions.reject(code, by=request.user, draft_id=values["draft"], note=values["note"])


@extend_schema_view(post=described_step("Withdraw a draft of terms", request=SeenAndPerhapsWhy, example={"draft": 3}))
class Withdraw(Step):
    body = SeenAndPerhapsWhy

    def go(self, code, request, values):
        return actions.withdraw(code, by=request.user, draft_id=values["draft"], note=values.get("note", ""))
