"""Where to pay, as the roster says it: what is refused, what is stored sealed, and whose word counts more."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from claims.actions import batches, roster, sealing
from claims.actions.roster_problems import RosterRefused
from claims.models import AccountDetails, JournalEntry, Notice
from claims.rules.errors import Refused
from tests.payouts.accounts import Roster, reader
from tests.payouts.conftest import iban_of
from tests.referee import assert_laws_hold

HEADER = "login,service,contact,iban,holder\n"


@pytest.fixture
def owed(db, rita, mara, marco):
    return Roster(rita, mara, marco)


def load(owed, *rows, by=None, header=HEADER, **options):
    """Each row: (number, IBAN, holder)."""
    text = "".join(f"p{n}@libero.example,paid,p{n}@example.net,{iban},{holder}\n" for n, iban, holder in rows)
    return roster.load(owed.incident.code, io.BytesIO((header + text).encode()), by=by, **options)


def given(owed):
    return {
        details.customer.login[1]: sealing.opened_details(details.pk, details.bank_details, details.key)
        for details in AccountDetails.objects.current().select_related("customer")
    }


def counts(report):
    return report.details.added, report.details.changed, report.details.kept


def test_wrong_ones_are_refused_with_their_lines_and_never_shown(owed):
    good, wrong = iban_of(1), iban_of(2)[:-1] + "X"
    rows = [(0, good, "A"), (1, wrong, "B"), (2, "US12345678901234567", "C"), (3, good, ""), (4, "", "D")]
    with pytest.raises(RosterRefused) as refused:
        load(owed, *rows, (5, good, "E" * 201))
    found = [(each.line, each.code, each.column) for each in refused.value.problems]
    assert found == [
        (3, "invalid_iban", "iban"),
        (4, "invalid_iban", "iban"),
        (5, "required", "holder"),
        (6, "required", "iban"),
        (7, "invalid_holder", "holder"),
    ]
    assert refused.value.count == 5
    shown = " ".join(map(str, (*refused.value.problems, *refused.value.kinds)))
    assert wrong not in shown
    assert "US12" not in shown
    with pytest.raises(RosterRefused, match="roster_refused") as refused:
        load(owed, (0, good, "A"), (0, iban_of(2), "A"))
    assert [each.code for each in refused.value.problems] == ["contradiction"]
    assert not AccountDetails.objects.exists()


def test_they_are_stored_sealed_and_paid_and_the_same_again_changes_nothing(owed, mara, marco):
    rows = [
        (0, iban_of(0).lower(), "Vera Neri"),
        (1, f"{iban_of(1)[:4]} {iban_of(1)[4:]}", "Ugo"),
        (9, iban_of(9), "New"),
    ]
    assert counts(load(owed, *rows, dry_run=True)) == (3, 0, 0)
    assert not AccountDetails.objects.exists()
    assert counts(load(owed, *rows, by=mara)) == (3, 0, 0)
    assert given(owed)["0"] == {"iban": iban_of(0), "holder": "Vera Neri"}
    assert set(AccountDetails.objects.values_list("source", "given_by")) == {("roster", mara.pk)}
    entry = JournalEntry.objects.of(owed.incident).filter(action="load roster").last()
    assert entry.facts["bank details"] == {"added": 3, "changed": 0, "kept": 0}
    assert counts(load(owed, *rows)) == (0, 0, 0)
    opened, waiting = batches.open_batches(owed.incident.code, by=marco)
    assert (opened[0].count, waiting) == (2, {"no_details": 1})
    with pytest.raises(Refused, match="own_payment"):  # who loaded them does not approve what is paid by them
        batches.approve_batch(opened[0].number, by=mara)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(d::text, ' ') FROM claims_accountdetails d")
        assert not re.search("Vera|0542811101", cursor.fetchone()[0])
    assert_laws_hold()


def test_changed_ones_wait_and_are_told_and_a_persons_word_stays(owed, mara):
    load(owed, (0, iban_of(0), "A"), (1, iban_of(1), "B"), (2, iban_of(2), "C"))
    owed.give(1, by=reader("p1@example.net"), iban=iban_of(50))
    Notice.objects.filter(kind="account_details_changed").delete()
    batch = owed.batch()  # 0 and 2: 1 waits
    batches.exclude_account(
        batch.number, AccountDetails.objects.current().get(customer=owed.account()).iban_index, by=mara
    )
    rows = [(0, iban_of(60), "A"), (1, iban_of(61), "B"), (2, iban_of(62), "C")]
    assert counts(load(owed, *rows)) == (0, 1, 2)  # 1 is a person's, 2 is in a batch
    assert {n: each["iban"] for n, each in given(owed).items()} == {"0": iban_of(60), "1": iban_of(50), "2": iban_of(2)}
    told = Notice.objects.filter(kind="account_details_changed").order_by("address")
    assert list(told.values_list("address", flat=True)) == ["p0@example.net", "second0@example.net"]
    with pytest.raises(Refused, match="nothing_to_pay"):
        owed.batch()
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        assert owed.batch().count == 2
    assert_laws_hold()


def test_a_file_without_them_leaves_them(owed):
    load(owed, (0, iban_of(0), "A"))
    rows = [(0, "", "")]
    assert counts(load(owed, *rows)) == (0, 0, 0)
    roster.load(owed.incident.code, io.BytesIO(b"login,service\np0@libero.example,paid\n"))
    assert given(owed) == {"0": {"iban": iban_of(0), "holder": "A"}}
