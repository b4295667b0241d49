"""Words that only the staff read."""

from django.utils.translation import gettext_lazy as _

from claims.rules.statuses import LABELS, Status

# Code of a flag: (what the chip says, what to look at). A flag never decides by itself.
FLAGS = {
    "not_on_roster": (
        _("Not on the roster"),
        _("The account is not on the list of those affected. Read the claimant's explanation."),
    ),
    "late": (_("Late"), _("Filed after the last day. Read the reason that was given.")),
    "outside_outage": (
        _("Outside the outage"),
        _("At least one loss happened while the account was working. Harm may show later: ask how it is linked."),
    ),
    "virus_found": (
        _("Virus found later"),
        _("A document that had passed was withdrawn: a virus was found in it. See whether a decision rests on it."),
    ),
    "unanswered": (_("Unanswered"), _("A question to the claimant was not answered in time.")),
    "answered_late": (
        _("Answered late"),
        _("A question to the claimant was answered after the last day. Read the answer beside the documents."),
    ),
}
# The claimant reads "your answer"; for the staff it is the claimant's.
STATUSES = {
    **{status.value: label for status, label in LABELS.items()},
    Status.INFORMATION_REQUESTED.value: _("Waiting for the claimant"),
    Status.AWAITING_COUNTERSIGNATURE.value: _("To be signed"),
}
STATUS_TONES = {
    "submitted": "open",
    "appealed": "open",
    "in_review": "busy",
    "information_requested": "busy",
    "on_hold": "busy",
    "awaiting_countersignature": "attention",
    "approved": "good",
    "partly_approved": "good",
    "rejected": "bad",
}
