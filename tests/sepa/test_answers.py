"""What the bank answers: settled, returned, rejected, in every version, however it is booked."""

import io
import tracemalloc
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.sepa import camt053, incoming, pain002
from claims.sepa.pain001 import Transfer
from tests.sepa import bank, files

ORDERS = bank.orders(files.written(files.transfers(4), sizes=[2, 2]))
ONE = '<NtryRef>1</NtryRef><Amt Ccy="EUR">{}</Amt>'


def entries(data, **checks):
    return list(camt053.read(io.BytesIO(data), **checks))


def answers(data, **checks):
    return list(pain002.read(io.BytesIO(data), **checks))


@pytest.mark.parametrize("version", camt053.FORMAT.versions)
@pytest.mark.parametrize("together", [False, True])
def test_a_statement_says_what_left_and_what_came_back(version, together):
    data = bank.statement(
        ORDERS, version=version, together=together, unpaid={"RST-00003"}, returned={"RST-00001": "AC04"}
    )
    found = entries(data, iban=bank.IBAN, oldest=date(2021, 2, 3))
    assert [(entry.end_to_end_id, entry.outcome, entry.amount, entry.reason, entry.text) for entry in found] == [
        ("RST-00000", "settled", Decimal("10.01"), "", ""),
        ("RST-00001", "settled", Decimal("11.01"), "", ""),
        ("RST-00002", "settled", Decimal("12.01"), "", ""),
        ("RST-00001", "returned", Decimal("11.01"), "AC04", "Account closed"),
    ]
    first = found[0]
    assert first.statement == camt053.Statement("STMT-1", "BANK-STMT-1", bank.IBAN, "EUR", date(2023, 2, 3))
    assert (first.credit, first.reversal, first.booked, first.count) == (False, False, bank.TODAY, 1)
    assert (first.payment_information_id, first.bank_reference) == ("B-2023-7/1", "REF-RST-00000")
    assert all(entry.statement is first.statement for entry in found)


@pytest.mark.parametrize(
    ("written", "amount"), [("18.150", "18.15"), ("18", "18.00"), ("18.1", "18.10"), ("0018.15000", "18.15")]
)
def test_i_29_amounts_are_equal_however_many_noughts_they_have(written, amount):
    data = bank.statement(ORDERS[:1]).replace(ONE.format("10.01").encode(), ONE.format(written).encode())
    assert [str(entry.amount) for entry in entries(data)] == [amount]


def test_one_payment_in_a_line_has_the_amount_of_the_line():
    """A return less the other bank's charges: what came in counts, and the caller sees that it differs."""
    data = bank.statement(ORDERS[:1], returned={"RST-00000": "AC01"})
    back = data.rindex(ONE.format("10.01").encode())
    data = data[:back] + data[back:].replace(ONE.format("10.01").encode(), ONE.format("9.01").encode())
    assert [(entry.outcome, str(entry.amount)) for entry in entries(data)] == [
        ("settled", "10.01"),
        ("returned", "9.01"),
    ]


def test_a_block_booked_without_details_is_told_by_its_number():
    details = bank.line("camt.053.001.08", ORDERS[:2], "DBIT")
    start, end = details.index("<TxDtls>"), details.rindex("</TxDtls>") + len("</TxDtls>")
    (entry,) = entries(bank.statement([], more=details[:start] + details[end:]))
    assert (entry.end_to_end_id, entry.payment_information_id, entry.count) == ("", "B-2023-7/1", 2)
    assert (entry.amount, entry.outcome) == (Decimal("21.02"), "settled")


def test_lines_of_others_come_out_without_a_number():
    more = '<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt>' + (
        "<DtTm>2023-02-03T23:30:00+01:00</DtTm></BookgDt><AddtlNtryInf>Canone</AddtlNtryInf></Ntry>"
    )
    other = bank.line("camt.053.001.08", ORDERS[:1], "DBIT").replace("RST-00000<", "NOTPROVIDED<")
    found = entries(bank.statement([], more=more + more + other))
    assert [(entry.end_to_end_id, entry.booked) for entry in found] == [("", bank.TODAY)] * 3


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
def test_what_is_not_booked_has_not_moved(status):
    for size in (1, 3):
        more = bank.line("camt.053.001.08", ORDERS[:size], "DBIT", status=status)
        assert entries(bank.statement([], more=more)) == []


