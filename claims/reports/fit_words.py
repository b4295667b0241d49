"""What does not fit the outage, as sentences; and the words for dated facts."""

from datetime import datetime

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from claims.rules.fit import ROME_ASSUMED, UTC_ASSUMED
from claims.rules.outage import ROME
from claims.rules.terms import HEADS
from evidence.findings import DATES, zone_name

FACTS = {
    **DATES,
    "loss": _("Harm, as told"),
    "submitted": _("Claim filed"),
    "restored": _("Service declared restored"),
}
ASSUMED = {
    ROME_ASSUMED: _("no zone: Europe/Rome assumed"),
    UTC_ASSUMED: _("no zone: UTC assumed"),
}
CODES = {
    "no_overlap": _("Outside the outage"),
    "after_restoration": _("After the service was restored"),
    "edited_after": _("Changed afterwards"),
    "other_account": _("Another account"),
}


def fact_name(fact):
    name = FACTS.get(fact.what, fact.what)
    return f"{name}: {HEADS[fact.head]}" if fact.head in HEADS else str(name)


def zone_of(fact):
    """The zone a fact names, or what was assumed for want of one; "" for our own clock."""
    return str(ASSUMED[fact.assumed]) if fact.assumed else zone_name(fact.zone)


def sentence(flag):
    """A flag (as JSON) in the language that is active; the document itself is named beside it."""
    return SENTENCES[flag["code"]](flag)


def say_no_overlap(flag):
    side = {
        "before": _now("%(what)s: %(long)s before the outage of this account (%(at)s)."),
        "after": _now("%(what)s: between two outages of this account, %(long)s after the earlier one (%(at)s)."),
    }[flag["side"]]
    return side % {"what": subject(flag), "long": long(flag["minutes"]), "at": moment(flag["at"])}


def say_after_restoration(flag):
    text = _now("%(what)s: %(long)s after the service was restored for this account (%(at)s).")
    return text % {"what": subject(flag), "long": long(flag["minutes"]), "at": moment(flag["at"])}


def say_edited_after(flag):
    text = {
        "claim": _now("%(what)s: %(long)s after the claim was filed (%(at)s)."),
        "itself": _now("%(what)s: %(long)s after it was made (%(at)s)."),
    }[flag["than"]]
    what = FACTS.get(flag["what"], flag["what"])
    return text % {"what": what, "long": long(flag["minutes"]), "at": moment(flag["at"])}


def say_other_account(flag):
    text = _now("This mail names neither the account nor the claimant, but %(addresses)s.")
    return text % {"addresses": ", ".join(flag["addresses"])}


SENTENCES = {
    "no_overlap": say_no_overlap,
    "after_restoration": say_after_restoration,
    "edited_after": say_edited_after,
    "other_account": say_other_account,
}


def subject(flag):
    return HEADS[flag["head"]] if flag["head"] in HEADS else _("What this document shows")


def moment(text):
    """Date and time in Rome."""
    at = datetime.fromisoformat(text).astimezone(ROME)
    return f"{date_format(at, pgettext('date format', 'j M Y'))} {at:%H:%M}"


def long(minutes):
    """3 days, 5 hours or 40 minutes: what matters of a length."""
    for size, words in (
        (1440, lambda n: ngettext("%(n)s day", "%(n)s days", n)),
        (60, lambda n: ngettext("%(n)s hour", "%(n)s hours", n)),
        (1, lambda n: ngettext("%(n)s minute", "%(n)s minutes", n)),
    ):
        if minutes >= size or size == 1:
            count = minutes // size
            return words(count) % {"n": number_format(count, use_l10n=True, force_grouping=True)}
    return ""
