"""What the words of a letter may be: its kinds, and the names in braces that each letter fills in."""

import re

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused

KINDS = {
    "approved": _("Approved in full"),
    "partly_approved": _("Approved in part"),
    "rejected": _("Rejected"),
}
LANGUAGES = {"it": _("Italian"), "en": _("English")}
PLACEHOLDERS = {
    "name": _("the claimant's name"),
    "reference": _("the reference of the claim"),
    "incident": _("the title of the outage"),
    "login": _("the affected account"),
    "submitted": _("the day on which the claim was submitted"),
    "claimed": _("what was claimed, in euro"),
    "net": _("what the claimant gets, in euro"),
}
LONGEST = 5_000
IN_BRACES = re.compile(r"\{([^{}\n]*)\}")


def language_of(wanted):
    """The language of a letter to somebody who reads the site in `wanted`."""
    return "en" if str(wanted).startswith("en") else "it"


def check_placeholders(text, *, field):
    """Raises Refused `unknown_placeholder` for a name in braces that no letter knows."""
    for name in IN_BRACES.findall(text):
        if name not in PLACEHOLDERS:
            raise Refused(
                "unknown_placeholder",
                _("No letter knows {%(name)s}. Use one of: %(known)s.")
                % {"name": name, "known": ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)},
                field=field,
            )


def filled_in(text, values):
    """`text` with each name in braces replaced by its value; what it does not know stays as it is."""
    return IN_BRACES.sub(lambda found: values.get(found[1], found[0]), text)


def spaced(code):
    """A verification code as it is printed: four groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
