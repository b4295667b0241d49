"""What may be given beside money: kinds and limits are terms of the incident."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Collected, Refused

# Of vouchers the quantity is what one is worth in euro: each entitlement is one code.
KINDS = {
    "subscription_month": _("Months of subscription"),
    "storage_gb": _("Gigabytes of storage"),
    "voucher": _("Voucher, euro"),
}
VOUCHER = "voucher"


@dataclass(frozen=True)
class Gift:
    """So many of one kind, such as three months of a subscription."""

    kind: str
    quantity: int


def check_benefits(given, limits):
    """The Gifts in `given` ([{kind, quantity}]), each kind once and at most what `limits` {kind: most} allow.

    Raises one Refused with everything that is wrong; fields are named awards.<position>.<name>.
    """
    problems, gifts = Collected(), {}
    for position, entry in enumerate(given):
        try:
            gift = check_benefit(entry["kind"], entry["quantity"], limits)
            if gift.kind in gifts:
                raise Refused("duplicate_benefit", _("Give each kind once."), field="kind")
            gifts[gift.kind] = gift
        except Refused as refused:
            problems.add(refused, field=f"awards.{position}.{refused.field}")
    problems.raise_if_any()
    return tuple(gifts.values())


def check_benefit(kind, quantity, limits):
    if kind not in limits:
        raise Refused("unknown_benefit", _("The terms of this outage do not give this."), field="kind")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise Refused("invalid_quantity", _("Give a whole number of one or more."), field="quantity")
    if quantity > limits[kind]:
        raise Refused(
            "over_limit", _("The terms give at most %(most)d of this.") % {"most": limits[kind]}, field="quantity"
        )
    return Gift(kind, quantity)
