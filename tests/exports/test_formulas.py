"""What people typed stays text when a manager opens it in a spreadsheet."""

import csv
import io
import re
from html import unescape
from zipfile import ZipFile

import pytest

from accounts.models import User
from claims.actions import exports
from claims.models import Claim
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

# What was typed, and what the cell holds.
CELLS = [
    ("=1+1", "'=1+1"),
    ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
    ("+39 06 1234", "'+39 06 1234"),
    ("-2+3", "'-2+3"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1+1", "'\t=1+1"),
    ("\r=1+1", "'\r=1+1"),
    ("\n=1+1", "'\n=1+1"),
    ("＝1+1", "'＝1+1"),
    ("Anna;=1+1", "Anna;'=1+1"),
    ('Anna; "=1+1', "Anna; \"'=1+1"),
    ("=a;=b", "'=a;'=b"),
    ("Anna; Bruno", "Anna; Bruno"),
    ("Anna = Bruno", "Anna = Bruno"),
    ("O'Neill", "O'Neill"),
    ('"quoted", with a comma', '"quoted", with a comma'),
    ("two\nlines", "two\nlines"),
    ("Łukasz Ñandú-Øre 🏳️‍🌈", "Łukasz Ñandú-Øre 🏳️‍🌈"),
]
# The strings of I-07.
HOSTILE = ["<script>alert(1)</script>", "{{7*7}}", "${x}", "%s", "'; DROP TABLE claims_claim; --", "x\r\nBcc: a@b.it"]
GUARDED = {"'; DROP TABLE claims_claim; --": "'; DROP TABLE claims_claim; '--"}


def exported(mara, file_format):
    export = exports.request_export(by=mara, format=file_format)
    exports.build_batch()
    _export, file = exports.opened(export.pk, by=mara)
    with file:
        return file.read()


def csv_row(content):
    (row,) = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return row


def xlsx_cells(content):
    """The texts of the second row, by their header."""
    with ZipFile(io.BytesIO(content)) as book:
        rows = re.findall(r"<row .*?</row>", book.read("xl/worksheets/sheet1.xml").decode(), re.DOTALL)
    cells = [dict(re.findall(r'<c r="([A-Z]+)\d+"[^>]*><is><t[^>]*>(.*?)</t>', row, re.DOTALL)) for row in rows]
    text = {cells[0][place]: unescape(cell) for place, cell in cells[1].items()}
    return {name: re.sub(r"_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), cell) for name, cell in text.items()}


@pytest.mark.parametrize(("typed", "cell"), CELLS)
def test_a_formula_is_text(mara, anna, incident, typed, cell):
    make.submitted(anna, incident)
    User.objects.filter(pk=anna.pk).update(name=typed)
    assert csv_row(exported(mara, "csv"))["claimant_name"] == cell
    assert xlsx_cells(exported(mara, "xlsx"))["claimant_name"] == cell


@pytest.mark.parametrize("hostile", HOSTILE)
def test_i_07_hostile_text_is_only_text(mara, anna, incident, hostile):
    make.submitted(anna, incident)
    User.objects.filter(pk=anna.pk).update(name=hostile)
    cell = GUARDED.get(hostile, hostile)
    assert csv_row(exported(mara, "csv"))["claimant_name"] == cell
    assert xlsx_cells(exported(mara, "xlsx"))["claimant_name"] == cell
    assert Claim.objects.count() == 1


def test_every_column_that_people_type_into_is_guarded(mara, anna, rita, incident):
    claim = make.taken(anna, incident, rita)
    User.objects.filter(pk=anna.pk).update(name="=a", email="=b@example.org")
    User.objects.filter(pk=rita.pk).update(name="=c", email="=d@example.org")
    Claim.objects.filter(pk=claim.pk).update(login="=e@example.org", flags=["not_on_roster"])
    incident.code = "-f"
    incident.save()
    row = csv_row(exported(mara, "csv"))
    assert [value for value in row.values() if value.startswith(("=", "+", "-", "@"))] == []
    assert [row[name] for name in ("claimant_name", "claimant_email", "assigned_to_name", "assigned_to_email")] == [
        "'=a",
        "'=b@example.org",
        "'=c",
        "'=d@example.org",
    ]
    assert (row["login"], row["incident"]) == ("'=e@example.org", "'-f")
