"""Payment files and statements: a million lines in flat memory, and how fast beside a library that keeps a tree.

Seconds are those of this process on its core, because the bars are per second; the peer is measured in the same way.
"""

import itertools
import resource
import time
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import sepaxml
from django.conf import settings
from lxml import etree
from schwifty import IBAN
from sepaxml import SepaTransfer

from claims.sepa import camt053, pain001
from tests.bench.results import at_least, informs, result
from tests.sepa import bank

FEW, MANY = 10_000, 1_000_000
TIMES, LINES_A_SECOND, MOST_MB = 20, 20_000, 150
IBANS = [
    str(IBAN.generate("IT", bank_code="05428", branch_code="11101", account_code=str(number))) for number in range(997)
]
NAMES = ("Anna Bianchi", "Łukasz Ñandú-Øre", "Nicolò D'Amico & C.", "Maria Josè Dell'Acqua")
DAY = date(2023, 2, 2)


def rows(number):
    for n in range(number):
        yield f"RST-2023-{n:09d}", amount(n), NAMES[n % 4], IBANS[n % 997], f"Indennizzo disservizio RST-2023-{n:09d}"


def amount(n):
    return Decimal(n % 10_000 + 1).scaleb(-2)


def header(number):
    blocks = (pain001.Block("B-1", DAY, number, sum(map(amount, range(number)))),)
    return pain001.Header("B-1", datetime(2023, 2, 1, 10), "Posta S.p.A.", bank.IBAN, blocks, bic="UNCRITMM")


def per_second(number, work):
    started = time.process_time()
    work()
    return number / (time.process_time() - started)


def theirs(validate):
    facts = {"name": "Posta S.p.A.", "IBAN": bank.IBAN, "BIC": "UNCRITMM", "batch": True, "currency": "EUR"}
    file = SepaTransfer(facts, schema="pain.001.001.09")
    for number, euro, name, iban, text in rows(FEW):
        payment = {"name": name, "IBAN": iban, "amount": int(euro * 100), "execution_date": DAY}
        file.add_payment({**payment, "description": text, "endtoend_id": number})
    return file.export(validate=validate)


def memory():
    """MB that this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def growth(found):
    """How many MB the process grew while `found` ran out, from its first thousandth on."""
    taken = itertools.count()
    first = most = 0
    for _each, number in zip(found, taken, strict=False):
        if number % 1000 == 0:
            most = max(most, memory())
            first = first or most
    return most - first


def measure():
    file_of_few()
    path = settings.RISTORO_HOME / "pain001.xml"
    payments(path)
    path.unlink()
    path = settings.RISTORO_HOME / "camt053.xml"
    statement(path)
    path.unlink()


def file_of_few():
    few = header(FEW)
    ours = max(per_second(FEW, lambda: b"".join(pain001.write(few, rows(FEW)))) for _turn in range(5))
    base = per_second(FEW, lambda: theirs(True))
    what = f"pain.001 of {FEW:,} payments"
    at_least(what, ours=ours, base=base, unit="payments/s", target=TIMES, base_name="payments/s sepaxml, as it comes")
    base = per_second(FEW, lambda: theirs(False))
    informs("  against sepaxml that does not validate", ours="", base=f"{base:,.0f}/s", ratio=f"{ours / base:.1f}")


def payments(path):
    many = header(MANY)

    def write():
        with path.open("wb") as file:
            for piece in pain001.write(many, rows(MANY)):
                file.write(piece)
                yield piece

    before, started = memory(), time.process_time()
    grown = growth(write())
    speed = MANY / (time.process_time() - started)
    flat(f"pain.001 of {MANY:,} payments: memory", grown, before)
    informs("  written", ours=f"{speed:,.0f} payments/s", base=f"{path.stat().st_size / 2**20:,.0f} MB")
    schema = etree.XMLSchema(file=Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")
    count = 0
    for _event, element in etree.iterparse(path, schema=schema, tag="{*}CdtTrfTxInf"):  # raises if it is not valid
        count += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    result("  by the official schema", ours=f"{count:,} valid", base="", ratio="", target="all", ok=count == MANY)


def statement(path):
    orders = (
        bank.Order("B-1", "B-1", number, euro, "Anna Bianchi", iban, text)
        for number, euro, _n, iban, text in rows(MANY)
    )
    with path.open("w") as file:
        file.writelines(bank.statement_pieces(orders))
    counted = itertools.count()
    before, started = memory(), time.process_time()
    with path.open("rb") as file:
        entries = (next(counted) for entry in camt053.read(file, iban=bank.IBAN) if entry.outcome == "settled")
        grown = growth(entries)
    speed = MANY / (time.process_time() - started)
    assert next(counted) == MANY
    result(
        f"camt.053 of {MANY:,} lines",
        ours=f"{speed:,.0f} lines/s",
        base=f"{path.stat().st_size / 2**20:,.0f} MB" if path.exists() else "",
        ratio="",
        target=f"≥ {LINES_A_SECOND:,}",
        ok=speed >= LINES_A_SECOND,
    )
    flat("  memory", grown, before)


def flat(what, grown, before):
    shown = {"ours": f"{grown:.0f} MB more", "base": f"{before:.0f} MB before"}
    result(what, **shown, ratio="", target=f"< {MOST_MB} MB", ok=grown < MOST_MB)
