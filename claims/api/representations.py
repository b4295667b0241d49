"""What a claim and an event look like from outside: to its claimant, and to staff. Never shared.

The serializers describe the answers for the schema; the functions beside them make them.
"""

from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from accounts.roles import CASE_READERS
from claims.actions.lifecycle import NOT_FOUND
from claims.api.decided import Explanation, Gift, explanation, gifts_of
from claims.api.estimates import EstimateOut, estimate_as_json, put_estimates
from claims.api.fields import Money, Time, euro, iso_date, utc
from claims.models import REMEDIES, Claim, Decision
from claims.reports import wording
from claims.reports.history import shown_status
from claims.rules.errors import Refused
from claims.rules.signatures import REASONS as SIGNATURES
from claims.rules.statuses import LABELS
from claims.rules.terms import HEADS

STANDING = (Decision.State.PROPOSED, Decision.State.EFFECTIVE)
STATUSES = [str(status) for status in LABELS]


class Item(serializers.Serializer):
    """A loss. `awarded`, `share` (the own share, per cent) and `reasons` are null and empty until it is decided.

    `explanations` say each of the reasons in words, in the language of the request.
    """

    id = serializers.IntegerField()
    head = serializers.ChoiceField(choices=list(HEADS))
    description = serializers.CharField()
    amount = Money()
    occurred_at = Time()
    awarded = Money(allow_null=True)
    share = Money(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    explanations = Explanation(many=True)


class Totals(serializers.Serializer):
    """In euro: what is claimed; what was decided before and after what was already granted elsewhere."""

    claimed = Money()
    total = Money(allow_null=True)
    offsets = Money(allow_null=True)
    net = Money(allow_null=True)


class ClaimForClaimant(serializers.Serializer):
    """A claim as its claimant, and the operator who filed it, see it."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    remedy = serializers.ChoiceField(choices=[remedy for remedy, _label in REMEDIES])
    incident = serializers.CharField()
    login = serializers.CharField()
    login_explanation = serializers.CharField(allow_blank=True)
    narrative = serializers.CharField(allow_blank=True)
    iban = serializers.CharField(allow_blank=True, help_text="Shortened: IT** 1234.")
    items = Item(many=True)
    totals = Totals()
    awards = Gift(many=True)
    due = serializers.DateField(allow_null=True)
    estimate = EstimateOut(allow_null=True)
    submitted_at = Time(allow_null=True)
    decided_at = Time(allow_null=True)
    version = serializers.IntegerField()


class Person(serializers.Serializer):
    name = serializers.CharField()
    email = serializers.EmailField()


class ClaimForStaff(serializers.Serializer):
    """A claim as those who review and manage see it; a proposed decision shows before it takes effect."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    remedy = serializers.ChoiceField(choices=[remedy for remedy, _label in REMEDIES])
    incident = serializers.CharField()
    login = serializers.CharField()
    login_explanation = serializers.CharField(allow_blank=True)
    narrative = serializers.CharField(allow_blank=True)
    claimant = Person()
    on_roster = serializers.BooleanField()
    flags = serializers.ListField(child=serializers.CharField())
    late_reason = serializers.CharField(allow_blank=True)
    items = Item(many=True)
    totals = Totals()
    awards = Gift(many=True)
    due = serializers.DateField(allow_null=True)
    estimate = EstimateOut(allow_null=True)
    submitted_at = Time(allow_null=True)
    decided_at = Time(allow_null=True)
    assigned_to = serializers.EmailField(allow_null=True)
    signature_reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SIGNATURES)), help_text="Why a second person signs the decision."
    )
    version = serializers.IntegerField()


class ClaimGiven(ClaimForStaff):
    """A claim that was just given to somebody."""

    assigned_to_away_until = serializers.DateField(
        allow_null=True, help_text="The last day of the absence in which they are today. It forbids nothing."
    )


def either(many=False):
    """In the schema: one or the other, as the caller is."""
    return PolymorphicProxySerializer(
        component_name="Claim",
        serializers=[ClaimForClaimant, ClaimForStaff],
        resource_type_field_name=None,
        many=many,
    )


class Event(serializers.Serializer):
    """One act in a claim's journal. Claimants read roles in place of names, no notes of staff and no hashes."""

    sequence = serializers.IntegerField()
    at = Time()
    actor = serializers.CharField()
    action = serializers.CharField()
    old = serializers.CharField(allow_blank=True)
    new = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    hash = serializers.CharField(allow_blank=True)


