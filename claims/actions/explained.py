"""A decision in words: what a letter says of each item and of the limits of the terms."""

from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.reports import wording
from claims.rules.appeals import window
from claims.rules.outage import ROME
from claims.rules.terms import HEADS


def awards(decision, reasons=None):
    """What was given for each item and why, in words; with `reasons`, its awards and their items were read already."""
    if decision is None:
        return []
    given = decision.awards.select_related("item") if reasons is None else decision.awards.all()
    reasons = wording.reasons_of(decision, given) if reasons is None else reasons
    return [
        {
            "head": HEADS[award.item.head],
            "description": award.item.description,
            "claimed": award.item.amount,
            "awarded": award.awarded,
            "share": award.share,
            "reduced": award.reduced,
            "reasons": [reasons[code].for_claimant for code in award.reasons],
        }
        for award in given
    ]


def benefits(decision):
    """What was given beside money."""
    return list(decision.benefits.all()) if decision else []


DEDUCTED = {
    "indemnity": _("Less the indemnity you were already granted for this outage"),
    "refund": _("Less the refund you were already granted for this outage"),
}


def deductions(decision):
    """What was taken off the total, by the remedy it was granted for before; [] where nothing was."""
    given = decision.assessment.get("deductions", ()) if decision else ()
    counted = [(DEDUCTED[each["remedy"]], Decimal(each["counted"])) for each in given]
    return [{"label": label, "counted": amount} for label, amount in counted if amount]


def appeal_until(decision):
    """The last day to appeal for somebody who is told today; None if there is no decision or no appeal any more."""
    if decision is None or decision.is_final:
        return None
    today, days = timezone.now().astimezone(ROME).date(), decision.claim.terms.rules.appeal_days
    return window(decision.effective_at.astimezone(ROME).date(), None, days, today=today, final=False).until


def caps(decision):
    """The kinds of loss for which the terms allow less than was found due."""
    lines = decision.assessment["lines"] if decision else ()
    return [
        {"head": HEADS[line["head"]], "gross": Decimal(line["gross"]), "net": Decimal(line["net"])}
        for line in lines
        if Decimal(line["net"]) < Decimal(line["gross"])
    ]
