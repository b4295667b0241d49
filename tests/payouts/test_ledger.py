"""The ledger: gross, offsets, net, paid, returned and outstanding by account; its sums are those of the payouts."""

from decimal import Decimal

from django.db.models import Sum

from claims.models import Payout, Transfer
from claims.reports.ledger import ledger, together
from tests.payouts.test_settling import camt


def total(rows):
    return rows.aggregate(sum=Sum("amount", default=Decimal("0.00")))["sum"]


def test_the_sums_of_the_ledger_are_those_of_payouts_and_bank_files(till, anna, incident):
    paid, back = till.due(anna, amount="10.00", login="anna@libero.example"), till.due(amount="20.00")
    batch = till.sent()
    till.read(camt(batch, returned={till.transfer(back).end_to_end_id: "AC04"}))
    till.due(anna, amount="30.00", login="Anna@libero.example")
    till.sent()
    till.due(amount="40.00")
    entries = {entry.account: entry for entry in ledger(incident)}
    mine = entries["anna@libero.example"]
    assert (str(mine.net), str(mine.paid), str(mine.under_way), str(mine.outstanding)) == (
        "40.00",
        "10.00",
        "30.00",
        "30.00",
    )
    assert str(entries[back.login].returned) == str(entries[back.login].outstanding) == "20.00"
    assert ledger(incident, login="ANNA@libero.example ") == [mine]
    all_ = together(incident)
    assert all_.account == str(len(entries))
    assert all_.net == sum(entry.net for entry in entries.values()) == total(Payout.objects.exclude(state="cancelled"))
    assert all_.net == all_.gross - all_.offsets
    assert all_.paid == total(Transfer.objects.filter(state="settled")) == paid.payouts.get().amount
    assert all_.under_way + all_.paid + all_.returned + Decimal("40.00") == all_.net
