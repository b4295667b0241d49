"""The order of claims.rules.urgency as a database sorts by it."""

from django.db.models import Case, DateField, ExpressionWrapper, F, IntegerField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from claims.rules.terms import Terms


def ordered(claims, today, running):
    """`claims` by urgency; `running` is the condition that a claim's clock runs."""
    days = Coalesce(Cast(KeyTextTransform("reminder_days", "terms__values"), IntegerField()), Terms().reminder_days)
    claims = claims.alias(
        pressing_from=ExpressionWrapper(F("due") - days, DateField()),
        pressing=Case(When(running, pressing_from__lte=Value(today), then=F("due"))),
    )
    return claims.order_by(F("pressing").asc(nulls_last=True), "-risk", "submitted_at", "id")
