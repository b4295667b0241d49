"""The terms of an incident: what counsel sets, as data with the field's defaults. Amounts in euro."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from claims.rules import terms_bounds
from claims.rules.errors import Refused

HEADS = {
    "missed_opportunity": _("Missed opportunity"),
    "late_payment": _("Late payment"),
    "extra_expense": _("Extra expense"),
    "lost_earnings": _("Lost earnings"),
    "data_loss": _("Data loss"),
    "service_value": _("Value of the service"),
    "non_material": _("Non-material harm"),
    "legal_costs": _("Legal costs"),
}
HEAD_HELP = {
    "missed_opportunity": _("A contract, job, prize or appointment you lost because a message did not reach you."),
    "late_payment": _("Penalties or interest on a bill you could not see in time."),
    "extra_expense": _("Money you had to spend because of the outage, such as a replacement or a journey."),
    "lost_earnings": _("Work or sales you could not do during the outage."),
    "data_loss": _("Messages or files that were lost, and what it costs to get them back."),
    "service_value": _("What you paid for the service while it did not work."),
    "non_material": _("Serious distress or harm to reputation. It must be serious and proven."),
    "legal_costs": _("What you paid for legal help with this matter."),
}
# Every head but this one wants at least one document.
WITHOUT_EVIDENCE = {"service_value"}


# How a claim can end: paid or closed with nothing to pay, rejected, taken back after and before it was submitted, or
# a draft that nobody went on with.
KEEP_DAYS = {"closed": 3650, "rejected": 1825, "withdrawn": 365, "discarded": 30, "expired": 90}
LONGEST_KEPT = 36500


@dataclass(frozen=True)
class IndemnityTerms:
    """A tariff for one kind of service: euro a day of outage, at most `cap`."""

    rate: Decimal
    cap: Decimal
    factor: Decimal = Decimal(1)


@dataclass(frozen=True)
class Terms:
    """One version of an incident's terms. Days are Europe/Rome dates."""

    min_minutes_per_day: int = 60
    min_outage_minutes: int = 120
    indemnity: dict = field(
        default_factory=lambda: {
            "free": IndemnityTerms(Decimal("1.50"), Decimal("20.00")),
            "paid": IndemnityTerms(Decimal("6.00"), Decimal("100.00")),
            "business": IndemnityTerms(Decimal("6.00"), Decimal("100.00"), Decimal(2)),
        }
    )
    refund_multiplier: Decimal = Decimal(1)
    refund_floor: Decimal = Decimal("1.00")
    damages_cap: Decimal = Decimal("5000.00")
    head_caps: dict = field(default_factory=lambda: {"missed_opportunity": Decimal("600.00")})
    # A second person signs: over the limit, for these remedies always, when an award strays from the usual band of its
    # head by more than the tolerance (a share, None: off) over at least so many decided items, and for a random sample.
    countersign_limit: Decimal = Decimal("500.00")
    countersign_remedies: tuple = ()
    band_tolerance: Decimal | None = None
    band_least: int = 20
    sample_rates: dict = field(default_factory=dict)  # remedy: share of decisions, 0 to 1
    decision_days: int = 45
    decision_mode: str = "calendar"
    appeal_days: int = 30
    appeal_decision_days: int = 30
    appeal_may_worsen: bool = False
    information_days: int = 15
    reminder_days: int = 3  # before an answer or a decision is due
    hold_days: int = 90  # at most
    holds_that_pause: tuple = ("court", "expert", "third_party")
    draft_days: int = 90
    # How long new bank details of an account of the roster wait in the place of others, so that somebody can object.
    details_wait_hours: int = 48
    closing_days: int = 60  # from the payment until a claim is closed: until then the bank may send it back
    # Days from the end of a claim until its documents are deleted, by how it ended.
    keep_days: dict = field(default_factory=lambda: dict(KEEP_DAYS))
    # What may be given beside money: kind and the most of it.
    benefits: dict = field(default_factory=lambda: {"subscription_month": 12, "storage_gb": 100})
    most_items: int = 50
    most_files: int = 40
    most_bytes: int = 200 * 1024 * 1024
    # Remedies a person may claim; indemnity and refund are granted without being asked.
    remedies_to_claim: tuple = ("damages",)

    def to_json(self):
        """A JSON object with amounts as strings; from_json() gives the same Terms back."""
        return _plain(asdict(self))

    @classmethod
    def from_json(cls, data):
        """The Terms in `data`; what is missing has the default.

        Raises Refused `invalid_terms` for what cannot be read, is unknown or out of its bounds.
        """
        try:
            values = {name: _read(name, value) for name, value in data.items()}
            terms = cls(**values)
        except (TypeError, KeyError, ValueError, ArithmeticError, AttributeError) as error:
            raise Refused("invalid_terms", _("The terms cannot be read: %(why)s") % {"why": error}) from error
        terms_bounds.check(terms)
        return terms


AMOUNTS = {"refund_multiplier", "refund_floor", "damages_cap", "countersign_limit"}
TUPLES = {"remedies_to_claim", "countersign_remedies", "holds_that_pause"}


def _days(value):
    if type(value) is not int or not 0 <= value <= LONGEST_KEPT:
        raise TypeError(f"{value} is no number of days")
    return value


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, Decimal) else value


def _read(name, value):
    if name in AMOUNTS:
        return Decimal(value)
    if name == "band_tolerance":
        return None if value is None else Decimal(value)
    if name == "sample_rates":
        return {remedy: Decimal(rate) for remedy, rate in value.items()}
    if name == "head_caps":
        return {head: Decimal(cap) for head, cap in value.items() if HEADS[head]}
    if name == "benefits":
        return dict(value.items())
    if name == "keep_days":
        return KEEP_DAYS | {ending: _days(days) for ending, days in value.items() if KEEP_DAYS[ending]}
    if name == "indemnity":
        return {
            kind: IndemnityTerms(**{key: Decimal(amount) for key, amount in tariff.items()})
            for kind, tariff in value.items()
        }
    return tuple(value) if name in TUPLES else value
