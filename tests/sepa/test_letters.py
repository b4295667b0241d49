"""The letters of the banks, IBANs, and the memory for what was seen."""

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from claims.rules.filing import SEPA
from claims.sepa import iban, letters
from claims.sepa.seen import Seen
from tests.sepa import files


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Niccolò Ünal-Şahin", "Niccolo Unal-Sahin"),
        ("Cafe\u0301", "Cafe"),
        ("\u1112\u1161\u11ab", "Han"),  # one syllable in three characters
        ("Straße Ærø", "Strasse Aero"),
        ("a & b_c @ 5 €", "a + b-c (at) 5 E"),
        ("[x] {y} “z” `q` a\\b|c;d~e", "(x) (y) 'z' 'q' a/b/c,d-e"),
        ("100% #1 <b>*!", "100. .1 .b..."),
        ("uno\n due\t\u00a0tre\u200b", "uno due tre"),
        ("… – —", "... - -"),
        ("😀 Anna ☃", "Anna"),
        ("\x00\ud800", ""),
        ("Ελένη", "Eleni"),
    ],
)
def test_text_is_brought_into_the_letters_of_the_banks(text, written):
    assert letters.plain(text, 140) == written


def test_text_is_cut_without_a_blank_at_its_end():
    assert letters.plain("abc def", 4) == "abc"


@given(st.text(max_size=200), st.integers(1, 140))
def test_no_text_leaves_other_letters_or_more_of_them(text, limit):
    written = letters.plain(text, limit)
    assert letters.ALLOWED.fullmatch(written)
    assert len(written) <= limit
    assert written == letters.plain(written, limit)


@given(st.sampled_from(sorted(SEPA)), st.randoms(use_true_random=False), st.data())
@settings(max_examples=300)
def test_an_iban_is_right_if_and_only_if_schwifty_says_so(country, source, data):
    text = str(IBAN.random(country, random=source, use_registry=False))
    assert iban.is_right(text)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.sampled_from("059AZaz ١А\n")) + text[place + data.draw(st.integers(0, 1)) :]
    try:
        strict = str(IBAN(changed)) == changed and changed[:2] in SEPA and changed.isascii()
    except SchwiftyException:
        strict = False
    assert iban.is_right(changed) == strict


@pytest.mark.parametrize("text", ["", "IT", "IT60", files.IBANS[0] * 2, *("XX" + own[2:] for own in files.IBANS)])
def test_what_is_no_iban_is_not_right(text):
    assert not iban.is_right(text)


def test_keys_are_known_again_also_after_growing():
    seen, numbers = Seen(), list(range(20_000))
    assert not any(seen.add(f"RST-{number}") for number in numbers)
    random.Random(1).shuffle(numbers)
    assert all(seen.add(f"RST-{number}") for number in numbers)
    assert not seen.add("another")
    assert sys.getsizeof(seen.slots) < 20_000 * 40


def test_keys_at_the_same_place_are_told_apart():
    class Odd(str):
        def __hash__(self):
            return 1024 * int(self)

    seen = Seen()
    assert [seen.add(Odd(number)) for number in (1, 2, 3, 1, 2, 3, 4)] == [False] * 3 + [True] * 3 + [False]
