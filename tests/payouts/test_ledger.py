"""The ledger: gross, offsets, net, paid, returned and outstanding by account; its sums are proven to the cent."""

import csv
import html
import io
import re
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.actions import exports, mass_runs
from claims.admin import ledger as pages_of_ledger
from claims.models import Payout, Transfer
from claims.reports import ledger
from claims.reports.batches import path_of
from claims.reports.ledger_lines import account_of, payouts_of
from claims.rules.errors import Refused
from tests import make
from tests.payouts.test_settling import camt
from tests.reports.test_referee import plant

AT = "/admin/ledger/"
COLUMNS = ("gross", "offsets", "net", "paid", "under_way", "returned", "outstanding")


def total(rows):
    return rows.aggregate(sum=Sum("amount", default=Decimal("0.00")))["sum"]


@pytest.fixture
def money(till, anna, incident, mara, marco):
    """Anna has a claim paid, another one at the bank and an indemnity; another's came back; one's is owed."""
    paid, back = till.due(anna, amount="10.00", login="anna@libero.example"), till.due(amount="20.00")
    batch = till.sent()
    till.read(camt(batch, returned={till.transfer(back).end_to_end_id: "AC04"}))
    till.due(anna, amount="30.00", login="Anna@libero.example")
    sent = till.sent()
    owed = till.due(amount="40.00")
    run = mass_runs.approve(mass_runs.propose(incident.code, "indemnity", by=mara).pk, by=marco)
    mass_runs.grant_chunk(run.pk)
    return {"paid": paid, "back": back, "owed": owed, "batch": batch, "sent": sent, "run": run}


def pages(incident, most):
    found, after = [], ""
    while after is not None:
        some, after = ledger.page(incident, after=after, most=most)
        found += some
    return found


def test_the_sums_of_the_ledger_are_those_of_payouts_and_bank_files(money, till, incident):
    entries = {entry.account: entry for entry in pages(incident, 100)}
    mine = entries["anna@libero.example"]
    assert [str(amount) for amount in (mine.net, mine.paid, mine.under_way, mine.outstanding)] == [
        *("64.00", "10.00", "30.00", "54.00")
    ]
    back = entries[money["back"].login]
    assert str(back.returned) == str(back.outstanding) == "20.00"
    all_ = ledger.together(incident)
    assert all_ == ledger.summed(incident)
    assert all_.account == str(len(entries))
    assert all_.net == sum(entry.net for entry in entries.values()) == total(Payout.objects.exclude(state="cancelled"))
    assert all_.net == all_.gross - all_.offsets
    assert all_.paid == total(Transfer.objects.filter(state="settled")) == Decimal("10.00")
    remedies = ledger.by_remedy(incident)
    assert remedies["damages"].net == Decimal("100.00")
    assert remedies["indemnity"].net == money["run"].incident.payouts.filter(run=money["run"]).count() * 24 - 18


def test_pages_of_any_size_list_everybody_with_money_once_in_order(money, till, incident, monkeypatch):
    make.customer(incident, "0-without@libero.example")
    make.customer(incident, "zz-without@libero.example")
    whole = ledger.page(incident, most=100)[0]
    assert [entry.account for entry in whole] == sorted({entry.account for entry in whole})
    assert len(whole) == 4
    for at_once in (1, 2, 5000):
        monkeypatch.setattr(ledger, "AT_ONCE", at_once)
        for most in (1, 3, 4):
            assert pages(incident, most) == whole
    finds_an_account(money, till, incident)


def finds_an_account(money, till, incident):
    for words in (" ANNA@libero.example ", money["paid"].reference, till.transfer(money["paid"]).end_to_end_id):
        assert account_of(incident, words) == "anna@libero.example"
    assert account_of(incident, money["back"].login.upper()) == money["back"].login
    for words in ("nobody@libero.example", "", "R999-1", "%"):
        assert account_of(incident, words) is None
    payouts = payouts_of(incident, "anna@libero.example")
    assert [(payout.state, str(payout.amount), len(payout.attempts)) for payout in payouts] == [
        *(("settled", "10.00", 1), ("sent", "30.00", 1), ("owed", "24.00", 0))
    ]
    assert payouts[0].attempts[0].answers[0].kind == "settled"
    (came_back,) = payouts_of(incident, money["back"].login)
    assert came_back.attempts[0].why == "The bank says that the account is closed."


# --- the proof


def proven(code="libero-2023"):
    """(exit code, what it said)."""
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command("ledger", code, stdout=out, stderr=errors)
    except SystemExit as exit_:
        return exit_.code, out.getvalue() + errors.getvalue()
    return 0, out.getvalue()


