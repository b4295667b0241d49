"""What may stand in a SEPA message: the Latin letters that every bank accepts, and how other text becomes such.

Sources: EPC132-08 (SEPA credit transfer, customer to bank, implementation guidelines), character set and reference
numbers; EPC217-08 (best practices for an extended character set) for what takes the place of €, &, _, @ and brackets.
"""

import re
import unicodedata

from anyascii import anyascii

NOT_PROVIDED = "NOTPROVIDED"  # the EPC's word where a value is required and there is none
ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
REFERENCE = re.compile(r"(?![/ ])(?!.*(?://|  ))[A-Za-z0-9/\-?:().,'+ ]{1,35}(?<![/ ])")
INSTEAD = {"€": "E", "@": "(at)", "&": "+", "_": "-"}
INSTEAD |= dict(zip('[]{}"`\\|~;', "()()''//-,", strict=True))


class Letters(dict):
    """For str.translate(): the allowed letters for any character, found once."""

    def __missing__(self, code):
        self[code] = found = "".join(map(self.letter, self.latin(chr(code))))
        return found

    @staticmethod
    def latin(letter):
        kind = unicodedata.category(letter)
        if kind[0] in "CZ":  # blanks, line ends, what cannot be seen
            return " "
        if kind == "So":  # pictures
            return ""
        return INSTEAD.get(letter) or anyascii(letter)

    @staticmethod
    def letter(letter):
        return letter if ALLOWED.fullmatch(letter) else INSTEAD.get(letter, ".")


LETTERS = Letters()


def plain(text, limit):
    """`text` in allowed letters on one line, cut to `limit`: “Łukasz Ñandú & C.” becomes “Lukasz Nandu + C.”.

    Pictures (emoji, symbols) are dropped. "" if nothing is left.
    """
    if not ALLOWED.fullmatch(text):
        text = unicodedata.normalize("NFC", text).translate(LETTERS)
    return " ".join(text.split())[:limit].rstrip()


def is_reference(text):
    """True for a number that comes back from every bank as it was: no slash or blank at an end nor two in a row."""
    return isinstance(text, str) and bool(REFERENCE.fullmatch(text))
