"""What the values of terms may be: bounds that hold for all terms, and what is asked of new ones besides."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from claims.rules import benefits
from claims.rules.errors import Refused
from claims.rules.holding import HOLD_REASONS

KINDS = ("free", "paid", "business")
REMEDIES = ("indemnity", "refund", "damages")
MODES = ("calendar", "working")
GIGABYTE = 1024**3


@dataclass(frozen=True)
class Bound:
    """Numbers from `low` to `high`, with at most `places` decimals where they are new; whole ones if there are none."""

    low: Decimal
    high: Decimal
    places: int = 0


def euro(high):
    return Bound(Decimal(0), Decimal(high), 2)


def whole(low, high):
    return Bound(Decimal(low), Decimal(high))


# By the name of the value; "indemnity.rate" is that of every kind of service.
NUMBERS = {
    "min_minutes_per_day": whole(0, 1500),  # the day on which summer time ends has 25 hours
    "min_outage_minutes": whole(0, 525_600),
    "indemnity.rate": euro(100_000),
    "indemnity.cap": euro(100_000_000),
    "indemnity.factor": Bound(Decimal(0), Decimal(100), 4),
    "refund_multiplier": Bound(Decimal(0), Decimal(100), 4),
    "refund_floor": euro(100_000),
    "damages_cap": euro(100_000_000),
    "head_caps": euro(100_000_000),
    "countersign_limit": euro(100_000_000),
    "band_tolerance": Bound(Decimal(0), Decimal(1), 4),
    "band_least": whole(1, 100_000),
    "sample_rates": Bound(Decimal(0), Decimal(1), 4),
    "decision_days": whole(1, 3650),
    "appeal_days": whole(0, 3650),
    "appeal_decision_days": whole(1, 3650),
    "information_days": whole(1, 3650),
    "reminder_days": whole(0, 365),
    "hold_days": whole(1, 3650),
    "draft_days": whole(1, 3650),
    "closing_days": whole(0, 3650),
    "details_wait_hours": whole(0, 720),
    "keep_days": whole(0, 36_500),
    "benefits": whole(0, 1_000_000),
    "most_items": whole(1, 1000),
    "most_files": whole(1, 1000),
    "most_bytes": whole(1, 100 * GIGABYTE),
}
# What may be chosen: one of them, or some, each once.
CHOICES = {
    "decision_mode": MODES,
    "holds_that_pause": tuple(HOLD_REASONS),
    "remedies_to_claim": REMEDIES,
    "countersign_remedies": REMEDIES,
}
SWITCHES = {"appeal_may_worsen"}
DICTS = {"head_caps", "sample_rates", "keep_days", "benefits"}
KEYS = {"indemnity": KINDS, "sample_rates": REMEDIES, "benefits": tuple(benefits.KINDS)}


def leaves(terms):
    """(path, name of its bound, value) of every single value of `terms`, such as "indemnity.paid.rate"."""
    for name, value in vars(terms).items():
        if name == "indemnity":
            for kind, tariff in value.items():
                yield from (
                    (f"indemnity.{kind}.{part}", f"indemnity.{part}", each) for part, each in vars(tariff).items()
                )
        elif name in DICTS:
            yield from ((f"{name}.{key}", name, each) for key, each in value.items())
        else:
            yield name, name, value


def check(terms):
    """Raises Refused `invalid_terms`, with every value that is out of its bounds, or of another type."""
    raise_if(
        wrong_keys(terms) + [(path, message) for path, name, value in leaves(terms) if (message := wrong(name, value))]
    )


def check_new(terms):
    """As check(), and that new terms have whole cents and that no limit contradicts another."""
    check(terms)
    places = [
        (path, too_exact(NUMBERS[name].places))
        for path, name, value in leaves(terms)
        if isinstance(value, Decimal) and -value.normalize().as_tuple().exponent > NUMBERS[name].places
    ]
    raise_if(places + contradictions(terms))


def raise_if(problems):
    if problems:
        path, message = problems[0]
        errors = [(path, "invalid_terms", message) for path, message in problems]
        raise Refused("invalid_terms", message, field=path, errors=errors)


def wrong_keys(terms):
    return [
        (f"{name}.{key}", _("There is no such value."))
        for name, known in KEYS.items()
        for key in getattr(terms, name)
        if key not in known
    ]


def wrong(name, value):
    """What is wrong with a value, in words; "" if it is right."""
    if name in CHOICES:
        some = (value,) if name == "decision_mode" else value
        fits = isinstance(some, tuple) and all(some.count(each) == 1 and each in CHOICES[name] for each in some)
        return "" if fits else _("Choose from the list.")
    if name in SWITCHES:
        return "" if isinstance(value, bool) else _("Say yes or no.")
    if name == "band_tolerance" and value is None:
        return ""
    bound = NUMBERS[name]
    if bound.places and not (isinstance(value, Decimal) and value.is_finite()):
        return _("Write a number.")
    if not bound.places and type(value) is not int:
        return _("Write a whole number.")
    return "" if bound.low <= value <= bound.high else _("Write a number from %(low)s to %(high)s.") % spelled(name)


def spelled(name):
    """The bounds as people write them: shares as percent, bytes as megabytes."""
    bound, scale = NUMBERS[name], scale_of(name)
    return {"low": f"{(bound.low / scale).normalize():f}", "high": f"{(bound.high / scale).normalize():f}"}


def scale_of(name):
    """What one of a value is, as people write it: one percent, one megabyte."""
    if name in ("band_tolerance", "sample_rates"):
        return Decimal("0.01")
    return Decimal(1024 * 1024) if name == "most_bytes" else Decimal(1)


def too_exact(places):
    return _("Write at most %(places)d decimals.") % {"places": places}


def contradictions(terms):
    """[(path, words)] where one value makes another meaningless."""
    found = []
    for kind, tariff in terms.indemnity.items():
        if tariff.cap < tariff.rate * tariff.factor:
            found.append((f"indemnity.{kind}.cap", _("The limit is less than what a single day gives.")))
    for head, cap in terms.head_caps.items():
        if cap > terms.damages_cap:
            found.append((f"head_caps.{head}", _("This is more than the limit of a whole claim.")))
    for name in ("information_days", "decision_days", "appeal_decision_days"):
        if terms.reminder_days >= getattr(terms, name):
            found.append(("reminder_days", _("The reminder would be due before the time begins.")))
            break
    return found
