"""Building an export: whole or not at all, once, and of one moment."""

import csv
import errno
import gc
import io
import threading
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from claims.actions import exports, intake, review
from claims.models import Export, JournalEntry
from claims.reports import files
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three_claims(anna, bruno, incident, rita):
    """A decided, a submitted and a withdrawn claim; and a draft, which no report tells of."""
    decided = make.decided(anna, incident, rita)
    submitted = make.submitted(bruno, incident, login="bruno@virgilio.example")
    withdrawn = intake.withdraw(make.submitted(anna, incident).reference, by=anna)
    make.draft(anna, incident)
    return decided, submitted, withdrawn


def built(by, **wanted):
    """The export, built, and its bytes."""
    export = exports.request_export(by=by, **wanted)
    assert exports.build_batch() == 1
    export, file = exports.opened(export.pk, by=by)
    with file:
        return export, file.read()


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def leftovers():
    """Everything below the exports' folder but ready files."""
    root = Path(settings.EXPORTS_ROOT)
    return [path for path in root.rglob("*") if path.is_file() and path.parent != root]


def finals():
    return [path.name for path in Path(settings.EXPORTS_ROOT).glob("*.*")]


def in_the_middle(monkeypatch, action):
    """Calls `action` once, after the first rows of the next build are written."""
    calls = iter([action])

    def progress(self, rows):
        for each in calls:
            each()
        self.next = 0
        return original(self, rows)

    original = exports.Progress.__call__
    monkeypatch.setattr(exports.Progress, "__call__", progress)


def test_a_ready_export_is_whole_and_says_so(mara, three_claims):
    export, content = built(mara)
    rows = rows_of(content)
    assert [row["reference"] for row in rows] == [claim.reference for claim in three_claims]
    assert (export.state, export.rows, export.expected, export.tries) == ("ready", 3, 3, 1)
    assert (export.size, export.sha256) == (len(content), sha256(content).hexdigest())
    assert leftovers() == []
    assert finals() == [f"{export.pk}.csv"]
    chain = JournalEntry.objects.filter(chain=f"export:{export.pk}").order_by("sequence")
    assert [(entry.action, entry.actor) for entry in chain] == [("request", mara), ("build", None), ("download", mara)]


def test_a_decided_claim_is_told_in_full(mara, rita, three_claims):
    row = rows_of(built(mara)[1])[0]
    expected = {
        "incident": "libero-2023",
        "remedy": "damages",
        "status": "approved",
        "channel": "web",
        "login": "anna@libero.example",
        "on_roster": "yes",
        "claimant_name": "Anna",
        "claimant_email": "anna@example.org",
        "heads": "extra_expense",
        "items": "1",
        "claimed": "120.00",
        "outcome": "approved",
        "total": "120.00",
        "offsets": "0.00",
        "net": "120.00",
        "overdue": "no",
        "assigned_to_name": "Rita",
        "assigned_to_email": "rita@example.org",
        "round": "1",
        "flags": "",
    }
    assert {name: row[name] for name in expected} == expected
    assert row["due"] == three_claims[0].due.isoformat()
    assert len(row["submitted_at_rome"]) == len("2023-01-24 09:30:00")


def test_filters_choose_the_rows(mara, three_claims):
    decided, submitted, withdrawn = (claim.reference for claim in three_claims)
    today = timezone.localdate().isoformat()
    for filters, expected in [
        ({"status": "submitted"}, [submitted]),
        ({"status": "withdrawn", "incident": "libero-2023"}, [withdrawn]),
        ({"from": today, "to": today}, [decided, submitted, withdrawn]),
        ({"to": "2023-01-01"}, []),
    ]:
        export, content = built(mara, filters=filters)
        assert [row["reference"] for row in rows_of(content)] == expected
        assert export.rows == len(expected)


def test_days_are_those_of_rome(mara, three_claims):
    claim = three_claims[1]
    with connection.cursor() as cursor:  # half past midnight in Rome, still the day before in UTC
        cursor.execute(
            "UPDATE claims_claim SET submitted_at = '2026-03-01T23:30:00Z' WHERE reference = %s", [claim.reference]
        )
    (row,) = rows_of(built(mara, filters={"from": "2026-03-02", "to": "2026-03-02"})[1])
    assert row["submitted_at_rome"] == "2026-03-02 00:30:00"
    assert rows_of(built(mara, filters={"from": "2026-03-01", "to": "2026-03-01"})[1]) == []


def test_an_export_without_rows_still_has_its_header(mara, incident):
    export, content = built(mara)
    assert export.rows == 0
    assert content.decode().startswith("reference,incident,remedy,status,")
    assert content.count(b"\n") == 1


def test_a_byte_order_mark_comes_first_if_asked_for(mara, three_claims):
    export, content = built(mara, filters={"bom": True})
    assert content.startswith(b"\xef\xbb\xbfreference,")
    assert export.sha256 == sha256(content).hexdigest()
    assert len(rows_of(content)) == export.rows == 3


def test_cancelling_stops_a_build_in_the_middle(mara, three_claims, monkeypatch):
    export = exports.request_export(by=mara)
    in_the_middle(monkeypatch, lambda: exports.cancel(export.pk, by=mara))
    assert exports.build_batch() == 1
    export.refresh_from_db()
    assert (export.state, export.leased_until) == ("cancelled", None)
    assert finals() == leftovers() == []
    assert exports.build_batch() == 0