def outcome(direction, reversal, kind, reason):
    data = bank.line("camt.053.001.08", ORDERS[:1], direction, reason=reason)
    data = data.replace("<RvslInd>true" if reason else "<RvslInd>false", f"<RvslInd>{reversal}")
    data = data.replace("<SubFmlyCd>RRTN" if reason else "<SubFmlyCd>ESCT", f"<SubFmlyCd>{kind}")
    return entries(bank.statement([], more=data))[0].outcome


@pytest.mark.parametrize(
    ("direction", "reversal", "kind", "reason", "expected"),
    [
        ("DBIT", "false", "ESCT", "", "settled"),
        ("CRDT", "true", "ESCT", "", "returned"),
        ("CRDT", "false", "RRTN", "", "returned"),
        ("CRDT", "false", "ESCT", "MS03", "returned"),
        ("CRDT", "false", "ESCT", "", ""),  # somebody sent money with our number
        ("DBIT", "true", "ESCT", "", ""),  # a return that was taken back
        ("DBIT", "0", "RRTN", "", ""),
        ("DBIT", "1", "ESCT", "AC01", ""),
    ],
)
def test_settled_is_what_left_returned_what_came_back_and_the_rest_is_for_a_person(
    direction, reversal, kind, reason, expected
):
    assert outcome(direction, reversal, kind, reason) == expected


def test_a_bank_with_reasons_of_its_own_is_understood():
    data = bank.statement(ORDERS[:1], returned={"RST-00000": "AC04"})
    own = b"<RtrInf><Rsn><Prtry>CHIUSO</Prtry></Rsn><AddtlInf>Conto\n  estinto</AddtlInf><AddtlInf>dal 2022</AddtlInf>"
    data = data.replace(b"<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Account closed</AddtlInf>", own)
    assert [(entry.reason, entry.text) for entry in entries(data)][-1] == ("CHIUSO", "Conto estinto dal 2022")


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252", "utf-16"])
def test_other_encodings_are_read_when_the_file_says_so(encoding):
    text = bank.statement(ORDERS[:1], returned={"RST-00000": "AC04"}).decode().replace("Account closed", "È chiuso")
    data = text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    assert entries(data)[-1].text == "È chiuso"


def test_prefixes_blanks_and_comments_do_not_matter():
    data = bank.statement(ORDERS[:1]).decode()
    data = data.replace("<Document xmlns=", "<b:Document xmlns:b=").replace("<BkToCstmrStmt>", "<b:BkToCstmrStmt>")
    for name in (
        "Document",
        "BkToCstmrStmt",
        "Stmt",
        "Ntry",
        "Id",
        "CreDtTm",
        "Acct",
        "IBAN",
        "Amt",
        "CdtDbtInd",
        "Sts",
    ):
        data = data.replace(f"</{name}>", f"</b:{name}>").replace(f"<{name}>", f"<b:{name}>")
        data = data.replace(f"<{name} ", f"<b:{name} ")
    data = data.replace("<b:Sts>", "<!-- booked --><b:Sts>").replace("<Cd>BOOK</Cd>", "<b:Cd>\n BO<!-- -->OK </b:Cd>")
    for name in ("BookgDt", "Dt", "NtryDtls", "TxDtls", "Refs", "EndToEndId"):
        data = data.replace(f"</{name}>", f"</b:{name}>").replace(f"<{name}>", f"<b:{name}>")
    assert [(entry.end_to_end_id, entry.outcome) for entry in entries(data.encode())] == [("RST-00000", "settled")]


@pytest.mark.parametrize("version", pain002.FORMAT.versions)
def test_a_status_report_says_what_became_of_each_payment(version):
    found = answers(bank.report(ORDERS, version=version, rejected={"RST-00002": "AC01"}))
    assert [(each.end_to_end_id, each.status, each.outcome, each.reason, each.text) for each in found] == [
        ("RST-00000", "ACSC", "settled", "", ""),
        ("RST-00001", "ACSC", "settled", "", ""),
        ("RST-00002", "RJCT", "rejected", "AC01", "Account number wrong"),
        ("RST-00003", "ACSC", "settled", "", ""),
    ]
    assert found[0].report == pain002.Report("BANK-RPT-1", bank.TODAY, "B-2023-7", "PART", "", "")
    assert [each.payment_information_id for each in found] == ["B-2023-7/1"] * 2 + ["B-2023-7/2"] * 2
    assert [each.amount for each in found] == [order.amount for order in ORDERS]


