"""Outages as anybody may read of them, and whether an account was affected."""

from django.db.models import Prefetch
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import throttling
from accounts.access import PUBLIC
from claims.api.body import SmallJSON, Strict, data_of
from claims.api.documentation import PAGES, described, page_of
from claims.api.door import Door
from claims.api.fields import Time, Word, utc
from claims.api.paging import Cursor, newest_first, parameters
from claims.api.repeating import answered, key_of
from claims.api.tokens import too_many
from claims.models import REMEDIES, Incident, IncidentTerms, Service
from claims.reports import eligibility

# Somebody trying out whose account was affected is slowed down; a person with three mailboxes is not.
TRIES = {"limit": 10, "seconds": 60}
# How large an award may be before a second person looks at it is nobody's business outside.
INTERNAL_TERMS = {"countersign_limit", "countersign_remedies", "band_tolerance", "band_least", "sample_rates"}
REMEDY_CODES = [remedy for remedy, _label in REMEDIES]
HOW = ["automatic", "claim"]


class ServiceOut(serializers.Serializer):
    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=Service.Kind.values)
    domains = serializers.ListField(child=serializers.CharField())
    restored_at = Time(allow_null=True)


class RemedyOut(serializers.Serializer):
    """`how`: granted without being asked for, or to be claimed."""

    remedy = serializers.ChoiceField(choices=REMEDY_CODES)
    how = serializers.ChoiceField(choices=HOW)


class WindowOut(serializers.Serializer):
    open = serializers.BooleanField()
    closes_at = Time(allow_null=True)


@extend_schema_field({"type": "object", "additionalProperties": True})
class TermsOut(serializers.Field):
    """The newest version of the terms."""


class IncidentOut(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    state = serializers.ChoiceField(choices=["open", "closed"])
    started_at = Time()
    ended_at = Time()
    window = WindowOut()
    services = ServiceOut(many=True)
    remedies = RemedyOut(many=True)
    terms = TermsOut()


class Question(Strict):
    login = Word()


class MayApply(serializers.Serializer):
    remedy = serializers.ChoiceField(choices=REMEDY_CODES)
    may_apply = serializers.BooleanField()
    how = serializers.ChoiceField(choices=HOW)


class EligibilityOut(serializers.Serializer):
    affected = serializers.BooleanField()
    remedies = MayApply(many=True)


def public():
    frozen = IncidentTerms.objects.filter(frozen_at__isnull=False).order_by("-version")
    return Incident.objects.public().prefetch_related(
        "services", Prefetch("terms_versions", frozen, to_attr="frozen_terms")
    )


def as_json(incident, now):
    version = incident.frozen_terms[0] if incident.frozen_terms else None
    values = version.values if version else {}
    to_claim = version.rules.remedies_to_claim if version else ()
    return {
        "code": incident.code,
        "title": incident.title,
        "summary": incident.summary,
        "state": incident.state,
        "started_at": utc(incident.started_at),
        "ended_at": utc(incident.ended_at),
        "window": {"open": incident.accepts_claims(now), "closes_at": utc(incident.closes_at)},
        "services": [
            {
                "code": service.code,
                "kind": service.kind,
                "domains": service.domains,
                "restored_at": utc(service.restored_at),
            }
            for service in incident.services.all()
        ],
        "remedies": [
            {"remedy": remedy, "how": "claim" if remedy in to_claim else "automatic"} for remedy in REMEDY_CODES
        ],
        "terms": {
            "version": version.version if version else None,
            **{name: value for name, value in values.items() if name not in INTERNAL_TERMS},
        },
    }


class Incidents(Door):
    access_rule = PUBLIC
    authentication_classes = ()

    @described(
        "List outages",
        tag="incidents",
        operation_id="incidents_list",
        answers={200: page_of(IncidentOut(many=True), "IncidentPage")},
        problems=(400,),
        parameters=PAGES,
    )
    def get(self, request):
        page = newest_first(public(), Cursor(request, "incidents", parameters(request)))
        now = timezone.now()
        return answered(200, {**page, "results": [as_json(incident, now) for incident in page["results"]]})


class OneIncident(Door):
    access_rule = PUBLIC
    authentication_classes = ()

    @described("Read an outage", tag="incidents", answers={200: IncidentOut}, problems=(400, 404))
    def get(self, request, code):
        parameters(request)
        return answered(200, as_json(found(public(), code), timezone.now()))


class Eligible(Door):
    access_rule = PUBLIC
    authentication_classes = ()
    parser_classes = (SmallJSON,)

    @described(
        "Was this account affected?",
        tag="incidents",
        request=Question,
        answers={200: EligibilityOut},
        problems=(400, 404, 413, 415, 422, 429),
        example={"login": "anna@libero.example"},
        reply={
            "affected": True,
            "remedies": [
                {"remedy": "indemnity", "may_apply": True, "how": "automatic"},
                {"remedy": "refund", "may_apply": True, "how": "automatic"},
                {"remedy": "damages", "may_apply": True, "how": "claim"},
            ],
        },
        description="Ten questions a minute. Nothing is told about whose account it is.",
    )
    def post(self, request, code):
        key_of(request, required=False)
        if seconds := throttling.wait("eligibility", request.META.get("REMOTE_ADDR", ""), **TRIES):
            raise too_many(seconds)
        given = Question.read(data_of(request))
        told = eligibility.check(found(Incident.objects.public(), code), given["login"])
        entries = [{"remedy": entry.remedy, "may_apply": entry.may_apply, "how": entry.how} for entry in told.remedies]
        return answered(200, {"affected": told.affected, "remedies": entries})


def found(incidents, code):
    """The public incident called `code`, or 404."""
    incident = incidents.filter(code=code).first()
    if incident is None:
        raise Http404
    return incident
