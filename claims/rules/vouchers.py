"""Voucher codes: what a good one looks like, and how one is made that people can copy and nobody can guess."""

import secrets
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused
from claims.rules.reference import ALPHABET, check_character

LENGTH = 16  # 15 letters of 20 are 64 bits; the last one finds a slip of the pen
SHORTEST, LONGEST = 12, 40
DIGITS_ONLY = 16  # characters that a code of digits needs at least
LEAST_LETTERS = 5  # different ones in a code
LEAST_VARYING = 8  # characters in which the codes of a file differ
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")
MOST_ERRORS = 20


def new_code():
    """A fresh code such as 4F7G-H9HQ-2XKM-PQR7: no vowels, no letters that look alike, the last one a check."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    body += check_character(body)
    return "-".join(body[start : start + 4] for start in range(0, LENGTH, 4))


def sameness(code):
    """What two codes have in common if a person could take one for the other."""
    return code.replace("-", "").upper()


def hint_of(code):
    """The last four letters: all that staff see."""
    return sameness(code)[-4:]


def check_code(code):
    """Raises Refused `wrong_letters`, `too_short`, `too_long` or `guessable`."""
    bare = sameness(code)
    if not set(code) <= LETTERS:
        raise Refused("wrong_letters", _("only letters without accents, digits and dashes"))
    if len(code) > LONGEST:
        raise Refused("too_long", _("at most %(most)d characters") % {"most": LONGEST})
    if len(bare) < (DIGITS_ONLY if bare.isdigit() else SHORTEST):
        least = DIGITS_ONLY if bare.isdigit() else SHORTEST
        raise Refused("too_short", _("too short to be safe: at least %(least)d characters") % {"least": least})
    if len(set(bare)) < LEAST_LETTERS:
        raise Refused("guessable", _("easy to guess: too few different characters"))


def read_codes(lines):
    """The codes in `lines`, the first cell of each; blank lines and a heading “code” are passed over.

    Raises one Refused with what is wrong, line by line, or `guessable` if the codes are a series.
    """
    seen, problems = {}, []
    for number, line in enumerate(lines, 1):
        code = line.replace(";", ",").split(",")[0].strip().strip('"').strip()
        if not code or (number == 1 and code.lower() == "code"):
            continue
        try:
            check_code(code)
            if first := seen.get(sameness(code)):
                raise Refused("duplicate", _("the same as line %(first)d") % {"first": first[0]})
            seen[sameness(code)] = (number, code)
        except Refused as refused:
            problems.append((number, refused.code, refused.message))
            if len(problems) == MOST_ERRORS:
                break
    if problems:
        raise wrong(problems)
    if not seen:
        raise Refused("empty", _("There is no code in this file."), field="file")
    check_series(seen)
    return [code for _number, code in seen.values()]


def wrong(problems):
    errors = [("file", code, _("Line %(line)d: %(why)s.") % {"line": at, "why": why}) for at, code, why in problems]
    return Refused(errors[0][1], errors[0][2], field="file", errors=errors)


def check_series(seen):
    """Who holds one code must not be able to tell the next: neither by counting nor by trying a few letters."""
    ordered = sorted(seen, key=lambda bare: (len(bare), bare))
    for before, after in pairwise(ordered):
        if len(before) == len(after) and int(after, 36) - int(before, 36) == 1:
            raise wrong([(seen[after][0], "guessable", _("easy to guess: another line counts up to it"))])
    varying = sum(len(set(column)) > 1 for column in zip(*ordered, strict=False))
    if len(ordered) > 2 and varying < LEAST_VARYING:
        raise Refused("guessable", _("The codes are too much alike: who holds one could guess another."), field="file")
