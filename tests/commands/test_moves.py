"""docs/moves.md and its picture say what the table of moves says."""

from io import StringIO
from xml.etree import ElementTree

import pytest
from django.core.management import call_command

from claims.management.commands import moves as command
from claims.reports import moves
from claims.rules.statuses import LABELS, MOVES, Status
from tests.servers import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def test_the_papers_are_current():
    for name, made in command.FILES.items():
        assert (ROOT / name).read_text() == made(), f"run manage.py moves: {name} is old"


def test_check_says_which_file_is_old_and_writes_nothing(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs/pictures").mkdir(parents=True)
    (tmp_path / "docs/moves.md").write_text("old")
    told = StringIO()
    with pytest.raises(SystemExit):
        call_command("moves", check=True, stdout=told)
    assert told.getvalue() == "docs/moves.md: not current\ndocs/pictures/moves.svg: not current\n"
    assert (tmp_path / "docs/moves.md").read_text() == "old"
    call_command("moves", stdout=told)
    call_command("moves", check=True, stdout=told)


def test_the_picture_has_every_state_and_an_end_for_every_source_and_target():
    root = ElementTree.fromstring(moves.diagram())
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert texts >= {str(LABELS[state]) for state in Status} | {row.name for row in MOVES}
    rings = sum(1 for ring in root.iter(f"{SVG}circle"))
    arrows = sum(1 for path in root.iter(f"{SVG}path") if path.get("class") == "to")
    assert (rings, arrows) == (
        sum(len(row.sources) for row in MOVES),
        sum(len(row.targets) for row in MOVES) + len(moves.LEGEND),
    )
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text


def test_every_move_is_a_row_of_the_page():
    rows = [line.split(" | ")[0].removeprefix("| ") for line in moves.table().splitlines() if line.startswith("| ")]
    assert rows[2:] == [row.name for row in MOVES]
