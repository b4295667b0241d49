"""What each check of the reviewer's checklist asks, for every claim and for kinds of loss."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from claims.rules.terms import HEADS

UNKNOWN = _("There is no such check for this claim.")
TWICE = _("This check is there twice.")
NOT_A_RESULT = _("Choose: in order, not in order, or does not apply.")
NEEDS_A_NOTE = _("Say why in a note.")
STILL_OPEN = _("The checklist is not complete: %(what)s.")


@dataclass(frozen=True)
class Asked:
    label: str
    help: str


CHECKS = {
    "standing": Asked(_("Whose account it is"), _("Is the claimant the owner of the account, and how is it proven?")),
    "outage": Asked(_("Outage"), _("Was this account out when each loss happened?")),
    "harm": Asked(_("Harm"), _("What was lost, and when? Do the documents show it, and its amount?")),
    "documents": Asked(_("Documents"), _("Is there a document for each kind of loss that wants one?")),
    "causation": Asked(_("Cause"), _("Did the outage cause it, or would it have happened anyway?")),
    "amount": Asked(_("Amount"), _("Is the sum right, and not over the tariff where there is one?")),
    "mitigation": Asked(_("Own part"), _("Could the claimant have avoided it, or made it smaller?")),
    "duplicates": Asked(_("Claimed twice"), _("Does anybody claim the same, or with the same file or IBAN?")),
    "waiver": Asked(_("Settled before"), _("Was a decision on the same remedy accepted before?")),
    "terms": Asked(_("Terms"), _("Was it filed in time? Is it within the limits of the terms?")),
    "fraud": Asked(_("Signs of fraud"), _("Is there anything that does not fit? A sign alone decides nothing.")),
    "tone": Asked(_("Words of the decision"), _("Will the claimant understand the reasons? Are they polite?")),
}
# What to look at for a kind of loss: (check, head) -> a further question.
FOR_HEAD = {
    ("harm", "missed_opportunity"): _("Missed opportunity: was there a real chance, not only a hope?"),
    ("harm", "late_payment"): _("Late payment: is the penalty or the interest on paper?"),
    ("harm", "lost_earnings"): _("Lost earnings: compare them with a usual week."),
    ("harm", "data_loss"): _("Data loss: is it known what was lost and that it cannot be had again?"),
    ("harm", "non_material"): _("Non-material harm: is it serious, and proven?"),
    ("causation", "missed_opportunity"): _("Missed opportunity: did the message fall within the outage?"),
    ("causation", "late_payment"): _("Late payment: did the bill arrive, and fall due, during the outage?"),
    ("mitigation", "extra_expense"): _("Extra expense: was there a cheaper way?"),
    ("mitigation", "late_payment"): _("Late payment: could the bill be seen elsewhere?"),
}


def questions_for(code, heads):
    """The further questions of a check for the kinds of loss of a claim."""
    return [FOR_HEAD[code, head] for head in HEADS if head in heads and (code, head) in FOR_HEAD]
