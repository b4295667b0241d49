"""Somebody changes where an account is paid while managers fill and approve a batch: no money goes to the old place."""

import re
from functools import partial

import pytest

from claims.actions import account_details, batches
from claims.models import AccountDetails, Transfer
from tests import make
from tests.payouts.accounts import Roster, reader
from tests.payouts.conftest import iban_of
from tests.races.together import at_once, split
from tests.referee import assert_laws_hold

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
TAKEN = re.compile(r'\s*WITH taken AS|SELECT "claims_payout"\."id"')
BATCH = re.compile(r'SELECT "claims_batch"\."id"')


@pytest.fixture
def roster():
    names = {"rita": "reviewer", "mara": "manager", "marco": "manager"}
    people = [make.person(name, role) for name, role in names.items()]
    made = Roster(*people, size=1)
    made.vera = reader("p0@example.net")
    made.give(by=made.vera)
    return made


def change(roster, number=8):
    return account_details.give_account_details(
        roster.account().pk, by=roster.vera, iban=iban_of(number), holder="Vera"
    )


def test_r16_details_that_change_while_a_batch_is_filled_are_not_paid_as_they_were(roster):
    filling = partial(batches.open_batches, roster.incident.code, by=roster.mara)
    done, refused = split(at_once(partial(change, roster), filling, moment=TAKEN))
    assert refused in ([], [(409, "nothing_to_pay")])
    assert len(done) == 2 - len(refused)
    assert not Transfer.objects.filter(state="planned").exists()
    assert AccountDetails.objects.current().get().iban_hint[-4:] == iban_of(8)[-4:]
    assert_laws_hold()


def test_r16_details_that_change_while_a_batch_is_approved_win_or_are_refused(roster):
    number = roster.batch().number
    approving = partial(batches.approve_batch, number, by=roster.marco)
    _done, refused = split(at_once(partial(change, roster), approving, moment=BATCH))
    assert refused in ([(409, "payment_under_way")], [(409, "empty")])
    live = Transfer.objects.exclude(state="withdrawn").values_list("iban_index", flat=True)
    assert set(live) <= set(AccountDetails.objects.current().values_list("iban_index", flat=True))
    assert_laws_hold()


def test_two_changes_at_once_leave_one_version_that_counts(roster):
    done, refused = split(at_once(partial(change, roster, 8), partial(change, roster, 9), moment=re.compile("SELECT")))
    assert (len(done), refused) == (2, [])
    assert AccountDetails.objects.current().count() == 1
    assert AccountDetails.objects.count() == 3
    assert_laws_hold()
