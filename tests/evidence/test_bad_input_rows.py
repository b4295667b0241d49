"""Every row of the table of bad uploads has a test that is named after it."""

import re

from tests.servers import ROOT

ROWS = {f"u_{number:02}" for number in range(1, 48)}
NAMED = re.compile(r"^def test_((?:u_\d\d_)+)", re.MULTILINE)


def test_every_row_has_a_test():
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for names in NAMED.findall(path.read_text(encoding="utf-8")):
            found |= set(re.findall(r"u_\d\d", names))
    assert ROWS - found == set()
