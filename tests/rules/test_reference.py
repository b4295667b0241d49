"""References that people read out on the telephone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules.reference import ALPHABET, new_reference, normalise


def test_a_reference_has_no_character_that_is_mistaken_for_another():
    assert not set("01ILO5SBUAEYZ") & set(ALPHABET)
    assert len(set(ALPHABET)) == 20


@given(st.integers(0, 9), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(position, character):
    reference = new_reference()
    position += position >= 5  # not the hyphen
    changed = reference[:position] + character + reference[position + 1 :]
    assert normalise(changed) == (reference if changed == reference else None)


def test_all_190_single_wrong_characters_of_one_reference_are_found():
    reference = new_reference()
    places = [place for place in range(11) if place != 5]
    wrong = [reference[:at] + c + reference[at + 1 :] for at in places for c in ALPHABET if c != reference[at]]
    assert len(wrong) == 190
    assert {normalise(each) for each in wrong} == {None}


def test_a_reference_is_known_however_it_is_typed():
    reference = new_reference()
    for typed in (reference.lower(), reference.replace("-", ""), f" {reference.replace('-', ' ')} ", reference.lower()):
        assert normalise(typed) == reference


@pytest.mark.parametrize(
    "text", ["", "-", "../", "%00", "\0", "x" * 5000, "АВСЕН-РТХКМ", "4F7GH", "😀" * 10, "4F7GH-9HQ2X" * 2]
)
def test_i_09_what_is_no_reference_is_none(text):
    assert normalise(text) is None


@given(st.text(max_size=30))
def test_no_text_breaks_it(text):
    found = normalise(text)
    assert found is None or normalise(found) == found


def test_references_differ():
    assert len({new_reference() for _ in range(2000)}) == 2000
