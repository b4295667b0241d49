"""Text from outside: what may reach the database. Forms, API, files and commands all pass here."""

import unicodedata

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused

NARRATIVE = 20_000  # characters
DESCRIPTION = 2_000
NOTE = 5_000
LINE = 200


def clean_text(text, *, field, limit, required=True):
    """`text` in Unicode NFC without blanks around it.

    Raises Refused `invalid_characters` (NUL, lone surrogate, control character), `too_long`,
    `required`. Emoji and right-to-left text are kept as they are.
    """
    if not isinstance(text, str):
        raise Refused("invalid_text", _("Write text here."), field=field)
    if len(text) > limit * 4:  # before normalising, which is slow on hostile input
        raise Refused("too_long", _("Write at most %(limit)d characters.") % {"limit": limit}, field=field)
    if any(is_forbidden(character) for character in text):
        raise Refused(
            "invalid_characters", _("The text contains characters that cannot be stored. Type it again."), field=field
        )
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if required and not text:
        raise Refused("required", _("Fill in this field."), field=field)
    if len(text) > limit:
        raise Refused("too_long", _("Write at most %(limit)d characters.") % {"limit": limit}, field=field)
    return text


def clean_line(text, *, field, limit=LINE, required=True):
    """As clean_text(), on one line."""
    return " ".join(clean_text(text, field=field, limit=limit, required=required).split())


def is_forbidden(character):
    return "\ud800" <= character <= "\udfff" or (character < " " and character not in "\n\r\t") or character == "\x7f"
