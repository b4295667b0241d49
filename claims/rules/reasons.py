"""Why an item was refused, reduced or granted: the codes a reviewer picks and what the claimant reads."""

from django.utils.translation import gettext_lazy as _

REASONS = {
    "not_on_roster": _("The account is not among those affected by this outage."),
    "outside_outage": _("What you describe happened while your account was working."),
    "below_minimum": _("The outage of your account was shorter than the minimum of the terms."),
    "no_evidence": _("No document shows this loss."),
    "evidence_unreadable": _("The document could not be read."),
    "no_causation": _("The documents do not show that the outage caused this loss."),
    "loss_not_proven": _("The documents do not show that this loss happened, or how high it was."),
    "chance_too_remote": _("The opportunity you lost was not concrete enough."),
    "not_serious": _("The harm is not serious enough to be compensated in money."),
    "already_compensated": _("This loss was already compensated."),
    "own_contribution": _("Part of the loss was in your own hands."),
    "above_cap": _("The amount is above the limit of the terms."),
    "avoidable": _("The loss could have been avoided with ordinary care."),
    "duplicate_claim": _("The same loss is already part of another claim."),
    "late": _("The claim was filed after the last day."),
    "outside_terms": _("The terms of this outage do not cover this kind of loss."),
    "withdrawn_item": _("You withdrew this item."),
    "accepted_in_full": _("The loss is proven and granted in full."),
    "accepted_equitably": _("The loss is proven; its amount was estimated fairly."),
}
