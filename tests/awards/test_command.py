"""A confirmation from the command line: the same rules, and a dry run."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.awards.conftest import answer

pytestmark = pytest.mark.django_db


def test_a_confirmation_is_looked_at_and_read_from_the_command_line(counter, tmp_path):
    counter.due(storage_gb=5)
    file, path, out = counter.out(), tmp_path / "answers.csv", StringIO()
    path.write_bytes(answer(file, more=["G999999-1"]))

    def run(*options, email="mara@example.org", at=path):
        call_command("confirm_awards", file.number, at, "--as", email, *options, stdout=out)

    for wrong, says in (({"email": "rita@example.org"}, "no manager"), ({"at": tmp_path / "x"}, "cannot be read")):
        with pytest.raises(CommandError, match=says):
            run(**wrong)
    bad = tmp_path / "bad.csv"
    bad.write_text("fulfilment_id,result\nx,given\ny,given\n")
    with pytest.raises(CommandError, match=r"Line 2: .*\nLine 3: "):
        run(at=bad)
    run("--dry-run")
    assert counter.states() == ["listed"]
    run()
    run()
    assert counter.states() == ["given"]
    said = out.getvalue()
    for words in ("would be:", "read:", "nothing changed", "1 given, 0 refused", "G999999-1: Not in this file"):
        assert words in said
