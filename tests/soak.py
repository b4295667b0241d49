"""A pytest plugin: proofs that are worth repeating say how often they tried and how often it held.

    @pytest.mark.soak
    def test_two_reviewers_decide_at_once(tally):
        for _ in range(rounds(3, 200)):
            tally.tried("two reviewers decide at once")
            ...
            tally.held("two reviewers decide at once")

The suite runs a few rounds; `make soak` selects the mark, runs the long form and ends with the table of the tally.
"""

import os
from collections import Counter

import pytest

LONG = os.environ.get("RISTORO_SOAK") == "1"


def rounds(short, long):
    """`short` in the suite, `long` in `make soak`."""
    return long if LONG else short


class Tally:
    """What one test tried and what held; a round that raised was tried and did not hold."""

    def __init__(self, properties):
        self.properties = properties

    def tried(self, what, times=1):
        self.properties.append(("tried", (what, times)))

    def held(self, what, times=1):
        self.properties.append(("held", (what, times)))


@pytest.fixture
def tally(request):
    return Tally(request.node.user_properties)


def pytest_terminal_summary(terminalreporter):
    counts = {"tried": Counter(), "held": Counter()}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, value in report.user_properties:
                    if name in counts:
                        counts[name][value[0]] += value[1]
    if not counts["tried"] or not LONG:
        return
    terminalreporter.section("tried and held")
    width = max(map(len, counts["tried"]))
    terminalreporter.line(f"{'':<{width}} {'tried':>9} {'held':>9}")
    for what, tried in sorted(counts["tried"].items()):
        held = counts["held"][what]
        terminalreporter.line(f"{what:<{width}} {tried:>9,} {held:>9,}{'' if held == tried else '   BROKEN'}")
