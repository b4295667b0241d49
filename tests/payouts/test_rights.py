"""Who waited for a lock is asked again what they may: a role may be gone by then."""

import pytest
from django.utils import timezone

from accounts.models import User
from claims.actions import bank_files, batches, mass_runs
from claims.models import Batch, MassRun
from claims.rules.errors import Refused
from tests.payouts.conftest import PAYER
from tests.sepa import bank

PAGES = {
    "take out": lambda till, number: bank_files.opened(number, by=till.mara),
    "hand over": lambda till, number: bank_files.handed_over(number, by=till.mara),
    "cancel": lambda till, number: batches.cancel_batch(number, by=till.mara, reason="No"),
    "keep": lambda till, number: batches.keep_batch(number, by=till.mara),
    "open": lambda till, number: till.batch(),
}


@pytest.mark.parametrize("act", PAGES)
def test_a_batch_is_not_moved_by_whoever_lost_the_role_while_waiting(till, mara, act):
    till.due()
    batch = till.approved()
    till.due()
    before = Batch.objects.values().get(pk=batch.pk)
    assert mara.roles
    User.objects.get(pk=mara.pk).groups.clear()
    with pytest.raises(Refused, match="wrong_role"):
        PAGES[act](till, batch.number)
    assert Batch.objects.values().get() == before


def test_the_banks_file_is_not_read_for_whoever_lost_the_role_while_waiting(till, mara):
    claim = till.due()
    batch = till.sent()
    content = bank.statement(
        bank.orders(bank_files.path_of(batch).read_bytes()), iban=PAYER, today=timezone.localdate()
    )
    assert mara.roles
    User.objects.get(pk=mara.pk).groups.clear()
    with pytest.raises(Refused, match="wrong_role"):
        till.read(content)
    assert till.transfer(claim).state == "sent"


@pytest.mark.parametrize("act", [mass_runs.pause, mass_runs.cancel])
def test_a_mass_run_is_not_moved_by_whoever_lost_the_role_while_waiting(incident, mara, marco, act):
    run = mass_runs.approve(mass_runs.propose(incident.code, "indemnity", by=marco).pk, by=mara)
    User.objects.get(pk=mara.pk).groups.clear()
    with pytest.raises(Refused, match="wrong_role"):
        act(run.pk, by=mara)
    assert MassRun.objects.get().state == "approved"
