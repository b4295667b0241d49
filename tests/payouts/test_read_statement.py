"""`manage.py read_statement FILE --as EMAIL`: the same as the page, for files that no page takes."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from claims.management.commands import read_statement
from claims.models import Statement
from tests.payouts.test_settling import camt


def read(file, email="mara@example.org"):
    out = io.StringIO()
    call_command("read_statement", str(file), "--as", email, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(till, tmp_path):
    """A statement that knows one payment of ours, and another one from nowhere."""
    till.due(amount="10.00")
    batch = till.sent()
    path = tmp_path / "statement.xml"
    path.write_bytes(camt(batch))
    return path


def test_it_does_what_the_page_does_says_how_far_it_is_and_knows_a_file_again(file, monkeypatch):
    monkeypatch.setattr(read_statement, "EVERY", 0)
    for wrong, email, says in (
        (file, "rita@example.org", "is no manager"),
        (file.parent / "none.xml", "mara@example.org", "No such file"),
        (file.parent, "mara@example.org", "Is a directory"),
    ):
        with pytest.raises(CommandError, match=says):
            read(wrong, email)
    broken = file.parent / "broken.xml"
    broken.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(CommandError, match="ends in the middle"):
        read(broken)
    assert not Statement.objects.exists()
    said = read(file)
    assert f"{file.stat().st_size:,} of {file.stat().st_size:,} bytes read" in said
    assert "camt053: 1 lines, 1 paid, 0 came back, 0 to look at" in said
    assert "nothing changed" in read(file)
    again = file.parent / "status.xml"
    again.write_bytes(file.read_bytes() + b"\n")
    assert "1: Known from an earlier statement" in read(again)


def test_the_page_names_the_command_for_a_file_that_is_too_large(file, mara, monkeypatch):
    monkeypatch.setattr("evidence.uploading.max_bytes", lambda: 100)
    client = Client()
    client.force_login(mara)
    client.cookies["language"] = "en"
    with file.open("rb") as opened:
        answer = client.post(reverse("admin:statement-read"), {"file": opened})
    assert answer.status_code == 413
    assert "manage.py read_statement FILE --as mara@example.org" in answer.content.decode()
    assert not Statement.objects.exists()
