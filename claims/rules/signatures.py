"""Why a second person must sign a decision. Each reason can be proven again from the decision and its terms."""

import hmac
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from django.utils.translation import gettext_lazy as _

REASONS = {
    "amount": _("The total is over the limit of the terms."),
    "remedy": _("Decisions on this remedy are always signed by a second person."),
    "band": _("An award strays from what is usual for its kind of loss."),
    "sample": _("It was picked at random to look at its quality."),
    "asked": _("The reviewer asks for it."),
}
# No secret: anybody can do the sum again and see that nobody chose. References are random, so the sample is.
SALT = b"ristoro quality sample 1"


@dataclass(frozen=True)
class Band:
    """What is usual for a head: the median of what was awarded, after own shares, over so many decided items."""

    median: Decimal
    items: int


def reasons_to_sign(total, findings, terms, *, remedy, reference, number, bands, asked=False):
    """The codes of REASONS that hold, in their order; none if nobody has to sign.

    `number` is that of the review round, `bands` {head: Band}.
    """
    holds = {
        "amount": total > terms.countersign_limit,
        "remedy": remedy in terms.countersign_remedies,
        "band": any(strays(finding.reduced, bands.get(finding.head), terms) for finding in findings),
        "sample": sampled(reference, number, terms.sample_rates.get(remedy, Decimal(0))),
        "asked": asked,
    }
    return tuple(code for code, due in holds.items() if due)


def strays(reduced, band, terms):
    """Whether an award is further from the median than the tolerance, which is a share of the median."""
    if terms.band_tolerance is None or band is None or band.items < terms.band_least:
        return False
    return abs(reduced - band.median) > terms.band_tolerance * band.median


def sampled(reference, number, rate):
    """Whether the random sample picks round `number` of a claim: the same answer whenever it is asked."""
    digest = hmac.digest(SALT, f"{reference}:{number}".encode(), sha256)
    return int.from_bytes(digest[:8]) < rate * 2**64
