"""I-29 at both doors: what a manager may hand us for a statement of the bank, and what the API and the page say."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest

from claims.models import Batch, Payout, Statement, StatementLine
from claims.rules.errors import Refused
from tests import make
from tests.payouts.conftest import PAYER
from tests.payouts.test_admin import at, staff, words  # noqa: F401 (a fixture)
from tests.payouts.test_api import post, upload
from tests.payouts.test_settling import DAY, camt, orders_of
from tests.referee import assert_laws_hold
from tests.sepa import bank

BOMB = b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<x>&b;</x>'


@pytest.fixture
def sent(till):
    """A batch of two payments, 10.00 and 20.00, that is at the bank."""
    till.due(amount="10.00")
    till.due(amount="20.00")
    return till.sent()


def refused_ones(sent):
    """{what it is: (file, code)}: none of it counts."""
    line = bank.line("camt.053.001.08", orders_of(sent)[:1], "DBIT", today=DAY)
    return {
        "of another account": (camt(sent, iban=bank.IBAN), "wrong_account"),
        "in francs": (camt(sent, currency="CHF"), "foreign_currency"),
        "two years old": (camt(sent, today=DAY - timedelta(days=730)), "too_old"),
        "cut off": (camt(sent)[:-60], "truncated"),
        "a bomb of entities": (BOMB, "forbidden_xml"),
        "no XML": (b"Saldo: 100,00 EUR", "not_a_statement"),
        "our own payments": (camt(sent).replace(b"camt.053.001.08", b"pain.001.001.09"), "not_a_statement"),
        "Latin-1 said to be UTF-8": (camt(sent).replace(b"BANK-", b"BANK\xe0-"), "wrong_encoding"),
        "one line twice": (camt(sent, more=line), "repeated_entry"),
        "nothing": (b"", "empty_file"),
    }


def odd(sent):
    """A statement of an amount that differs and of a payment that is not ours, and one that is right."""
    first, second = orders_of(sent)
    wrong = bank.Order(**{**vars(first), "amount": Decimal("18.150")})
    foreign = bank.Order(**{**vars(second), "end_to_end_id": "SOMEBODY-1"})
    return bank.statement([wrong, foreign], iban=PAYER, today=DAY, number="ODD")


def nothing_counts():
    assert Statement.objects.count() == StatementLine.objects.count() == 0
    assert set(Payout.objects.values_list("state", flat=True)) == {"sent"}


def test_i_29_bad_statements_through_the_api(api, sent, mara):
    address, got = f"{sent.number}/statement/", {}
    cases = refused_ones(sent)
    for what, (content, _code) in cases.items():
        answer = post(api, mara, address, key=what, file=upload(content))
        got[what] = (answer.status_code, answer.json()["code"])
        nothing_counts()
    assert got == {what: (422, code) for what, (_content, code) in cases.items()}
    read = post(api, mara, address, key="odd", file=upload(odd(sent))).json()
    assert (read["settled"], read["already_read"]) == (0, False)
    assert [tuple(each.values()) for each in read["unmatched"]] == [
        (orders_of(sent)[0].end_to_end_id, "18.15", "amount"),
        ("SOMEBODY-1", "20.00", "unknown"),
    ]
    assert set(Payout.objects.values_list("state", flat=True)) == {"sent"}
    lines = StatementLine.objects.count()
    assert post(api, mara, address, key="again", file=upload(odd(sent))).json()["already_read"] is True
    assert (Statement.objects.count(), StatementLine.objects.count()) == (1, lines)
    assert_laws_hold()


def test_i_29_bad_statements_through_the_page(staff, till, sent, mara):  # noqa: F811
    browser, reasons = staff(mara), set()
    for what, (content, code) in refused_ones(sent).items():
        with pytest.raises(Refused, match=code) as refused:
            till.read(content)
        reasons.add(str(refused.value.message))
        answer = browser.post(at("statement-read"), {"file": make.upload("statement.xml", content)})
        assert (what, answer.status_code) == (what, 422)
        if content:  # of an empty upload the form itself says so
            assert str(refused.value.message) in unescape(words(answer)), what
        nothing_counts()
    assert len(reasons) == 10  # everybody is told what is wrong with their file
    for what in (1, 2):
        page = browser.post(at("statement-read"), {"file": make.upload("statement.xml", odd(sent))}, follow=True)
        assert (page.status_code, Statement.objects.count(), what) == (200, 1, what)
    assert "already read on" in words(page)
    assert Batch.objects.get().state == "handed_over"
    assert set(Payout.objects.values_list("state", flat=True)) == {"sent"}
