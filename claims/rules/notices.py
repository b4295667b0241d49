"""What each kind of notice tells, in a line that gives nothing of the case away."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "sign_in": _("A code or a message about signing in"),
    "claim_submitted": _("We received a claim"),
    "claim_decided": _("We decided a claim"),
    "claim_withdrawn": _("A claim was withdrawn"),
    "information_requested": _("We ask for something about a claim, to be answered on the case page"),
    "information_reminder": _("A reminder of what we asked about a claim"),
    "information_not_needed": _("What we asked about a claim is no longer needed"),
    "message_received": _("The review office wrote about a claim"),
    "appeal_received": _("We received an appeal"),
    "claim_accepted": _("A decision was accepted"),
    "claim_reopened": _("We look at a claim again"),
    "draft_restored": _("A draft is open again"),
    "claim_paid": _("We paid a claim"),
    "payment_returned": _("A payment came back; other bank details are given on the case page only"),
    "award_given": _("What was granted beside money was given; the code of a voucher is shown on the case page only"),
    "bank_details_changed": _("The bank details of a claim were changed"),
    "bank_details_needed": _("We ask for bank details, to be given on the case page only"),
    "deadline_extended": _("The time to decide a claim was prolonged"),
    "documents_failed": _("Documents of a claim could not be accepted or read"),
    "document_withdrawn": _("A document of a claim was withdrawn, because a virus was found in it"),
    "virus_found": _("A warning to our staff about a document"),
    "indemnity_granted": _("An indemnity was granted to everybody who was affected"),
    "refund_granted": _("A part of the fee is given back to everybody who was affected"),
    "account_details_changed": _("The bank details of an account were changed"),
    "account_details_needed": _("We ask once more for bank details, to be given after signing in only"),
    "run_payment_returned": _("A payment came back; other bank details are given after signing in only"),
    "decision_due": _("A reminder to one of our reviewers"),
    "escalation": _("A list for one of our supervisors"),
}
# What a person who calls our mails unwanted can do without: it tells of an act of their own, or tells a thing again.
CAN_BE_SPARED = {
    "claim_withdrawn",
    "claim_accepted",
    "information_reminder",
    "information_not_needed",
    "draft_restored",
}
OTHER = _("A message about a claim")


def told_by(kind):
    """What a notice of this kind tells."""
    return KINDS.get(kind, OTHER)
