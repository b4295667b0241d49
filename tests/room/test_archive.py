"""All documents of a case as one ZIP."""

import csv
import io
import json
from hashlib import sha256
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import archiving
from claims.rules.errors import Refused
from evidence import blobs
from evidence.models import Reading
from tests import make

pytestmark = pytest.mark.django_db


def taken_out(claim, by):
    name, pieces = archiving.archive(claim.reference, by=by, request_id="r-1")
    return name, ZipFile(io.BytesIO(b"".join(pieces)))


@pytest.fixture
def claim(anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim, name="invoice.pdf")
    make.attachment(claim, name="invoice.pdf", content=make.PDF + b"%2")
    make.attachment(claim, name="=cmd.pdf", content=make.PDF + b"%3")
    make.attachment(claim, name="bad.pdf", content=make.PDF + b"%4", state="refused", reason="malware")
    make.attachment(claim, name="new.pdf", content=make.PDF + b"%5", state="pending")
    make.put(claim, "submitted", submitted_at=claim.created_at, due="2023-03-01")
    return claim


def test_only_clean_documents_are_inside_and_the_manifest_names_all(claim, rita):
    name, archive = taken_out(claim, rita)
    assert name == f"{claim.reference}-evidence.zip"
    assert archive.testzip() is None
    assert archive.namelist()[2:] == ["001-invoice.pdf", "002-invoice.pdf", "003-=cmd.pdf"]
    manifest = json.loads(archive.read("manifest.json"))
    rows = manifest["documents"]
    assert [(row["file"] != "", row["state"], row["left_out"]) for row in rows] == [
        (True, "clean", ""), (True, "clean", ""), (True, "clean", ""),
        (False, "refused", "malware"), (False, "pending", "not_checked_yet"),
    ]  # fmt: skip
    for row in rows[:3]:
        assert sha256(archive.read(row["file"])).hexdigest() == row["sha256"]
    table = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
    assert [row["sha256"] for row in table] == [row["sha256"] for row in rows]
    assert table[2]["name"] == "'=cmd.pdf"


def test_who_gets_what_is_written_down_before_the_first_byte(claim, rita):
    archiving.archive(claim.reference, by=rita, request_id="r-1")
    readings = Reading.objects.filter(reader=rita, how="download")
    assert sorted(each.document.name for each in readings) == ["=cmd.pdf", "invoice.pdf", "invoice.pdf"]
    assert {each.why for each in readings} == {f"archive of {claim.reference}"}


def test_bytes_that_were_changed_make_no_whole_archive(claim, rita):
    digest = claim.attachments.order_by("id")[1].document.sha256
    blobs.path(digest).write_bytes(make.PDF + b"%X")
    _name, pieces = archiving.archive(claim.reference, by=rita)
    with pytest.raises(archiving.Changed):
        list(pieces)


def test_what_is_not_on_the_storage_is_named_and_left_out(claim, rita):
    blobs.path(claim.attachments.order_by("id")[1].document.sha256).unlink()
    _name, archive = taken_out(claim, rita)
    assert json.loads(archive.read("manifest.json"))["documents"][1]["left_out"] == "missing"


def test_the_claimant_and_whoever_may_not_know_of_it_get_none(claim, anna, bruno, olga):
    for person, status in ((anna, 403), (bruno, 404), (olga, 404)):
        with pytest.raises(Refused) as refused:
            archiving.archive(claim.reference, by=person)
        assert refused.value.status == status


def test_never_more_than_a_piece_is_held(claim, rita):
    make.attachment(claim, name="big.txt", media_type="text/plain", content=b"x" * 3_000_000)
    _name, pieces = archiving.archive(claim.reference, by=rita)
    assert max(map(len, pieces)) < 2 * archiving.PIECE


def test_queries_do_not_grow_with_the_documents(claim, rita):
    def count():
        with CaptureQueriesContext(connection) as queries:
            archiving.archive(claim.reference, by=rita)
        return len(queries)

    count()  # roles are known from here on
    few = count()
    for number in range(30):
        make.attachment(claim, name=f"{number}.pdf", content=make.PDF + b"%%more %d" % number)
    assert count() == few
