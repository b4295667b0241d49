"""The colours of both style sheets, in both schemes: what is read on what has at least 4.5:1."""

import re

import pytest

from tests.servers import ROOT

ENOUGH = 4.5
CLAIMANT, STAFF = (ROOT / "config/static" / name for name in ("ristoro.css", "staff/staff.css"))
ON_PAGES = [
    *((ink, ground) for ink in ("ink", "quiet") for ground in ("paper", "card", "tint", "tint-warn", "tint-bad")),
    *((ink, ground) for ink in ("action", "danger") for ground in ("paper", "card")),
    *(("action", "tint"), ("danger", "tint-bad"), ("ink", "tint-ink"), ("quiet", "tint-ink")),
    *(("on-action", "action"), ("on-action", "action-strong"), ("on-danger", "danger"), ("on-danger", "danger-strong")),
]
AT_WORK = [
    *((ink, ground) for ink in ("ink", "text", "quiet", "action") for ground in ("page", "card", "ground", "hover")),
    *((tone, f"{tone}-ground") for tone in ("warn", "bad", "good", "busy")),
    *((tone, "card") for tone in ("warn", "bad", "good", "busy")),
    *(("on-action", "action"), ("on-action", "action-strong"), ("ink", "warn-ground"), ("ink", "bad-ground")),
]


def colours(sheet, scheme):
    """name -> #rrggbb of a sheet's light scheme, or of its dark one over the light."""
    blocks = re.findall(r"\{([^{}]*--[^{}]*)\}", sheet.read_text())
    found = {}
    for block in blocks[: 1 if scheme == "light" else 2]:
        found |= {name.removeprefix("s-"): value for name, value in re.findall(r"--([\w-]+): (#\w{3,6})\b", block)}
    return found


def brightness(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted(map(brightness, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_measured_as_the_standard_says():
    assert round(contrast("#000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("sheet", "pairs"), [(CLAIMANT, ON_PAGES), (STAFF, AT_WORK)], ids=["claimant", "staff"])
def test_words_stand_out_from_their_ground(sheet, pairs, scheme):
    found = colours(sheet, scheme)
    weak = {pair: round(contrast(found[pair[0]], found[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < ENOUGH} == {}
