"""What a letter says, worked out once when its decision takes effect: from then on nothing is looked up any more."""

import re
from decimal import Decimal

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from claims.actions import explained
from claims.reports import wording
from claims.rules.deadlines import due_date
from claims.rules.letters import filled_in, spaced
from claims.rules.outage import ROME
from claims.rules.terms import HEADS

DESCRIPTION = 400  # characters of a loss; the case has all of it


def content_of(decision, text, *, code):
    """Everything the page shows, as JSON, in the language of `text`."""
    with translation.override(text.language):
        claim, made = decision.claim, decision.effective_at
        values = values_of(claim, decision)
        return {
            "language": text.language,
            "code": spaced(code),
            "verify": f"{settings.SITE_URL}/verify/?code={code}",
            "verify_shown": f"{settings.SITE_URL.partition('://')[2]}/verify/",
            "made": [made.year, made.month, made.day, made.hour, made.minute, made.second],
            "date": day(made),
            "sender": "Ristoro",
            "title": _("The decision on your claim %(reference)s") % values,
            "subject": str(claim.incident),
            "incident": str(claim.incident),
            "reference": claim.reference,
            "person": str(claim.claimant),
            "login": claim.login,
            "outcome": decision.get_outcome_display(),
            "net": euro(decision.net),
            "granted": decision.total > 0,
            "benefits": [str(benefit) for benefit in decision.benefits.all()],
            "opening": filled_in(text.opening, values),
            "closing": filled_in(text.closing, values),
            "items": [item_of(award) for award in explained.awards(decision)],
            "sums": sums_of(decision),
            "note": re.sub(r"\n\s*\n", "\n\n", decision.note),
            "appeal": appeal_of(claim, decision),
            "words": words(),
        }


def values_of(claim, decision):
    """What the names in braces stand for."""
    return {
        "name": str(claim.claimant),
        "reference": claim.reference,
        "incident": str(claim.incident),
        "login": claim.login,
        "submitted": day(claim.submitted_at or claim.created_at),
        "claimed": euro(claim.claimed),
        "net": euro(decision.net),
    }


def item_of(award):
    share = formats.localize(award["share"].normalize() + 0)
    return {
        "head": str(award["head"]),
        "description": re.sub(r"\n\s*", "\n", Truncator(award["description"]).chars(DESCRIPTION)),
        "claimed": euro(award["claimed"]),
        "awarded": euro(award["awarded"]),
        "reduced": euro(award["reduced"]),
        "share": pgettext("to the claimant", "own share %(share)s %%") % {"share": share} if award["share"] else "",
        "reasons": [str(reason) for reason in award["reasons"]],
    }


def sums_of(decision):
    """The steps from the awards to the amount, as everybody is shown them."""
    steps = [step_of(line) for line in decision.assessment["lines"]]
    reasons = wording.reasons_of(decision)
    why = " ".join(reasons[code].for_claimant for code in decision.assessment.get("reasons", ()))
    steps.append({"label": _("Together"), "note": why, "amount": euro(decision.total)})
    off = explained.deductions(decision)
    return steps + [{"label": str(each["label"]), "note": "", "amount": f"−{euro(each['counted'])}"} for each in off]


def step_of(line):
    gross, net = Decimal(line["gross"]), Decimal(line["net"])
    note = ""
    if net < gross:
        note = _("%(gross)s, at most %(cap)s by the terms") % {"gross": euro(gross), "cap": euro(net)}
    return {"label": str(HEADS.get(line["head"], line["head"])), "note": note, "amount": euro(net)}


def appeal_of(claim, decision):
    """How to appeal, or that there is nothing more to appeal to here."""
    if decision.is_final:
        return _(
            "This is our final decision: you asked for a second look, and somebody else has looked. You may still turn"
            " to a conciliation body or to the court."
        )
    rules = claim.terms.rules
    until = due_date(decision.effective_at.astimezone(ROME).date(), rules.appeal_days)
    first = _(
        "You may ask for a second look until %(until)s, once and without cost. Open your case on our site, choose"
        " “Appeal”, say what is wrong and add documents if you have new ones. Somebody else will decide."
    ) % {"until": formats.date_format(until, "j F Y")}
    worse = "" if rules.appeal_may_worsen else _("The new decision will not be worse for you than this one.")
    last = _("You may also turn to a conciliation body or to the court.")
    return "\n\n".join(part for part in (f"{first} {worse}".strip(), last) if part)


def words():
    """The fixed words of the page."""
    return {
        "page": _("Page"),
        "you_get": _("You get"),
        "losses": _("What you claimed and what we grant"),
        "loss": _("Loss"),
        "claimed": _("Claimed"),
        "awarded": _("Granted"),
        "reduced": pgettext("to the claimant", "After own share"),
        "arithmetic": _("How the amount comes about"),
        "step": _("Step"),
        "amount": _("Amount"),
        "why": _("Our reasons"),
        "appeal": _("If you do not agree"),
        "qr": _("QR code: the address at which this letter is checked"),
        "genuine": _("Is this letter genuine?"),
        "check": _("Scan the code or type it here:"),
        "replaced": _("□ stands for a character that cannot be printed. Your case on our site shows it."),
    }


def euro(amount):
    return f"{formats.number_format(amount, 2, use_l10n=True, force_grouping=True)}\u00a0€"


def day(moment):
    return formats.date_format(timezone.localtime(moment, ROME).date(), "j F Y")
