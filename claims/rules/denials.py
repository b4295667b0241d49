"""Why somebody may not do a thing: the answers of permissions.py that are a no."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Denied:
    """A no with its reason; false, so that `if may_decide(…)` reads as it should."""

    code: str
    message: str

    def __bool__(self):
        return False


OWN_CLAIM = Denied("own_claim", _("You may not work on a claim of your own."))
FOUR_EYES = Denied("four_eyes", _("A second person must do this: you decided it yourself."))
NOT_ASSIGNEE = Denied("not_assignee", _("Only the reviewer who took this claim may do this. Take it first."))
NOT_DECIDER = Denied("not_decider", _("Only the reviewer who decided this may take the decision back."))
EARLIER_HAND = Denied(
    "decided_before", _("Somebody else must do this: you decided or signed this claim in an earlier round.")
)
SAME_HOUSEHOLD = Denied(
    "same_household", _("Nobody works on a claim whose claimant or account they share an e-mail address with.")
)
SAME_ACCOUNT = Denied("same_iban", _("Nobody works on a claim for the bank account that a claim of their own names."))
NOT_YOURS = Denied("not_yours", _("Only the claimant, or the operator who filed the claim, may do this."))
OWNER_ONLY = Denied("not_yours", _("Only the claimant may do this."))
OTHER_MANAGER = Denied("four_eyes", _("A second person must do this: you proposed it yourself."))
OWN_PAYMENT = Denied("own_payment", _("Somebody else must do this: it would pay an account of yours."))
OWN_ACCOUNT = Denied("own_payment", _("Somebody else must do this: it is about an account of yours."))
OWN_NOTICE = Denied("own_notice", _("This notice is to you. Ask a colleague to send it again."))
OWN_ROLES = Denied("own_roles", _("Nobody changes their own roles. Ask another administrator."))
OWN_BATCH = Denied("four_eyes", _("A second manager must approve this: you opened the batch yourself."))
OWN_CANCELLATION = Denied("four_eyes", _("A second manager must confirm this: you asked for it yourself."))
CONCERNED = Denied(
    "own_payment", _("Somebody else must approve this: a payment in it is to you, or to an account that you named.")
)
OWN_FILE = Denied("four_eyes", _("A second manager must approve this: you opened the file yourself."))
OWN_AWARD = Denied("own_award", _("Somebody else must approve this: something in it is given to you."))
WRONG_ROLE = Denied("wrong_role", _("Your role does not allow this."))
