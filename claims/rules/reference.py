"""Claim references people can read out on the telephone: 5-5 characters, none alike, the last a check.

No vowels, so no words; no 0 O 1 I L, no B 8 S 5 pairs left to chance: 20 characters in all.
"""

import secrets

ALPHABET = "2346789CFGHJKMPQRTVX"
LENGTH = 10


def new_reference():
    """A fresh reference such as "4F7GH-9HQ2X": 20^9 possibilities (about 5e11)."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return pretty(body + check_character(body))


def normalise(text):
    """The reference in `text` as it is stored, or None if it cannot be one (wrong check character too)."""
    body = "".join(character for character in text.upper() if character not in "- ")
    if len(text) > 2 * LENGTH or len(body) != LENGTH or any(c not in ALPHABET for c in body):
        return None
    return pretty(body) if body[-1] == check_character(body[:-1]) else None


def check_character(body):
    """Luhn's algorithm to base 20: finds every single wrong character and nearly all swaps."""
    base, total, factor = len(ALPHABET), 0, 2
    for character in reversed(body):
        addend = factor * ALPHABET.index(character)
        total += addend // base + addend % base
        factor = 3 - factor
    return ALPHABET[-total % base]


def pretty(body):
    return f"{body[:5]}-{body[5:]}"
