"""What the data show of a claim for those who review it: its fit with the outage, and claims like it."""

from rest_framework import serializers

from accounts.access import rule_of
from accounts.roles import CASE_READERS
from claims.api.documentation import described
from claims.api.door import Door
from claims.api.fields import Time, utc
from claims.api.paging import parameters
from claims.api.repeating import answered
from claims.api.representations import find, reads_as_staff
from claims.reports.alike import alike_for
from claims.reports.fit_picture import picture_of
from claims.reports.fit_words import sentence
from claims.reports.outage_fit import fit_of
from claims.rules.denials import OWN_CLAIM
from claims.rules.errors import Refused

MOST = 200


class Interval(serializers.Serializer):
    start = Time()
    end = Time()


class FactOut(serializers.Serializer):
    """A dated fact. `zone` is the one it names, or says which was assumed; empty for our own clock."""

    what = serializers.CharField()
    label = serializers.CharField()
    at = Time()
    zone = serializers.CharField(allow_blank=True)
    document = serializers.UUIDField(allow_null=True)
    head = serializers.CharField(allow_blank=True)
    in_outage = serializers.BooleanField()


class FlagOut(serializers.Serializer):
    """What does not fit: no_overlap, after_restoration, edited_after or other_account. It never decides."""

    code = serializers.CharField()
    said = serializers.CharField()
    document = serializers.UUIDField(allow_null=True)
    head = serializers.CharField(allow_blank=True)


class FitOut(serializers.Serializer):
    reference = serializers.CharField()
    outage = Interval(many=True)
    facts = FactOut(many=True)
    flags = FlagOut(many=True)


class MatchOut(serializers.Serializer):
    """`why`: same_file, near_image, near_text, narrative, iban, contact or account; `score` is per cent."""

    why = serializers.CharField()
    label = serializers.CharField()
    score = serializers.IntegerField()
    document = serializers.UUIDField(allow_null=True)


class LikeOut(serializers.Serializer):
    reference = serializers.CharField()
    same_person = serializers.BooleanField()
    matches = MatchOut(many=True)


class AlikeOut(serializers.Serializer):
    """`hidden` counts the claims like this one that the caller may not read."""

    reference = serializers.CharField()
    claims = LikeOut(many=True)
    hidden = serializers.IntegerField()


def reviewed(request, reference):
    """The claim, for staff who read it as such."""
    parameters(request)
    claim = find(request.user, reference)
    if not reads_as_staff(request.user, claim):
        raise Refused(OWN_CLAIM.code, OWN_CLAIM.message, status=403)
    return claim


class Fit(Door):
    access_rule = {"GET": rule_of(*CASE_READERS)}

    @described(
        "Read how a claim fits the outage",
        tag="review",
        operation_id="claims_fit_retrieve",
        answers={200: FitOut()},
        problems=(400, 401, 403, 404),
        description="Every dated fact of the claim and its documents, and what does not fit the outage of the account.",
    )
    def get(self, request, reference):
        return answered(200, fit_as_json(reviewed(request, reference)))


class Alike(Door):
    access_rule = {"GET": rule_of(*CASE_READERS)}

    @described(
        "Read which claims are like this one",
        tag="review",
        operation_id="claims_alike_retrieve",
        answers={200: AlikeOut()},
        problems=(400, 401, 403, 404),
        description="At most 200 claims with the same or nearly the same document, story, IBAN, account or contact,"
        " nearest first. Those that the caller may not read are only counted.",
    )
    def get(self, request, reference):
        claim = reviewed(request, reference)
        found = alike_for(claim, request.user)
        claims = [like_as_json(like) for like in found.claims[:MOST]]
        return answered(200, {"reference": claim.reference, "claims": claims, "hidden": found.hidden})


def fit_as_json(claim):
    found = fit_of(claim)
    picture = picture_of(found)
    return {
        "reference": claim.reference,
        "outage": [{"start": utc(start), "end": utc(end)} for start, end in found.outage],
        "facts": [
            {
                "what": line.fact.what,
                "label": line.name,
                "at": utc(line.fact.at),
                "zone": line.zone,
                "document": line.document or None,
                "head": line.fact.head,
                "in_outage": line.inside,
            }
            for line in (picture.lines if picture else ())
        ],
        "flags": [
            {"code": flag.code, "said": sentence(flag.as_json()), "document": flag.document or None, "head": flag.head}
            for flag in found.flags
        ],
    }


def like_as_json(like):
    return {
        "reference": like.claim.reference,
        "same_person": like.same_person,
        "matches": [
            {
                "why": match.why,
                "label": str(match.label),
                "score": match.score,
                "document": match.document or None,
            }
            for match in like.matches
        ],
    }