@pytest.mark.parametrize("status", ["ACTC", "ACCP", "ACSP", "ACWC", "PDNG", "RCVD"])
def test_what_goes_on_at_the_bank_has_no_outcome_yet(status):
    assert {(each.status, each.outcome) for each in answers(bank.report(ORDERS, status=status))} == {(status, "")}


def test_a_file_the_bank_rejects_whole_is_one_answer():
    (answer,) = answers(bank.report(ORDERS, group="RJCT", named=False))
    assert (answer.end_to_end_id, answer.payment_information_id) == ("", "")
    assert (answer.status, answer.reason, answer.outcome) == ("RJCT", "FF01", "rejected")


def test_a_block_the_bank_rejects_whole_is_one_answer():
    found = answers(bank.report(ORDERS, group="PART", blocks={"B-2023-7/1": "RJCT"}, named=False))
    assert [(each.payment_information_id, each.status, each.reason) for each in found] == [
        ("B-2023-7/1", "RJCT", "AM04"),
        ("B-2023-7/2", "PART", ""),
    ]


def test_a_payment_without_status_has_that_of_its_block():
    data = bank.report(ORDERS, group="PART", blocks={"B-2023-7/1": "RJCT"}).replace(b"<TxSts>ACSC</TxSts>", b"")
    assert [(each.end_to_end_id, each.status, each.reason) for each in answers(data)][:2] == [
        ("RST-00000", "RJCT", "AM04"),
        ("RST-00001", "RJCT", "AM04"),
    ]


def test_statement_and_status_report_are_told_apart_by_themselves():
    kind, found = incoming.read(io.BytesIO(bank.statement(ORDERS)), iban=bank.IBAN)
    assert (kind, len(list(found))) == ("camt.053", 4)
    kind, found = incoming.read(io.BytesIO(bank.report(ORDERS)), iban=bank.IBAN)
    assert (kind, len(list(found))) == ("pain.002", 4)


amounts = st.decimals("0.01", "999999.99", places=2)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(amounts, st.text(max_size=20)), min_size=1, max_size=10),
    st.sampled_from(camt053.FORMAT.versions),
    st.booleans(),
    st.data(),
)
def test_what_we_pay_is_recognised_in_what_the_bank_answers(found, version, together, data):
    rows = [Transfer(f"R-{n}", amount, text, files.IBANS[n % 5], text) for n, (amount, text) in enumerate(found)]
    reasons = st.dictionaries(st.sampled_from([row.end_to_end_id for row in rows]), st.sampled_from(sorted(bank.TEXTS)))
    returned = data.draw(reasons)
    orders = bank.orders(files.written(rows))
    entered = entries(bank.statement(orders, version=version, together=together, returned=returned), iban=bank.IBAN)
    paid = {row.end_to_end_id: row.amount for row in rows}
    assert {entry.end_to_end_id: entry.amount for entry in entered if entry.outcome == "settled"} == paid
    back = {entry.end_to_end_id: (entry.amount, entry.reason) for entry in entered if entry.outcome == "returned"}
    assert back == {number: (paid[number], reason) for number, reason in returned.items()}
    assert len(entered) == len(rows) + len(returned)
    said = answers(bank.report(orders, rejected=returned))
    assert {each.end_to_end_id: each.amount for each in said} == paid
    assert {each.end_to_end_id: each.reason for each in said if each.outcome == "rejected"} == returned


def test_a_line_with_many_payments_is_not_kept_in_memory():
    pieces = (piece.encode() for piece in bank.statement_pieces(ORDERS[:1] * 10_000, together=True))
    data = io.BytesIO(b"".join(pieces))
    number = iter(range(20_000))
    data = io.BytesIO(b"".join(b"RST-%d<" % next(number) + part for part in data.getvalue().split(b"RST-00000<")))
    data.seek(len(b"RST-0<"))
    tracemalloc.start()
    try:
        count = sum(1 for _ in camt053.read(data))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 10_000
    assert peak < 2_000_000
