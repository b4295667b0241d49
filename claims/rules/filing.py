"""What a claim must hold before it can be submitted, and what an item must look like."""

import re
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from claims.rules.errors import Collected, Refused
from claims.rules.outage import overlaps
from claims.rules.terms import HEADS, WITHOUT_EVIDENCE
from claims.rules.text import clean_line

LOGIN = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")
# Countries of the Single Euro Payments Area (European Payments Council, EPC409-09, 2025), as in an IBAN.
SEPA = frozenset(
    """
    AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS
    SE SI SK SM VA
    """.split()  # noqa: SIM905 (a list of words is read more easily)
)


def clean_login(text):
    """An account name in lower case. Raises Refused `invalid_login`."""
    login = clean_line(text, field="login", limit=254).lower()
    if not LOGIN.fullmatch(login):
        raise Refused("invalid_login", _("Write the whole address of the account, such as name@example.it."), "login")
    return login


def clean_head(head, *, field="head"):
    if head not in HEADS:
        raise Refused("unknown_head", _("Choose one of the kinds of loss."), field=field)
    return head


def check_occurred(moment, *, now, incident_start, field="occurred_at"):
    """A harm lies between the start of the outage and now (UTC). After the outage is allowed: it may show later."""
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise Refused("invalid_time", _("Give a date and a time with its zone."), field=field)
    if moment > now:
        raise Refused("invalid_time", _("This lies in the future. When did it happen?"), field=field)
    if moment < incident_start:
        raise Refused("outside_window", _("This lies before the outage began."), field=field)
    return moment


def clean_iban(text, *, field="iban"):
    """The IBAN without blanks in capitals. Raises Refused `iban_format`, `iban_country`, `iban_checksum`."""
    compact = clean_line(text, field=field, limit=64).replace(" ", "")
    compact = compact.upper() if compact.isascii() else ""  # letters of other alphabets have capitals like ours
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", compact, re.ASCII):
        raise Refused("iban_format", _("Write the IBAN as on your statement: IT and 25 letters and digits."), field)
    if compact[:2] not in SEPA:
        raise Refused("iban_country", _("We can pay only into accounts of the euro payments area (SEPA)."), field)
    try:
        IBAN(compact)
    except SchwiftyException as error:
        raise Refused("iban_checksum", _("This IBAN is not right. Compare it with your statement."), field) from error
    return compact


def check_complete(claim, *, items, proven_items, loose_documents):
    """Raises one Refused `incomplete` naming everything that is missing before a claim can be submitted.

    `proven_items` are the ids of items with a document of their own; documents without an item
    (`loose_documents`, a count) count for all.
    """
    missing = Collected()
    if not claim.narrative:
        missing.add(Refused("required", _("Tell what happened."), field="narrative"))
    if claim.customer_id is None and not claim.login_explanation:
        missing.add(
            Refused(
                "required",
                _("This account is not on the list of those affected. Explain why the outage reached you."),
                field="login_explanation",
            )
        )
    if not items:
        missing.add(Refused("required", _("Add at least one loss."), field="items"))
    unproven = [item for item in items if item.head not in WITHOUT_EVIDENCE and item.pk not in proven_items]
    if unproven and not loose_documents:
        missing.add(
            Refused(
                "evidence_required",
                _("Attach at least one document for: %(heads)s.")
                % {"heads": ", ".join(dict.fromkeys(str(HEADS[item.head]) for item in unproven))},
                field="evidence",
            )
        )
    missing.raise_if_any()


def flags_of(items, *, on_roster, outage, late):
    """What a reviewer should look at first, as codes; never decides by itself."""
    flags = []
    if not on_roster:
        flags.append("not_on_roster")
    if late:
        flags.append("late")
    if any(not overlaps(item.occurred_at, outage) for item in items):
        flags.append("outside_outage")
    return flags
