"""When a claim will probably be decided, as the API says it."""

from rest_framework import serializers

from claims.api.fields import Time, iso_date, utc
from claims.reports.estimates import estimates_of


class EstimateOut(serializers.Serializer):
    """When the claim will probably be decided, from the decisions of the last 90 days and the claims still open.

    Three fifths of the claims like it took `days_from` to `days_to` days; `from` and `to` are the dates that would be,
    null while its clock stands still or when it takes longer already. `cases`: how many decisions; `open`: how many
    open claims were counted in.
    """

    days_from = serializers.IntegerField()
    days_to = serializers.IntegerField()
    cases = serializers.IntegerField()
    open = serializers.IntegerField()
    as_of = Time()

    def get_fields(self):
        """`from` is no name for an attribute."""
        days = {name: serializers.DateField(allow_null=True) for name in ("from", "to")}
        return {**days, **super().get_fields()}


def put_estimates(claims):
    """Each claim gets its `estimate`, None if there is none to tell."""
    estimates = estimates_of(claims)
    for claim in claims:
        claim.estimate = estimates.get(claim.pk)


def estimate_as_json(estimate):
    if estimate is None or not estimate.known:
        return None
    return {
        "from": iso_date(estimate.first),
        "to": iso_date(estimate.last),
        "days_from": estimate.quick,
        "days_to": estimate.slow,
        "cases": estimate.cases,
        "open": estimate.still_open,
        "as_of": utc(estimate.as_of),
    }
