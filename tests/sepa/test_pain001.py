"""Payment files: what must not leave the house, what the official schema accepts, and that no cent gets lost."""

import itertools
import tracemalloc
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sepaxml import SepaTransfer

from claims.sepa import letters, pain001
from claims.sepa.errors import SepaError
from claims.sepa.pain001 import Block, Transfer
from tests.sepa import bank, files

GOOD = Transfer("RST-1", Decimal("10.00"), "Anna Bianchi", files.IBANS[0], "Indennizzo")
NS = {"p": pain001.NAMESPACE}


def refusal(rows, **changes):
    with pytest.raises(SepaError) as refused:
        files.written(rows, **changes)
    assert refused.value.message
    return refused.value.code


AMOUNTS = ["0.00", "-1.00", "0.001", "10.005", "NaN", "Infinity", "-0.00", "1000000000.00", "1E+9"]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_that_is_no_payment_is_refused(amount):
    header = files.header([GOOD])
    with pytest.raises(SepaError) as refused:
        b"".join(pain001.write(header, [GOOD._replace(amount=Decimal(amount))]))
    assert refused.value.code == "invalid_amount"


@pytest.mark.parametrize("amount", [10.0, "10.00", 10, None, True])
def test_money_that_is_no_decimal_is_refused(amount):
    with pytest.raises(SepaError) as refused:
        b"".join(pain001.write(files.header([GOOD]), [GOOD._replace(amount=amount)]))
    assert refused.value.code == "invalid_amount"


@pytest.mark.parametrize(
    "number",
    ["", "X" * 36, "/A", "A/", "A//B", " A", "A ", "A  B", "A&B", "È1", "A\nB", "A\n", "<A>", "A_B", "١", None, 7],
)
def test_a_number_that_might_not_come_back_from_the_bank_is_refused(number):
    assert refusal([GOOD._replace(end_to_end_id=number)]) == "invalid_id"


def test_the_same_number_twice_is_refused_also_over_two_blocks():
    assert refusal([GOOD, GOOD]) == "repeated_id"
    assert refusal([GOOD, GOOD], sizes=[1, 1]) == "repeated_id"


@pytest.mark.parametrize(
    "iban",
    ["", "IT60X0542811101000000123457", "IT60 X054 2811 1010 0000 0123 456", "it60x0542811101000000123456"]
    + [
        "US64SVBKUS6S3300958879",
        "DE8937040044053201300",
        "IT60X0542811101000000123456\n",
        "ІТ60X0542811101000000123456",
    ],
)
def test_an_account_that_cannot_be_right_is_refused(iban):
    assert refusal([GOOD._replace(iban=iban)]) == "invalid_iban"


@pytest.mark.parametrize("bic", ["UNCRITM", "uncritmm", "UNCRITMMX", "UNCRITMM\n", "1NCRITMM"])
def test_a_bic_that_cannot_be_right_is_refused(bic):
    assert refusal([GOOD._replace(bic=bic)]) == "invalid_bic"


@pytest.mark.parametrize(("promised", "given"), [(3, 2), (2, 3), (1, 0), (200, 199), (200, 201), (401, 400)])
def test_other_than_the_promised_number_of_payments_is_refused(promised, given):
    rows = files.transfers(max(promised, given))
    header = files.header(rows[:promised])
    with pytest.raises(SepaError) as refused:
        b"".join(pain001.write(header, rows[:given]))
    assert refused.value.code == "count_differs"


def test_a_cent_more_or_less_than_promised_is_refused():
    rows = files.transfers(3)
    for cent in (Decimal("0.01"), Decimal("-0.01")):
        changed = [*rows[:2], rows[2]._replace(amount=rows[2].amount + cent)]
        with pytest.raises(SepaError) as refused:
            b"".join(pain001.write(files.header(rows), changed))
        assert refused.value.code == "total_differs"


