"""I-29: files that are no statement, or were made to harm, are refused with a reason and never half believed."""

import contextlib
import io
import tracemalloc
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.sepa import camt053, incoming, pain002
from claims.sepa.errors import SepaError
from tests.sepa import bank, files

ORDERS = bank.orders(files.written(files.transfers(3)))
STATEMENT = bank.statement(ORDERS, returned={"RST-00001": "AC04"})
REPORT = bank.report(ORDERS)
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
BODY = STATEMENT.removeprefix(HEAD)
BOMB = HEAD + b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'


def refusal(data, read=camt053.read, **checks):
    with pytest.raises(SepaError) as refused:
        list(read(io.BytesIO(data), **checks))
    assert str(refused.value.message)
    assert "%" not in str(refused.value.message)
    return refused.value.code


BAD = {
    "nothing": (b"", "empty_file"),
    "blanks": (b" \n", "not_a_statement"),
    "a text": (b"Saldo: 100,00 EUR", "not_a_statement"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "not_a_statement"),
    "a ZIP": (b"PK\x03\x04\x14\x00", "not_a_statement"),
    "JSON": (b'{"entries": []}', "not_a_statement"),
    "a web page": (b"<!DOCTYPE html><html></html>", "forbidden_xml"),
    "a page of another kind": (b"<!doctype html><html></html>", "not_a_statement"),
    "no namespace": (b"<Document><BkToCstmrStmt/></Document>", "not_a_statement"),
    "camt.052": (STATEMENT.replace(b"camt.053.001.08", b"camt.052.001.08"), "not_a_statement"),
    "camt.054": (STATEMENT.replace(b"camt.053.001.08", b"camt.054.001.08"), "not_a_statement"),
    "another version": (STATEMENT.replace(b"camt.053.001.08", b"camt.053.001.99"), "not_a_statement"),
    "another root": (STATEMENT.replace(b"Document", b"Dokument"), "not_a_statement"),
    "our own payments": (files.written(files.transfers()), "not_a_statement"),
    "a status report": (REPORT, "not_a_statement"),
    "entities": (BOMB + BODY.replace(b"STMT-1", b"&b;"), "forbidden_xml"),
    "entities that are not used": (BOMB + BODY, "forbidden_xml"),
    "a file of this machine": (
        HEAD + b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + BODY.replace(b"STMT-1", b"&a;"),
        "forbidden_xml",
    ),
    "a DTD from elsewhere": (HEAD + b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + BODY, "forbidden_xml"),
    "an unknown entity": (STATEMENT.replace(b"STMT-1", b"&nbsp;"), "broken_xml"),
    "Latin-1 said to be UTF-8": (STATEMENT.replace(b"Indennizzo", b"Indennit\xe0", 1), "wrong_encoding"),
    "Latin-1 in a name": (STATEMENT.replace(b"Anna", b"Ann\xe0", 1), "wrong_encoding"),
    "UTF-8 said to be UTF-16": (STATEMENT.replace(b"UTF-8", b"UTF-16"), "wrong_encoding"),
    "UTF-16 said to be UTF-8": (STATEMENT.decode().encode("utf-16-le"), "wrong_encoding"),
    "an encoding nobody knows": (STATEMENT.replace(b"UTF-8", b"KLINGON"), "wrong_encoding"),
    "an encoding to hide in": (STATEMENT.replace(b"UTF-8", b"UTF-7"), "wrong_encoding"),
    "a NUL": (STATEMENT.replace(b"STMT-1", b"ST\x00MT"), "broken_xml"),
    "a control character": (STATEMENT.replace(b"STMT-1", b"ST&#1;MT"), "broken_xml"),
    "tags crossed": (STATEMENT.replace(b"</Id>", b"</Di>", 1), "broken_xml"),
    "two files in one": (STATEMENT + BODY, "broken_xml"),
    "cut in the middle": (STATEMENT[: len(STATEMENT) // 2], "truncated"),
    "cut at the end": (STATEMENT.rstrip()[:-1], "truncated"),
    "cut in the first line": (STATEMENT[:30], "truncated"),
    "cut in a letter": (STATEMENT.split(b"Anna")[0] + "à".encode()[:1], "truncated"),
    "a number of 36 letters": (STATEMENT.replace(b"RST-00000<", b"R" * 36 + b"<"), "too_long"),
    "a value without end": (STATEMENT.replace(b"RST-00000<", b"R" * 9_000_000 + b"<"), "too_long"),
    "a tag without end": (STATEMENT.replace(b"<Refs>", b"<Refs " + b"x" * 2_000_000 + b"='1'>", 1), "too_long"),
    "a comment without end": (STATEMENT.replace(b"<Refs>", b"<!--" + b"x" * 2_000_000 + b"--><Refs>", 1), "too_long"),
    "a tower of elements": (STATEMENT.replace(b"<Refs>", b"<a>" * 1_000_000, 1), "too_long"),
    "a currency of many letters": (STATEMENT.replace(b'Ccy="EUR"', b'Ccy="' + b"E" * 40 + b'"'), "too_long"),
    "two amounts": (
        STATEMENT.replace(b"<CdtDbtInd>DBIT", b'<Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT'),
        "repeated_value",
    ),
    "two numbers": (STATEMENT.replace(b"</Refs>", b"<EndToEndId>X</EndToEndId></Refs>", 1), "repeated_value"),
}


@pytest.mark.parametrize("what", BAD)
def test_i_29_this_is_refused(what):
    data, code = BAD[what]
    assert refusal(data) == code


LINE = b'<NtryRef>1</NtryRef><Amt Ccy="EUR">'
OURS = b"<IBAN>IT60X0542811101000000123456</IBAN></Id><Ccy>"
MADE = b"<CreDtTm>2023-02-03T06:00:00+01:00</CreDtTm>\n<Acct>"
VALUES = {
    "a wrong account": (OURS, OURS.replace(b"IT60", b"IT61"), "wrong_account"),
    "no account": (OURS, b"</Id><Ccy>", "wrong_account"),
    "dollars of the account": (b"<Ccy>EUR</Ccy></Acct>", b"<Ccy>USD</Ccy></Acct>", "foreign_currency"),
    "dollars of a line": (LINE, LINE.replace(b"EUR", b"USD"), "foreign_currency"),
    "no currency": (LINE, LINE.replace(b' Ccy="EUR"', b""), "foreign_currency"),
    "a thousandth": (LINE + b"10.01", LINE + b"10.011", "invalid_amount"),
    "less than nothing": (b">10.01<", b">-10.01<", "invalid_amount"),
    "an exponent": (b">10.01<", b">1E1<", "invalid_amount"),
    "a comma": (b">10.01<", b">10,01<", "invalid_amount"),
    "digits of another script": (b">10.01<", ">١٠.٠١<".encode(), "invalid_amount"),
    "no number": (b">10.01<", b">NaN<", "invalid_amount"),
    "no amount": (b">10.01<", b"><", "missing_value"),
    "no day": (b"<BookgDt><Dt>2023-02-03</Dt></BookgDt>", b"", "missing_value"),
    "a day that is none": (b"<BookgDt><Dt>2023-02-03", b"<BookgDt><Dt>2023-02-30", "invalid_date"),
    "an Italian day": (b"<BookgDt><Dt>2023-02-03", b"<BookgDt><Dt>03/02/2023", "invalid_date"),
    "no direction": (b"<CdtDbtInd>DBIT</CdtDbtInd>", b"", "missing_value"),
    "another direction": (b"<CdtDbtInd>DBIT</CdtDbtInd>", b"<CdtDbtInd>BOTH</CdtDbtInd>", "invalid_value"),
    "a reversal that may be": (b"<RvslInd>false", b"<RvslInd>maybe", "invalid_value"),
    "no status": (b"<Sts><Cd>BOOK</Cd></Sts>", b"", "missing_value"),
    "no number of the statement": (b"<Id>STMT-1</Id>", b"", "missing_value"),
    "no moment of the statement": (MADE, b"<Acct>", "missing_value"),
}


@pytest.mark.parametrize("what", VALUES)
def test_i_29_a_statement_with_this_is_refused(what):
    old, new, code = VALUES[what]
    assert old in STATEMENT
    assert refusal(STATEMENT.replace(old, new), iban=bank.IBAN) == code


def test_a_statement_of_two_years_ago_is_refused_and_one_of_the_first_day_is_not():
    assert refusal(STATEMENT, oldest=date(2023, 2, 4)) == "too_old"
    assert len(list(camt053.read(io.BytesIO(STATEMENT), oldest=date(2023, 2, 3)))) == 4
    assert refusal(REPORT, pain002.read, oldest=date(2023, 2, 4)) == "too_old"


def test_a_wrong_or_old_statement_is_refused_also_when_it_is_empty():
    empty = bank.statement([])
    assert list(camt053.read(io.BytesIO(empty), iban=bank.IBAN)) == []
    assert refusal(empty, iban=files.IBANS[1]) == "wrong_account"
    assert refusal(empty, oldest=date(2024, 1, 1)) == "too_old"


def test_the_same_line_or_statement_twice_in_a_file_is_refused():
    again = bank.line("camt.053.001.08", ORDERS[:1], "DBIT")
    assert refusal(bank.statement(ORDERS, more=again)) == "repeated_entry"
    start, end = STATEMENT.index(b"<Stmt>"), STATEMENT.index(b"</Stmt>") + 7
    doubled = STATEMENT[:end] + STATEMENT[start:]
    assert refusal(doubled) == "repeated_statement"
    page = b"<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn><ElctrncSeqNb>"
    second = bank.statement([]).replace(b"<ElctrncSeqNb>", page)
    assert len(list(camt053.read(io.BytesIO(STATEMENT[:end] + second[second.index(b"<Stmt>") :])))) == 4
    answer = bank.answer(ORDERS[0], "", "ACSC").encode()
    assert refusal(REPORT.replace(answer, answer * 2), pain002.read) == "repeated_entry"


def test_lines_that_are_not_the_same_may_name_the_same_payment():
    """It was booked twice under two references of the bank: that is for the caller, and for a person."""
    again = bank.line("camt.053.001.08", ORDERS[:1], "DBIT", reference="OTHER")
    found = list(camt053.read(io.BytesIO(bank.statement(ORDERS, more=again))))
    assert [entry.end_to_end_id for entry in found].count("RST-00000") == 2


def test_a_booked_line_whose_parts_do_not_add_up_is_refused():
    data = bank.statement(ORDERS, together=True)
    assert data.count(b'Ccy="EUR">33.03<') == 1
    assert refusal(data.replace(b'Ccy="EUR">33.03<', b'Ccy="EUR">33.04<')) == "amounts_differ"
    charged = data.replace(b'Ccy="EUR">33.03<', b'Ccy="EUR">33.53<')
    charges = b'<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">0.50</TtlChrgsAndTaxAmt></Chrgs><NtryDtls>'
    assert len(list(camt053.read(io.BytesIO(charged.replace(b"<NtryDtls>", charges))))) == 3
    both = data.replace(b"<CdtDbtInd>DBIT</CdtDbtInd><Rltd", b"<CdtDbtInd>CRDT</CdtDbtInd><Rltd", 1)
    assert refusal(both) == "amounts_differ"
    assert len(list(camt053.read(io.BytesIO(both.replace(b'Ccy="EUR">33.03<', b'Ccy="EUR">13.01<'))))) == 3
    one = data.replace(b'<Amt Ccy="EUR">10.01</Amt><CdtDbtInd>DBIT</CdtDbtInd><Rltd', b"<Rltd")
    assert refusal(one) == "missing_value"


STATUS = {
    "a statement": (STATEMENT, "not_a_statement"),
    "a lower-case status": (REPORT.replace(b"<TxSts>ACSC", b"<TxSts>acsc"), "invalid_value"),
    "no status anywhere": (REPORT.replace(b"TxSts>", b"X>").replace(b"GrpSts>", b"X>"), "missing_value"),
    "no original": (REPORT.replace(b"<OrgnlMsgId>B-2023-7</OrgnlMsgId>", b""), "missing_value"),
    "direct debits": (REPORT.replace(b"pain.001.001.09", b"pain.008.001.02"), "wrong_message"),
    "dollars": (REPORT.replace(b'Ccy="EUR"', b'Ccy="USD"'), "foreign_currency"),
    "a thousandth": (REPORT.replace(b">10.01<", b">10.015<"), "invalid_amount"),
    "a bomb": (BOMB + REPORT.removeprefix(HEAD), "forbidden_xml"),
    "the end missing": (REPORT[:-30], "truncated"),
}


@pytest.mark.parametrize("what", STATUS)
def test_a_status_report_with_this_is_refused(what):
    data, code = STATUS[what]
    assert refusal(data, pain002.read) == code


def test_an_answer_to_another_file_is_refused():
    assert refusal(REPORT, pain002.read, original="B-2023-8") == "wrong_message"
    assert len(list(pain002.read(io.BytesIO(REPORT), original="B-2023-7"))) == 3


@settings(max_examples=300)
@given(st.sampled_from([STATEMENT, REPORT]), st.integers(0, 5000), st.integers(0, 40), st.binary(max_size=12))
def test_whatever_happens_to_a_file_it_is_read_or_refused(data, at, length, instead):
    damaged = data[:at] + instead + data[at + length :]
    with contextlib.suppress(SepaError):
        _kind, found = incoming.read(io.BytesIO(damaged))
        for each in found:
            assert isinstance(each.amount, Decimal)


def test_a_harmful_file_takes_no_memory():
    class Long(io.RawIOBase):
        """One value of 13 MB, of which only what is read exists."""

        def __init__(self, start):
            self.pieces = iter([start, *[b"x" * 65536] * 200])

        def read(self, size=-1):
            return next(self.pieces, b"")

    for start in (STATEMENT.split(b"RST-00000<")[0], STATEMENT.split(b"<Refs>")[0] + b"<", HEAD + b"<!--"):
        tracemalloc.start()
        try:
            with pytest.raises(SepaError):
                list(camt053.read(Long(start)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 10_000_000
