"""The versions of an incident's terms, and the one on its way, for managers."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import Role
from claims.actions import terms as actions
from claims.api.documentation import described
from claims.api.door import Door
from claims.api.fields import Time, utc
from claims.api.incidents import found
from claims.api.paging import parameters
from claims.api.repeating import answered
from claims.models import Incident


@extend_schema_field({"type": "object", "additionalProperties": True})
class ValuesOut(serializers.Field):
    """All values of a version, amounts as strings."""


class VersionOut(serializers.Serializer):
    """`since` is null as long as version 1 is not frozen; nobody proposes or approves version 1."""

    version = serializers.IntegerField()
    since = Time(allow_null=True)
    proposed_by = serializers.CharField(allow_blank=True)
    approved_by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    values = ValuesOut()


class DraftOut(serializers.Serializer):
    status = serializers.ChoiceField(choices=["draft", "proposed"])
    revision = serializers.IntegerField()
    based_on = serializers.IntegerField()
    written_by = serializers.CharField()
    written_at = Time()
    proposed_by = serializers.CharField(allow_blank=True)
    proposed_at = Time(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    values = ValuesOut()


class TermsHistoryOut(serializers.Serializer):
    """Versions newest first; `draft` is that of the next one, null if there is none."""

    versions = VersionOut(many=True)
    draft = DraftOut(allow_null=True)


class TermsHistory(Door):
    access_rule = rule_of(Role.MANAGER)

    @described(
        "Read all versions of an outage's terms",
        tag="incidents",
        answers={200: TermsHistoryOut},
        problems=(400, 401, 403, 404),
        description="Claims keep the version they were opened with. Terms are written on the staff's pages.",
    )
    def get(self, request, code):
        parameters(request)
        incident = found(Incident.objects, code)
        rows = incident.terms_versions.select_related("proposed_by", "approved_by").order_by("-version")
        draft = actions.draft_of(incident)
        return answered(200, {"versions": list(map(version_json, rows)), "draft": draft and draft_json(draft)})


def version_json(row):
    return {
        "version": row.version,
        "since": utc(row.frozen_at),
        "proposed_by": str(row.proposed_by or ""),
        "approved_by": str(row.approved_by or ""),
        "reason": row.reason,
        "values": row.rules.to_json(),
    }


def draft_json(draft):
    return {
        "status": draft.state,
        "revision": draft.revision,
        "based_on": draft.based_on.version,
        "written_by": str(draft.written_by),
        "written_at": utc(draft.written_at),
        "proposed_by": str(draft.proposed_by or ""),
        "proposed_at": utc(draft.proposed_at),
        "reason": draft.reason,
        "values": draft.rules.to_json(),
    }
