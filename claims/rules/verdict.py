"""What a decision must satisfy: complete, within what was claimed, with reasons, agreeing with its outcome."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Collected, Refused
from claims.rules.money import cents
from claims.rules.remedies.damages import Finding

OUTCOMES = ("approved", "partly_approved", "rejected")


def check_findings(given, items, reasons):
    """One Finding for each of `items`. Raises one Refused with everything that is wrong, by item.

    Fields are named items.<position>.<name>; a reduced or rejected item needs a reason,
    one of the codes in `reasons`.
    """
    by_id = {item.pk: item for item in items}
    problems, findings, seen = Collected(), {}, set()
    for position, entry in enumerate(given):
        item = by_id.get(entry["id"])
        try:
            if item is None or entry["id"] in seen:
                raise Refused("unknown_item", _("This loss is not part of the claim."), field="id")
            seen.add(entry["id"])
            findings[item.pk] = check_finding(entry, item, reasons)
        except Refused as refused:
            problems.add(refused, field=f"items.{position}.{refused.field}")
    if set(by_id) - seen and not problems.errors:
        raise Refused("item_undecided", _("Decide every loss of the claim."), field="items")
    problems.raise_if_any()
    return [findings[item.pk] for item in items]


def check_finding(entry, item, reasons):
    awarded, share = entry["awarded"], entry.get("share") or Decimal(0)
    given = tuple(dict.fromkeys(entry.get("reasons") or ()))
    if not awarded.is_finite() or awarded < 0:
        raise Refused("invalid_amount", _("An award is zero or more."), field="awarded")
    if awarded > item.amount:
        raise Refused("over_claimed", _("An award cannot be more than what is claimed."), field="awarded")
    if awarded != cents(awarded):
        raise Refused("invalid_amount", _("An award has at most two decimals."), field="awarded")
    if not share.is_finite() or not 0 <= share <= 100 or share != cents(share):
        raise Refused(
            "invalid_share", _("The own share is between 0 and 100 per cent, with at most two decimals."), field="share"
        )
    if unknown := [code for code in given if code not in reasons]:
        raise Refused("unknown_reason", _("There is no reason “%(code)s”.") % {"code": unknown[0]}, field="reasons")
    finding = Finding(item.pk, item.head, item.amount, awarded, share, given)
    if finding.reduced < item.amount and not given:
        raise Refused("reason_required", _("Give at least one reason for what is not granted."), field="reasons")
    return finding


def check_outcome(outcome, findings, gifts=()):
    """approved = every item in full, rejected = nothing, partly_approved = between. Raises `outcome_mismatch`."""
    if outcome not in OUTCOMES:
        raise Refused("unknown_outcome", _("Choose approved, partly approved or rejected."), field="outcome")
    if outcome != (fitting := fitting_outcome(findings, gifts)):
        raise Refused(
            "outcome_mismatch",
            _("The amounts say “%(fitting)s”: correct the outcome or the amounts.")
            % {"fitting": OUTCOME_LABELS[fitting]},
            field="outcome",
        )


OUTCOME_LABELS = {
    "approved": _("approved"),
    "partly_approved": _("partly approved"),
    "rejected": _("rejected"),
}


def fitting_outcome(findings, gifts=()):
    """The outcome the amounts speak of; the own share and caps do not make a full award partial.

    Where the own share leaves nothing of any award, nothing was granted; something given beside money (`gifts`) is
    a part.
    """
    if all(finding.reduced == 0 for finding in findings):
        return "partly_approved" if gifts else "rejected"
    if all(finding.awarded == finding.claimed for finding in findings):
        return "approved"
    return "partly_approved"
