"""A report as Parquet: typed, exact, in small groups of rows, and whole or not at all."""

import errno
import io
from decimal import Decimal
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet as arrow

from claims import parquet
from claims.actions import exports
from claims.models import Claim, Export
from claims.rules.errors import Refused
from tests import make
from tests.exports.test_building import built, finals, leftovers

pytestmark = pytest.mark.django_db(transaction=True)
TYPES = {
    "reference": "string",
    "claimed": "decimal128(11, 2)",
    "items": "int64",
    "due": "date32[day]",
    "submitted_at": "timestamp[us, tz=UTC]",
}


def test_columns_have_types_and_nothing_is_rounded_or_made_harmless(mara, anna, incident, rita, monkeypatch):
    claim = make.decided(anna, incident, rita)
    anna.name = '=SUM(1;2)\n"quoted"'
    anna.save()
    make.submitted(anna, incident)
    export, content = built(mara, format="parquet")
    table = arrow.read_table(io.BytesIO(content))
    assert {name: str(table.schema.field(name).type) for name in TYPES} == TYPES
    first, second = table.to_pylist()
    claim = Claim.objects.get(pk=claim.pk)
    assert (first["reference"], first["submitted_at"], first["due"]) == (claim.reference, claim.submitted_at, claim.due)
    assert (first["claimed"], first["items"], first["claimant_name"]) == (Decimal("120.00"), 1, '=SUM(1;2)\n"quoted"')
    assert (second["outcome"], second["net"], second["decided_at"], second["flags"]) == (None, None, None, "")
    assert (export.rows, export.size) == (2, len(content))
    assert leftovers() == []


def test_without_rows_it_still_has_its_columns_and_the_command_writes_the_same(mara, incident, tmp_path):
    path = tmp_path / "claims.parquet"
    call_command("export", "claims", "--format", "parquet", "--output", path)
    _export, content = built(mara, format="parquet")
    assert path.read_bytes() == content
    assert arrow.read_table(path).num_rows == 0


def test_who_stops_in_the_middle_leaves_no_file_and_no_process(mara, anna, incident):
    make.submitted(anna, incident)

    def stop(_done):
        raise exports.Lost

    with mock.patch.object(exports, "Progress", return_value=stop):
        exports.request_export(by=mara, format="parquet")
        exports.build_batch()
    assert finals() == leftovers() == []


def test_a_full_disk_is_told_as_such():
    no_room = pytest.raises(OSError, match="could not be written")
    with open("/dev/full", "wb") as full, no_room as error, parquet.writer([("a", "text")], full) as pipe:
        pipe.write(b"a\n")
    assert error.value.errno == errno.ENOSPC


def test_a_server_without_the_library_says_what_to_install(mara, incident, tmp_path):
    with mock.patch.object(parquet, "find_spec", return_value=None):
        with pytest.raises(Refused) as refused:
            exports.request_export(by=mara, format="parquet")
        with pytest.raises(CommandError, match=r"requirements-parquet\.txt"):
            call_command("export", "claims", "--format", "parquet", "--output", tmp_path / "claims.parquet")
    assert (refused.value.code, refused.value.field) == ("parquet_missing", "format")
    assert not Export.objects.exists()
