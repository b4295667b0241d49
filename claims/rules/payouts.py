"""The states of a payout, of one attempt to pay it and of a batch of attempts, and every move between them.

The database enforces the same pairs by triggers made from these tables (claims/models/payout.py).
"""

from datetime import timedelta
from functools import cache

import holidays
from django.utils.translation import gettext_lazy as _

# Who took over an account changes where its money goes: the holder is told at once and has this long to object.
WAIT_AFTER_CHANGE = timedelta(hours=48)
# As many claimants with one IBAN are looked at by a manager before anything is paid into it.
SHARED_BY = 3

PAYOUT_MOVES = frozenset(
    {
        ("owed", "batched"),
        ("batched", "owed"),  # its batch was cancelled, or it left the batch with new bank details
        ("batched", "sent"),
        ("sent", "settled"),
        ("sent", "returned"),
        ("sent", "owed"),  # two people say that the bank never carried the batch out
        ("owed", "settled"),  # and the bank did all the same
        ("settled", "returned"),
        ("returned", "owed"),
        ("owed", "cancelled"),
        ("returned", "cancelled"),
    }
)
TRANSFER_MOVES = frozenset(
    {
        ("planned", "sent"),
        ("planned", "withdrawn"),
        ("sent", "settled"),
        ("sent", "returned"),
        ("sent", "withdrawn"),
        ("withdrawn", "settled"),
        ("settled", "returned"),
    }
)
BATCH_MOVES = frozenset(
    {
        ("open", "approved"),
        ("approved", "written"),
        ("written", "handed_over"),
        ("handed_over", "closed"),
        ("open", "cancelled"),
        ("approved", "cancelled"),
        ("written", "cancelled"),
        ("handed_over", "cancelled"),
    }
)

# Why a payout that is owed is not paid yet.
WAITS = {
    "no_details": _("Nobody has said where to pay"),
    "changed": _("The IBAN was changed, and the time to object is not over"),
    "shared": _("Several claimants or accounts name this IBAN"),
    "own": _("It would be a payment to you"),
}
# What the payee reads on the account: which money it is, and for what. %(code)s is the incident's.
REMITTANCE = {
    "indemnity": _("Indemnity, outage %(code)s, claim %(reference)s"),
    "refund": _("Refund, outage %(code)s, claim %(reference)s"),
    "damages": _("Compensation, outage %(code)s, claim %(reference)s"),
}
# The same for an account of a mass run; %(reference)s is the number of the payment, as its page shows it.
REMITTANCE_OF_RUNS = {
    "indemnity": _("Indemnity, outage %(code)s, payment %(reference)s"),
    "refund": _("Refund, outage %(code)s, payment %(reference)s"),
}
# What the bank says of money that came back (ISO 20022), for its payee.
REASONS = {
    "AC01": _("The bank says that the account number is not right."),
    "AC04": _("The bank says that the account is closed."),
    "AC06": _("The bank says that the account is blocked."),
    "AC13": _("The bank says that the account cannot take such payments."),
    "AG01": _("The bank says that the account cannot take such payments."),
    "BE01": _("The bank says that the account belongs to somebody else."),
    "MD07": _("The bank says that the holder of the account has died."),
    "RC01": _("The bank says that the account number is not right."),
}
SATURDAY = 5


@cache
def days_off(year):
    """The days on which the euro's settlement system (TARGET) rests."""
    return frozenset(holidays.financial_holidays("ECB", years=year))


def next_banking_day(today):
    """The first day after `today` on which banks move euro."""
    day = today + timedelta(days=1)
    while day.weekday() >= SATURDAY or day in days_off(day.year):
        day += timedelta(days=1)
    return day


def payment_reference(payout_id):
    """What a payment of a mass run is called on its page and in the bank's text."""
    return f"R{payout_id}"


def message_id(number):
    """What batch `number` is called in its file."""
    return f"RISTORO-{number}"


def number_of(message):
    """The number of the batch whose file is called `message`, or None."""
    prefix, _dash, number = message.rpartition("-")
    return int(number) if prefix == "RISTORO" and number.isascii() and number.isdigit() and len(number) < 10 else None
