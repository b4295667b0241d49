"""Decided claims whose claimants were told, and a clock to move."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from claims.actions import decisions, notices
from tests import make

IBAN = "IT60X0542811101000000123456"


def tell():
    """Everything in the outbox leaves."""
    while notices.deliver_batch():
        pass


def days_later(days):
    return time_machine.travel(timezone.now() + timedelta(days=days))


def decide(claim, by, *, awarded=None, reasons=("accepted_equitably",), **more):
    """Decides the claim on `by`'s desk, its checklist complete: everything in full, or `awarded` euro for each loss."""
    items = make.findings(claim, awarded=awarded, reasons=reasons)
    outcome = "approved" if awarded is None else "rejected" if float(awarded) == 0 else "partly_approved"
    make.checked(claim)
    return decisions.decide(claim.reference, by=by, outcome=outcome, items=items, **more)


@pytest.fixture
def partly(anna, incident, rita):
    """anna's claim over 120.00, of which rita granted 50.00; anna was told, and her bank details are known."""
    claim = decide(make.taken(anna, incident, rita, iban=IBAN), rita, awarded="50.00")
    tell()
    return claim


@pytest.fixture
def rejected(anna, incident, rita):
    claim = decide(make.taken(anna, incident, rita, iban=IBAN), rita, awarded="0.00", reasons=["no_evidence"])
    tell()
    return claim
