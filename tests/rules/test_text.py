"""Text from outside: what may be stored."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.errors import Refused
from claims.rules.text import clean_line, clean_text


def refusal(text, **more):
    with pytest.raises(Refused) as refused:
        clean_text(text, field="narrative", **{"limit": 100, **more})
    assert (refused.value.field, refused.value.status) == ("narrative", 422)
    return refused.value.code


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\udfffb", "\x07", "\x1b[31m", "\x7f", "\0"])
def test_i_06_what_postgresql_or_a_terminal_cannot_bear_is_refused(text):
    assert refusal(text) == "invalid_characters"


@pytest.mark.parametrize("text", ["", "   ", "\n\t ", "\u00a0", "\u2003\u2003"])
def test_i_06_only_blanks_are_nothing(text):
    assert refusal(text) == "required"
    assert clean_text(text, field="narrative", limit=100, required=False) == ""


def test_i_06_too_much_is_refused():
    assert refusal("x" * 101) == "too_long"
    assert refusal("x" * 10_000_000) == "too_long"
    assert clean_text("x" * 100, field="narrative", limit=100) == "x" * 100


@pytest.mark.parametrize(
    "text",
    [
        "Z̸͓̐a̴l̵g̶o̷",
        "שלום עולם",
        "\u202eright to left\u202c",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "line\nline\ttab",
        "<script>alert(1)</script> {{7*7}} ${x} %s '; DROP TABLE",
        "Łukasz Ñandú-Øre",
    ],
)
def test_i_06_everything_else_is_kept_as_it_is(text):
    assert clean_text(text, field="narrative", limit=500) == unicodedata.normalize("NFC", text)


def test_letters_are_composed():
    assert clean_text("Perche\u0301", field="narrative", limit=20) == "Perch\u00e9"


def test_line_ends_become_one_kind():
    assert clean_text("a\r\nb\rc", field="narrative", limit=20) == "a\nb\nc"


@pytest.mark.parametrize("value", [None, 12, 1.5, True, ["a"], {"a": 1}, b"a"])
def test_what_is_no_text_is_refused(value):
    assert refusal(value) == "invalid_text"


def test_a_line_has_no_line_ends():
    assert clean_line(" a\r\nBcc: b\n\tc ", field="name") == "a Bcc: b c"


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text):
    try:
        once = clean_text(text, field="narrative", limit=100, required=False)
    except Refused:
        return
    assert clean_text(once, field="narrative", limit=100, required=False) == once
    once.encode()
    assert "\0" not in once
