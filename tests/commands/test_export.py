"""`manage.py export`: the same bytes as the pages make, whole or not at all."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from claims.actions import exports
from claims.models import JournalEntry
from claims.reports import files
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claims(anna, bruno, incident, rita):
    return [make.decided(anna, incident, rita), make.submitted(bruno, incident, login="bruno@virgilio.example")]


def export(*args):
    out = StringIO()
    call_command("export", *args, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("arguments", "filters"),
    [([], {}), (["--filter", "status=approved", "--filter", "bom=yes"], {"status": "approved", "bom": True})],
)
def test_the_command_writes_the_bytes_of_the_page(claims, mara, tmp_path, file_format, arguments, filters):
    target = tmp_path / "claims.out"
    said = export("claims", "--format", file_format, "--output", str(target), *arguments)
    wanted = exports.request_export(by=mara, format=file_format, filters=filters)
    exports.build_batch()
    wanted, file = exports.opened(wanted.pk, by=mara)
    with file:
        assert target.read_bytes() == file.read()
    assert said == f"{wanted.rows} rows in {target}\n"
    entry = JournalEntry.objects.get(action="export by command")
    assert (entry.actor, entry.facts["format"], entry.facts["filters"]) == (None, file_format, filters)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--filter", "status=lost"], "status: There is no such status."),
        (["--filter", "status"], "--filter status: write NAME=VALUE."),
        (["--filter", "password=x"], "password: There is no such filter."),
        (["--filter", "incident=nowhere"], "incident: There is no such incident."),
    ],
)
def test_a_bad_filter_is_named_and_nothing_is_written(db, tmp_path, arguments, says):
    with pytest.raises(CommandError) as refused:
        export("claims", "--output", str(tmp_path / "claims.csv"), *arguments)
    assert str(refused.value) == says
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["passwords"], ["claims", "--format", "exe"]])
def test_only_known_reports_and_formats(db, tmp_path, arguments):
    with pytest.raises(CommandError, match="invalid choice"):
        export(*arguments, "--output", str(tmp_path / "x"))


def test_a_folder_that_is_not_there_is_named(db, tmp_path):
    with pytest.raises(CommandError, match="is no folder"):
        export("claims", "--output", str(tmp_path / "nowhere" / "claims.csv"))


def test_what_breaks_off_leaves_the_file_before_it_as_it_was(claims, tmp_path, monkeypatch):
    target = tmp_path / "claims.csv"
    target.write_text("yesterday's")

    def breaks_off(*args, file, **kwargs):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        export("claims", "--output", str(target))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["claims.csv"]
    assert target.read_text() == "yesterday's"
    assert not list(tmp_path.glob(".export-*"))