def test_each_block_must_add_up_by_itself():
    rows = files.transfers(4)
    header = files.header(rows, sizes=[2, 2])
    swapped = [rows[0], rows[2], rows[1], rows[3]]
    with pytest.raises(SepaError) as refused:
        b"".join(pain001.write(header, swapped))
    assert refused.value.code == "total_differs"


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"name": "😀"},
        {"iban": "IT60X0542811101000000123457"},
        {"bic": "X"},
        {"message_id": ""},
        {"message_id": "A//B"},
        {"message_id": "M" * 36},
        {"blocks": ()},
        {"blocks": (Block("B", date(2023, 2, 2), 0, Decimal("0.00")),)},
        {"blocks": (Block("B" * 36, date(2023, 2, 2), 1, Decimal("10.00")),)},
        {"blocks": (Block("B", date(2023, 2, 2), 1, Decimal("10.0")),)},
        {"blocks": (Block("B", date(2023, 2, 2), 1, 10.0),)},
        {"blocks": (Block("B", date(2023, 2, 2), 1, Decimal("10.00")),) * 2},
    ],
)
def test_a_wrong_header_is_refused_before_the_first_byte(change):
    with pytest.raises(SepaError) as refused:
        pain001.write(replace(files.header([GOOD]), **change), [GOOD])
    assert refused.value.code == "invalid_header"


def test_the_file_says_what_was_asked_for():
    rows = files.transfers(7)
    data = files.written(rows, sizes=[3, 4], bic="UNCRITMM", batch_booking=True)
    assert files.faults(data) == ""
    tree = etree.fromstring(data)

    def texts(path):
        return tree.xpath(f"//{path}/text()", namespaces=NS)

    assert texts("p:GrpHdr/p:NbOfTxs") == ["7"]
    assert texts("p:GrpHdr/p:CtrlSum") == [str(sum(row.amount for row in rows))]
    assert texts("p:PmtInf/p:NbOfTxs") == ["3", "4"]
    assert texts("p:PmtInf/p:CtrlSum") == [str(sum(row.amount for row in part)) for part in (rows[:3], rows[3:])]
    assert texts("p:PmtInf/p:PmtInfId") == ["B-2023-7/1", "B-2023-7/2"]
    assert texts("p:ReqdExctnDt/p:Dt") == ["2023-02-02"] * 2
    assert texts("p:SvcLvl/p:Cd") == ["SEPA"] * 2
    assert texts("p:ChrgBr") == ["SLEV"] * 2
    assert texts("p:BtchBookg") == ["true"] * 2
    assert texts("p:DbtrAcct/p:Id/p:IBAN") == [bank.IBAN] * 2
    assert texts("p:DbtrAgt/p:FinInstnId/p:BICFI") == ["UNCRITMM"] * 2
    assert [order.end_to_end_id for order in bank.orders(data)] == [row.end_to_end_id for row in rows]


def test_without_a_bic_of_ours_the_bank_is_not_provided():
    data = files.written([GOOD, GOOD._replace(end_to_end_id="RST-2", bic="UNCRITMMXXX", remittance="")])
    assert files.faults(data) == ""
    assert b"<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>" in data
    assert data.count(b"<CdtrAgt>") == data.count(b"<BICFI>UNCRITMMXXX</BICFI>") == 1
    assert data.count(b"<RmtInf>") == 1


def test_i_08_names_of_people_reach_the_bank_in_its_letters():
    names = ["A", "X" * 200, "D'Amico", "Ng", "Łukasz Ñandú-Øre", "Rossi & Figli <srl>", "Жуков", "李", "😀", ""]
    rows = [GOOD._replace(end_to_end_id=f"RST-{n}", name=name) for n, name in enumerate(names)]
    data = files.written(rows)
    assert files.faults(data) == ""
    found = [order.name for order in bank.orders(data)]
    assert found[:6] == ["A", "X" * 70, "D'Amico", "Ng", "Lukasz Nandu-Ore", "Rossi + Figli .srl."]
    assert found[6:] == ["Zhukov", "Li", "NOTPROVIDED", "NOTPROVIDED"]


def test_a_long_remittance_text_is_cut_to_what_the_bank_carries():
    data = files.written([GOOD._replace(remittance="è" * 300)])
    assert files.faults(data) == ""
    assert bank.orders(data)[0].remittance == "e" * 140


