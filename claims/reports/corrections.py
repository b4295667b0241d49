"""A correction of a roster as people read it: line by line what stands there and what will, and what that does."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Case, Q, When
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from claims.models.claim import REMEDIES
from claims.rules.outage import ROME

LABELS = {
    "service_id": _("Service"),
    "fee": _("Fee"),
    "paid_from": _("Paid from"),
    "paid_to": _("Paid to"),
    "contact": _("Contact"),
    "second_contact": _("Second contact"),
    "language": _("Language"),
    "intervals": _("Own outage"),
    "deferred": _("Mails delayed"),
    "bounced": _("Mails lost"),
}
ACTIONS = {"add": _("Added"), "change": _("Changed"), "remove": _("Removed")}
NOTHING = "–"


@dataclass(frozen=True)
class Sum:
    """Of a remedy: how many accounts would be due another amount, and all of them together in euro."""

    remedy: str
    accounts: int
    before: Decimal
    after: Decimal
    granted: Decimal

    @property
    def difference(self):
        return self.after - self.before


@dataclass(frozen=True)
class Line:
    """`changes` are (label, before, after), `amounts` (remedy, before, after) in euro, `granted` (remedy, euro)."""

    number: int
    login: str
    action: str
    changes: list
    amounts: list
    granted: list
    claims: list
    altering: bool


def sums(effect):
    """The Sums of what Correction.effect or .granted says, in the order of the remedies."""
    labels = dict(REMEDIES)
    return [
        Sum(
            labels[remedy],
            found["accounts"],
            *(Decimal(found.get(name, "0.00")) for name in ("before", "after", "granted")),
        )
        for remedy in labels
        if (found := effect.get(remedy))
    ]


def lines(correction, *, most):
    """The first `most` lines: those that alter what was granted, those of accounts with payouts or claims, the rest."""
    services = {service.pk: str(service) for service in correction.incident.services.all()}
    rank = Case(When(altering=True, then=0), When(~Q(granted={}) | ~Q(claims=[]), then=1), default=2)
    return [line_of(row, services) for row in correction.lines.order_by(rank, "line")[:most]]


def line_of(row, services):
    labels = dict(REMEDIES)
    columns = [name for name in LABELS if name in row.before or name in row.after]
    return Line(
        number=row.line,
        login=row.login,
        action=ACTIONS[row.action],
        changes=[
            (LABELS[name], *(shown(name, values.get(name), services) for values in (row.before, row.after)))
            for name in columns
            if row.action == "change" or row.before.get(name) or row.after.get(name)
        ],
        amounts=[
            (labels[remedy], Decimal(found["before"]), Decimal(found["after"]))
            for remedy, found in row.amounts.items()
            if found["before"] != found["after"]
        ],
        granted=[(labels[remedy], Decimal(amount)) for remedy, amount in row.granted.items()],
        claims=row.claims,
        altering=row.altering,
    )


def shown(name, value, services):
    """A value of the roster as people write it."""
    if value in (None, ""):
        return NOTHING
    if name == "service_id":
        return services.get(value, value)
    if name in ("paid_from", "paid_to"):
        return date_format(date.fromisoformat(value), "j M Y")
    if name == "fee":
        return f"{Decimal(str(value)):.2f} €"
    if name == "intervals":
        return ", ".join(f"{moment(since)} – {moment(until)}" for since, until in map(ends, value)) or NOTHING
    return str(value)


def ends(interval):
    """The ends of a range as PostgreSQL writes it: ["2023-01-23 08:00:00+00","2023-01-24 08:00:00+00")"""
    return [end.strip('[]()" ') for end in interval.split(",")]


def moment(text):
    return f"{datetime.fromisoformat(text).astimezone(ROME):%d.%m.%Y %H:%M}" if text else NOTHING
