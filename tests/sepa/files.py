"""Payment files to test with: a header that fits the transfers, and the official schema."""

import functools
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import sepaxml
from lxml import etree

from claims.sepa import pain001
from claims.sepa.pain001 import Block, Header, Transfer
from tests.sepa import bank

IBANS = (
    "IT60X0542811101000000123456",
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "SM86U0322509800000000270100",
    "MT84MALT011000012345MTLCAST001S",
)


def transfers(number=3):
    return [
        Transfer(f"RST-{n:05d}", Decimal("10.01") + n, f"Anna Bianchi {n}", IBANS[n % 5], f"Indennizzo {n}")
        for n in range(number)
    ]


def header(rows, **changes):
    """A Header with one block of all `rows`, or of `sizes` (a list of counts)."""
    sizes, blocks, start = changes.pop("sizes", [len(rows)]), [], 0
    for number, size in enumerate(sizes, 1):
        part = rows[start : start + size]
        total = sum((row[1] for row in part), Decimal("0.00"))
        blocks.append(Block(f"B-2023-7/{number}", date(2023, 2, 2), size, total))
        start += size
    facts = {"message_id": "B-2023-7", "created": datetime(2023, 2, 1, 10), "name": "Posta S.p.A.", "iban": bank.IBAN}
    return Header(**{**facts, "blocks": tuple(blocks), **changes})


def written(rows, **changes):
    """The bytes of the file for `rows`."""
    return b"".join(pain001.write(header(rows, **changes), rows))


@functools.cache
def schema():
    return etree.XMLSchema(file=Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")


def faults(data):
    """What the official schema says against `data`; "" if it is valid."""
    schema().validate(etree.fromstring(data))
    return str(schema().error_log)