def test_the_same_input_gives_the_same_bytes():
    rows = files.transfers(450)
    pieces = list(pain001.write(files.header(rows), iter(rows)))
    assert b"".join(pieces) == files.written([tuple(row) for row in rows])
    assert len(pieces) == 7  # head, block, three pieces of transfers, end of the block, end
    assert all(isinstance(piece, bytes) for piece in pieces)


def test_rows_are_taken_as_they_are_needed_and_not_kept():
    """20,000 rows, of which at no time more than a few hundred exist."""
    number, amount = 20_000, Decimal("1.00")
    rows = (("R" + str(n), amount, "Anna Bianchi", files.IBANS[0], "") for n in range(number))
    header = replace(files.header([GOOD]), blocks=(Block("B", date(2023, 2, 2), number, number * amount),))
    pieces = pain001.write(header, rows)
    sum(map(len, itertools.islice(pieces, 10)))
    tracemalloc.start()
    try:
        size = sum(map(len, pieces))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 3_000_000
    assert peak < 1_500_000  # the numbers' fingerprints and one piece


money = st.decimals("0.01", "999999999.99", places=2)
people = st.tuples(money, st.text(max_size=160), st.sampled_from(files.IBANS), st.text(max_size=300))


@settings(max_examples=150)
@given(st.lists(people, min_size=1, max_size=12), st.data())
def test_any_name_and_text_gives_a_file_that_is_valid_and_adds_up(found, data):
    rows = [(f"R{n}", amount, name, iban, text) for n, (amount, name, iban, text) in enumerate(found)]
    first = data.draw(st.integers(1, len(rows)))
    sizes = [first, len(rows) - first] if first < len(rows) else [first]
    written = files.written(rows, sizes=sizes)
    assert files.faults(written) == ""
    tree = etree.fromstring(written)
    for place in tree.xpath("//p:GrpHdr | //p:PmtInf", namespaces=NS):
        around = place if place.tag.endswith("PmtInf") else tree
        amounts = [Decimal(text) for text in around.xpath(".//p:InstdAmt/text()", namespaces=NS)]
        assert place.findtext("p:CtrlSum", namespaces=NS) == str(sum(amounts))
        assert place.findtext("p:NbOfTxs", namespaces=NS) == str(len(amounts))
    orders = bank.orders(written)
    assert [(order.end_to_end_id, order.amount, order.iban) for order in orders] == [
        (number, amount, iban) for number, amount, _name, iban, _text in rows
    ]
    for order in orders:
        assert 1 <= len(order.name) <= 70
        assert len(order.remittance) <= 140
        assert letters.ALLOWED.fullmatch(order.name + order.remittance)


def test_the_other_library_writes_the_same_values():
    rows = [row._replace(bic="UNCRITMM") for row in files.transfers(12)]
    facts = {"name": "Posta S.p.A.", "IBAN": bank.IBAN, "BIC": "UNCRITMM", "batch": True, "currency": "EUR"}
    theirs = SepaTransfer(facts, schema="pain.001.001.09")
    for row in rows:
        theirs.add_payment(
            {
                "name": row.name,
                "IBAN": row.iban,
                "BIC": row.bic,
                "amount": int(row.amount * 100),
                "execution_date": date(2023, 2, 2),
                "description": row.remittance,
                "endtoend_id": row.end_to_end_id,
            }
        )
    ours = files.written(rows, bic="UNCRITMM", batch_booking=True)

    def values(data):
        """(path, text) of every element, but for what each makes up by itself and what only one of them says."""
        own = {"MsgId", "PmtInfId", "CreDtTm", "InstrId"}
        tree = etree.fromstring(data)
        paths = (
            ("/".join(etree.QName(node).localname for node in [*reversed(list(leaf.iterancestors())), leaf]), leaf)
            for leaf in tree.iter()
            if len(leaf) == 0
        )
        return [(path, leaf.text) for path, leaf in paths if etree.QName(leaf).localname not in own]

    assert values(theirs.export()) == values(ours)


def test_moments_with_a_zone_are_written_with_it():
    data = files.written([GOOD], created=datetime.fromisoformat("2023-02-01T10:00:00.123456+01:00"))
    assert b"<CreDtTm>2023-02-01T10:00:00+01:00</CreDtTm>" in data
    assert files.faults(data) == ""