def find(person, reference):
    """The claim, if `person` may know of it. Raises Refused 404, the same for a foreign and an unknown one."""
    claim = known(person).with_reference(reference).first()
    if claim is None:
        raise Refused("not_found", NOT_FOUND, status=404)
    return claim


def known(person):
    """The claims `person` may know of, with what claim_for() needs of their row."""
    return Claim.objects.visible_to(person).select_related("incident", "claimant", "assigned_to")


def reads_as_staff(person, claim):
    """Whoever reviews reads their own claim as any claimant does."""
    return person.has_role(*CASE_READERS) and claim.claimant_id != person.pk


def claim_for(person, claim):
    return claims_for(person, [claim])[0]


def claims_for(person, claims):
    """The claims as `person` may see them, in as many queries for one as for two hundred."""
    prefetch_related_objects([claim for claim in claims if not hasattr(claim, "written_items")], "items")
    reviewed = [claim for claim in claims if not claim.is_draft]
    standing = Decision.objects.filter(state__in=STANDING).order_by("round").prefetch_related("awards", "benefits")
    prefetch_related_objects(reviewed, Prefetch("decisions", standing, to_attr="standing"))
    decisions = [decision for claim in reviewed for decision in claim.standing]
    texts = wording.reasons_of_all(decisions)
    for decision in decisions:
        decision.texts = texts[decision.pk]
    put_estimates(claims)
    return [for_staff(claim) if reads_as_staff(person, claim) else for_claimant(claim) for claim in claims]


def for_claimant(claim):
    decision = latest(claim, (Decision.State.EFFECTIVE,))
    return {
        "reference": claim.reference,
        "status": shown_status(claim.status),
        "remedy": claim.remedy,
        "incident": claim.incident.code,
        "login": claim.login,
        "login_explanation": claim.login_explanation,
        "narrative": claim.narrative,
        "iban": claim.iban_hint,
        "items": items_of(claim, decision),
        "totals": totals_of(claim, decision),
        "awards": gifts_of(decision),
        "due": iso_date(claim.due),
        "estimate": estimate_as_json(claim.estimate),
        "submitted_at": utc(claim.submitted_at),
        "decided_at": utc(claim.decided_at),
        "version": claim.version,
    }


def for_staff(claim):
    decision = latest(claim, STANDING)
    return {
        "reference": claim.reference,
        "status": claim.status,
        "remedy": claim.remedy,
        "incident": claim.incident.code,
        "login": claim.login,
        "login_explanation": claim.login_explanation,
        "narrative": claim.narrative,
        "claimant": {"name": claim.claimant.name, "email": claim.claimant.email},
        "on_roster": claim.customer_id is not None,
        "flags": claim.flags,
        "late_reason": claim.late_reason,
        "items": items_of(claim, decision),
        "totals": totals_of(claim, decision),
        "awards": gifts_of(decision),
        "due": iso_date(claim.due),
        "estimate": estimate_as_json(claim.estimate),
        "submitted_at": utc(claim.submitted_at),
        "decided_at": utc(claim.decided_at),
        "assigned_to": claim.assigned_to.email if claim.assigned_to else None,
        "signature_reasons": decision.signature_reasons if decision else [],
        "version": claim.version,
    }


def latest(claim, states):
    """The newest decision in one of `states`; a draft has none."""
    return next((one for one in reversed(getattr(claim, "standing", ())) if one.state in states), None)


def items_of(claim, decision):
    awards = {award.item_id: award for award in decision.awards.all()} if decision else {}
    texts = decision.texts if decision else {}
    items = getattr(claim, "written_items", None)  # just written by open_claim(): no need to ask for them again
    return [item_as_json(item, awards.get(item.pk), texts) for item in (claim.items.all() if items is None else items)]


def item_as_json(item, award, texts):
    return {
        "id": item.pk,
        "head": item.head,
        "description": item.description,
        "amount": euro(item.amount),
        "occurred_at": utc(item.occurred_at),
        "awarded": euro(award.awarded) if award else None,
        "share": euro(award.share) if award else None,
        "reasons": award.reasons if award else [],
        "explanations": [explanation(texts[code]) for code in award.reasons] if award else [],
    }


def totals_of(claim, decision):
    return {
        "claimed": euro(claim.claimed),
        "total": euro(decision.total) if decision else None,
        "offsets": euro(decision.offsets) if decision else None,
        "net": euro(decision.net) if decision else None,
    }


def event_as_json(event):
    return {
        "sequence": event.sequence,
        "at": utc(event.at),
        "actor": str(event.actor),
        "action": event.action,
        "old": event.old,
        "new": event.new,
        "note": event.note,
        "hash": event.hash,
    }