BY_SQL = (
    ("UPDATE claims_payout SET amount = amount + 0.01 WHERE state = 'settled'", "10.00 euro were granted, 10.01"),
    ("UPDATE claims_payout SET amount = amount + 0.01 WHERE state = 'owed' AND claim_id IS NOT NULL", "40.01"),
    ("UPDATE claims_payout SET state = 'settled' WHERE state = 'sent'", "it is “settled”, its transfer “sent”"),
    ("UPDATE claims_transfer SET amount = amount + 1 WHERE state = 'sent'", "the file pays 30.00, the batch 31.00"),
    ("UPDATE claims_batch SET count = 3, total = 1 WHERE state = 'closed'", "approved were 3, 1.00"),
    ("UPDATE claims_statementline SET note = 'known' WHERE kind = 'settled'", "no file of the bank says so"),
)
IN_THE_FILE = (
    (lambda was: None, "its file is not there"),
    (lambda was: was.replace(b">20.00<", b">20.01<"), "the file pays 20.01"),
    (lambda was: was.rpartition(b"<CdtTrfTxInf>")[0], "2 transfers, 1 of them in the file"),
    (lambda was: was * 2, "the batch nothing, or once"),
)


def test_every_sum_is_proven_and_what_differs_is_named(money, incident):
    code, said = proven()
    assert code == 0, said
    assert "DIFFERS" not in said
    assert f"file of batch {money['batch'].number} (closed)" in said
    assert "holds    60.00 = 60.00  files for the bank, read again" in said
    with pytest.raises(CommandError, match="no such incident"):
        proven("nothing")
    for sql, says in BY_SQL:
        with transaction.atomic():
            plant(sql)
            code, said = proven()
            transaction.set_rollback(True)
        assert (code, says in said) == (1, True), (sql, said)
    file = path_of(money["batch"])
    was = file.read_bytes()
    for change, says in IN_THE_FILE:
        file.unlink()
        if (changed := change(was)) is not None:
            file.write_bytes(changed)
        code, said = proven()
        file.write_bytes(was)
        assert (code, says in said) == (1, True), (says, said)
    assert proven()[0] == 0


# --- the page, and the file


@pytest.fixture
def browser(mara):
    client = Client()
    client.force_login(mara)
    client.cookies["language"] = "en"
    return client


def test_the_page_adds_up_lists_and_leads_to_every_line(money, browser, incident, mara, marco, monkeypatch):
    monkeypatch.setattr(pages_of_ledger, "SHOWN", 3)
    page = browser.get(AT)
    seen = words(page)
    assert "130.00 € granted 10.00 € paid 30.00 € under way 20.00 € came back 120.00 € outstanding" in seen
    assert "All, accounts: 4" in seen
    assert "anna@libero.example 64.00 € 0.00 € 64.00 € 10.00 € 30.00 € 0.00 € 54.00 €" in seen
    rest = browser.get(re.search(r'rel="next" href="([^"]+)"', page.content.decode())[1].replace("&amp;", "&"))
    assert 'rel="next"' not in rest.content.decode()
    assert money["owed"].login in words(rest)
    found = browser.get(AT, {"incident": incident.code, "q": money["back"].reference}, follow=True)
    seen = words(found)
    assert money["back"].login in seen
    assert "Came back" in seen
    assert "AC04" in seen
    assert f"R{money['back'].payouts.get().pk}-1" in seen
    assert "Nothing is known of “x@example.org”" in words(browser.get(AT, {"q": "x@example.org"}))
    for asked in ({"incident": "nothing"}, {"account": "nobody@libero.example"}):
        assert browser.get(AT, asked).status_code == 404
    assert browser.get(AT, {"after": "\0" + "x" * 300, "q": "\0"}).status_code == 200
    asks_as_often_for_many(browser, incident, mara, marco)


def asks_as_often_for_many(browser, incident, mara, marco):
    queries(browser)
    before = queries(browser)
    for number in range(30):
        make.customer(incident, f"more{number}@libero.example", contact="x@example.net")
    run = mass_runs.approve(mass_runs.propose(incident.code, "indemnity", by=mara).pk, by=marco)
    mass_runs.grant_chunk(run.pk)
    assert queries(browser) == before


def queries(browser):
    counts = []
    for asked in ({}, {"account": "anna@libero.example"}):
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(AT, asked).status_code == 200
        counts.append(len(captured))
    return counts


@pytest.mark.django_db(transaction=True)
def test_the_whole_ledger_is_a_file_for_who_pays(money, browser, mara, sara, incident):
    said = browser.post(f"{AT}export/", {"incident": incident.code}, follow=True)
    assert "Ledger: Mail outage" in words(said)
    assert exports.build_batch() == 1
    export, file = exports.opened(mara.exports.get().pk, by=mara)
    with file:
        rows = list(csv.DictReader(io.StringIO(file.read().decode())))
    assert (export.rows, export.expected) == (4, 4)
    assert list(rows[0]) == ["account", *COLUMNS]
    amounts = ["64.00", "0.00", "64.00", "10.00", "30.00", "0.00", "54.00"]
    assert list(rows[0].values()) == ["anna@libero.example", *amounts]
    with pytest.raises(Refused, match="wrong_role"):
        exports.request_export(by=sara, report="ledger", filters={"incident": incident.code})
    for filters in ({}, {"incident": incident.code, "status": "paid"}, {"incident": "nothing"}):
        with pytest.raises(Refused, match="invalid_filter"):
            exports.request_export(by=mara, report="ledger", filters=filters)
    assert "There is no such incident." in words(browser.post(f"{AT}export/", {"incident": "nothing"}, follow=True))
    assert mara.exports.count() == 1


def words(response):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))
