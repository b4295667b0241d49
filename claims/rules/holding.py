"""How long a claim may be put on hold or its deadline be prolonged, and why."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from claims.rules.errors import Refused

HOLD_REASONS = {
    "court": _("A court or an authority decides first"),
    "expert": _("An expert was asked"),
    "third_party": _("Somebody else must answer first"),
    "workload": _("Set aside for a while"),
}
OWN_WORDS = "workload"  # what is said in other words than these never stops the clock
# Why a deadline may be prolonged: what the ledger names as its basis, in words for both sides.
EXTENSION_REASONS = {
    "complex_case": _("The case is unusually complex and needs more time than usual"),
    "new_evidence": _("Important documents arrived late and must be examined"),
    "agreed": _("The claimant agreed to a later date"),
    "force_majeure": _("Something outside anybody's control stopped the work"),
}
MOST_EXTENSION = 90  # days at once


def hold_reason(text):
    """(code, words): a reason of the list, or one's own words, which count as setting the claim aside."""
    code = text.strip()
    if code in HOLD_REASONS:
        return code, ""
    if not code:
        raise Refused("required", _("Say why the claim has to wait."), field="reason")
    return OWN_WORDS, code


def check_until(until, *, today, most):
    """A hold ends on a day to come, at most `most` days ahead."""
    if until <= today:
        raise Refused("until_too_early", _("Choose a day after today."), field="until")
    if until > today + timedelta(days=most):
        raise Refused(
            "until_too_late", _("A claim may be on hold for at most %(days)d days.") % {"days": most}, "until"
        )


def check_extension(days, basis):
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_EXTENSION:
        message = _("Prolong by 1 to %(most)d days.") % {"most": MOST_EXTENSION}
        raise Refused("invalid_days", message, field="days")
    if basis not in EXTENSION_REASONS:
        raise Refused("unknown_basis", _("Choose on what the extension rests."), field="basis")


def basis_label(basis):
    """What a line of the ledger rests on, in words for both sides."""
    kind, _colon, detail = basis.partition(":")
    if kind == "hold":
        return HOLD_REASONS.get(detail, basis)
    if kind == "extension":
        return EXTENSION_REASONS.get(detail, basis)
    return BASES.get(kind, basis)


BASES = {
    "decision": _("Time to decide a claim"),
    "appeal": _("Time to decide an appeal"),
    "reopen": _("Time to decide a claim that was opened again"),
    "information_request": _("We wait for an answer of the claimant"),
    "end_of_hold": _("The hold is over"),
}
