"""Euro amounts: Decimal with two places, never float."""

import re
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MOST = Decimal("999999999.99")
EXACT = re.compile(r"[0-9]{1,9}\.[0-9]{2}", re.ASCII)
# As people type it: 1234,56 · 1.234,56 · 1234.56 · 1,234.56 · 1234
TYPED = re.compile(
    r"(?P<euro>[0-9]{1,3}(?P<mark>[. ])[0-9]{3}(?:(?P=mark)[0-9]{3})*|[0-9]{1,9})(?:,(?P<cents>[0-9]{1,2}))?", re.ASCII
)
TYPED_ENGLISH = re.compile(r"(?P<euro>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.(?P<cents>[0-9]{1,2}))?", re.ASCII)


def cents(amount):
    """Rounded to cents, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def exact_amount(text, *, field):
    """The Decimal of "12.50". Raises Refused `invalid_amount` for every other spelling or type."""
    if not isinstance(text, str) or not EXACT.fullmatch(text):
        raise Refused("invalid_amount", _("Give an amount in euro with two decimals, such as “12.50”."), field=field)
    return Decimal(text)


def typed_amount(text, *, field):
    """The Decimal of what a person typed, Italian or English. Raises Refused `invalid_amount`."""
    typed = text.replace("\u00a0", " ").strip() if isinstance(text, str) else ""
    typed = typed.removeprefix("€").removesuffix("€").strip()  # between digits it would be a decimal mark
    match = TYPED.fullmatch(typed) or TYPED_ENGLISH.fullmatch(typed)
    if not match:
        raise Refused("invalid_amount", _("Write the amount in euro, such as 12,50."), field=field)
    euro = re.sub(r"[., ]", "", match["euro"])
    if len(euro) > 9:
        raise Refused("invalid_amount", _("This amount is too large."), field=field)
    return Decimal(f"{euro}.{(match['cents'] or '').ljust(2, '0')}")
