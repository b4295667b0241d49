"""What ISO 20022 writes into elements, as values. Amounts and days repeat, so they are remembered."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from claims.sepa.errors import SepaError

# ActiveOrHistoricCurrencyAndAmount: 18 digits, 5 of them after the point; no sign, no exponent.
AMOUNT = re.compile(r"\+?([0-9]{1,16})(?:\.([0-9]{0,5}))?", re.ASCII)
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)


@lru_cache(4096)
def euro(text):
    """The Decimal with two places of “18.15”, “18.150” or “18”. Raises SepaError `invalid_amount`."""
    match = AMOUNT.fullmatch(text)
    if not match or (match[2] or "")[2:].strip("0"):
        raise SepaError("invalid_amount", _("“%s” is not an amount in euro and cents. Ask the bank.") % text)
    return Decimal(f"{match[1]}.{(match[2] or '')[:2]:0<2}")


@lru_cache(4096)
def day(text):
    """The date of “2023-02-01”, with a zone or as part of a moment: the day the bank wrote."""
    try:
        match = DAY.fullmatch(text)
        return date.fromisoformat(match[1]) if match else datetime.fromisoformat(text).date()
    except ValueError:
        raise SepaError("invalid_date", _("“%s” is not a date. Ask the bank.") % text) from None


def needed(record, name, element):
    if name not in record:
        raise SepaError("missing_value", _("A line of this file has no %s. Ask the bank.") % element)
    return record[name]


def one_of(values, text):
    if text not in values:
        raise SepaError("invalid_value", _("“%s” is not a value of the standard. Ask the bank.") % text)
    return values[text]


def whole(text):
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise SepaError("invalid_value", _("“%s” is not a value of the standard. Ask the bank.") % text)
    return int(text)