def test_a_killed_builder_is_followed_by_another_when_its_lease_ends(mara, three_claims):
    export = exports.request_export(by=mara)
    killed = exports.lease()
    with exports.workshop(killed) as part:
        part.write_bytes(b"half a fi")
        assert exports.build_batch() == 0  # its lease still runs
        Export.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert exports.build_batch() == 1
        assert not part.exists()
    export.refresh_from_db()
    assert (export.state, export.rows, export.tries) == ("ready", 3, 2)
    assert leftovers() == []


def test_who_lost_the_lease_changes_nothing_any_more(mara, three_claims, monkeypatch):
    export = exports.request_export(by=mara)

    def overtaken():
        Export.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        monkeypatch.undo()
        assert exports.build_batch() == 1

    in_the_middle(monkeypatch, overtaken)
    exports.build_batch()
    export.refresh_from_db()
    assert (export.state, export.tries, export.rows) == ("ready", 2, 3)
    content = exports.path_of(export).read_bytes()
    assert sha256(content).hexdigest() == export.sha256


def test_after_three_interruptions_an_export_has_failed(mara, incident):
    export = exports.request_export(by=mara)
    for _kill in range(3):
        assert exports.lease() is not None
        Export.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert exports.build_batch() == 0
    export.refresh_from_db()
    assert export.state == "failed"
    assert export.error
    assert exports.request_export(by=mara).state == "queued"


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_full_disk_fails_at_once_with_its_reason_and_leaves_no_file(mara, three_claims, monkeypatch, file_format):
    User.objects.update(language="en")

    class Full(io.FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda self, mode: Full(self, "w+"))
    export = exports.request_export(by=mara, format=file_format)
    assert exports.build_batch() == 1
    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", "There is no room left for it on our disk.")
    gc.collect()  # an archive that was given up must not come back
    assert finals() == leftovers() == []


def test_any_other_trouble_is_tried_three_times(mara, three_claims, monkeypatch):
    def broken(*args, **kwargs):
        raise ConnectionError("the server went away")

    monkeypatch.setattr(files, "write", broken)
    export = exports.request_export(by=mara)
    for tries in 1, 2, 3:
        assert exports.build_batch() == 1
        export.refresh_from_db()
        assert export.tries == tries
        assert export.state == ("running" if tries < 3 else "failed")
        assert exports.build_batch() == 0  # not at once
        Export.objects.filter(state="running").update(leased_until=timezone.now() - timedelta(seconds=1))
    assert "ConnectionError" in export.error
    assert leftovers() == []


def test_two_builders_at_once_build_once(mara, three_claims):
    export = exports.request_export(by=mara)
    together, done = threading.Barrier(2), []

    def turn():
        try:
            together.wait(10)
            done.append(exports.build_batch())
        finally:
            connection.close()

    threads = [threading.Thread(target=turn) for _builder in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [0, 1]
    export.refresh_from_db()
    assert (export.state, export.tries) == ("ready", 1)


def test_all_rows_are_of_one_moment(mara, bruno, incident, rita, three_claims, monkeypatch):
    """What is filed, taken and withdrawn between the count and the last row is not in the file."""
    submitted = three_claims[1]
    original = files.write_csv

    def meanwhile(*args, **kwargs):
        make.submitted(bruno, incident, login="bruno@virgilio.example")
        review.take(submitted.reference, by=rita)
        return original(*args, **kwargs)

    monkeypatch.setattr(files, "write_csv", meanwhile)
    export, content = built(mara)
    assert (export.rows, export.expected) == (3, 3)
    assert [row["status"] for row in rows_of(content)] == ["approved", "submitted", "withdrawn"]


def test_a_long_copy_outlives_the_time_a_request_may_take(mara, incident):
    with exports.snapshot() as moment:
        assert moment.execute("SHOW statement_timeout").fetchone() == ("0",)
        assert moment.execute("SHOW transaction_read_only").fetchone() == ("on",)
        assert moment.execute("SHOW transaction_isolation").fetchone() == ("repeatable read",)


def test_progress_is_seen_while_it_runs(mara, three_claims, monkeypatch):
    seen = []
    export = exports.request_export(by=mara)
    monkeypatch.setattr(files, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(exports, "REPORT_EVERY", 0.0)
    in_the_middle(monkeypatch, lambda: seen.append(Export.objects.values_list("state", "expected").get(pk=export.pk)))
    exports.build_batch()
    assert seen == [("running", 3)]


def test_a_workbook_has_numbers_as_numbers_and_no_formula(mara, anna, three_claims):
    User.objects.filter(pk=anna.pk).update(name="=1+1")
    export, content = built(mara, format="xlsx")
    assert (export.rows, export.sha256) == (3, sha256(content).hexdigest())
    with ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert book.testzip() is None
    assert "<f>" not in sheet
    assert "<v>120</v>" in sheet
    assert "'=1+1" in sheet
    assert sheet.count("<row ") == 4


def test_a_workbook_goes_on_in_a_second_sheet(mara, three_claims, monkeypatch):
    monkeypatch.setattr(files, "ROWS_OF_SHEET", 2)
    _export, content = built(mara, format="xlsx")
    with ZipFile(io.BytesIO(content)) as book:
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2)]
    assert [sheet.count("<row ") for sheet in sheets] == [3, 2]
    assert all("reference" in sheet for sheet in sheets)
