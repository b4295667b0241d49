"""Pools of voucher codes for managers: how many there are, and fresh ones."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from claims.actions import clock, fulfilling, vouchers
from claims.api.award_files import MANAGERS, USUAL
from claims.api.body import Strict
from claims.api.clock import Day
from claims.api.documentation import KEY_DEMANDED, described
from claims.api.door import Door
from claims.api.fields import Count, Word, iso_date
from claims.api.paging import parameters
from claims.api.repeating import Acting, answered
from claims.reports import fulfilment


class FreshVouchers(Strict):
    incident = Word()
    value = Count(help_text="Of each voucher, in whole euro.")
    expires_on = Day(help_text="They are valid until this day.")
    count = Count()


class PoolOut(serializers.Serializer):
    """The codes of one value. `stale` run out too soon to be given, `missing` are waited for."""

    value = serializers.IntegerField()
    free = serializers.IntegerField()
    used = serializers.IntegerField()
    stale = serializers.IntegerField()
    waiting = serializers.IntegerField()
    missing = serializers.IntegerField()
    next_expiry = serializers.DateField(allow_null=True)


class PoolsOut(serializers.Serializer):
    incident = serializers.CharField()
    pools = PoolOut(many=True)


def pools_as_json(incident):
    pools = fulfilment.pools(incident, today=clock.today())
    return {
        "incident": incident.code,
        "pools": [
            {
                **{name: getattr(pool, name) for name in ("value", "free", "used", "stale", "waiting", "missing")},
                "next_expiry": iso_date(pool.next_expiry),
            }
            for pool in pools
        ],
    }


@extend_schema_view(
    post=described(
        "Generate voucher codes",
        tag="awards",
        request=FreshVouchers,
        answers={201: PoolsOut},
        problems=USUAL,
        parameters=[KEY_DEMANDED],
        example={"incident": "libero-2023", "value": 20, "expires_on": "2030-12-31", "count": 500},
        description="They are kept sealed: nobody but the claimant who gets one ever reads it.",
    )
)
class Vouchers(Acting):
    access_rule = MANAGERS
    key_required = True

    def act(self, request, data):
        values = FreshVouchers.read(data)
        code = values.pop("incident")
        vouchers.generate(code, by=request.user, **values)
        return 201, pools_as_json(fulfilling.found_incident(code))


class IncidentPools(Door):
    access_rule = MANAGERS

    @described(
        "Read the pools of voucher codes of an incident",
        tag="awards",
        answers={200: PoolsOut},
        problems=(400, 401, 403, 404),
    )
    def get(self, request, code):
        parameters(request)
        return answered(200, pools_as_json(fulfilling.found_incident(code)))
