"""Where to pay: the claimant's bank details, until a payment is on its way to them."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle, notices, owing
from claims.actions.particulars import cleaned, sealed_bank_details
from claims.models import Payout
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.statuses import UNDECIDED, Status

OPEN_TO_DETAILS = (
    Status.DRAFT,
    *UNDECIDED,
    Status.APPROVED,
    Status.PARTLY_APPROVED,
    Status.PAYMENT_DUE,
    Status.PAYMENT_RETURNED,
)


def is_open_to_details(claim):
    """Whether something may still be paid: of a closed claim what came back after that, until it left once more."""
    if claim.state is Status.CLOSED:
        return claim.payouts.exclude(state__in=owing.OVER).exists()
    return claim.state in OPEN_TO_DETAILS


def waits_for_details(claim):
    """Whether money came back, and nobody has said since where to pay."""
    if claim.state is Status.CLOSED:
        return claim.payouts.filter(state=Payout.State.RETURNED).exists()
    return claim.state is Status.PAYMENT_RETURNED


@transaction.atomic
def give_bank_details(reference, *, by, iban, holder="", version=None):
    """Stores where to pay, sealed; after a payment that came back the claim is due to be paid again.

    Details in the place of others are told to the claimant at once, and nothing is paid to them for a while. The
    journal names who did it: they may not approve a payment to that account. Raises Refused: 403 `not_yours`,
    409 `wrong_state`, `payment_under_way` or `stale`, 422 for the IBAN.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_settle(by, claim))
    if not is_open_to_details(claim):
        raise Refused("wrong_state", _("There is nothing to pay into an account any more."), status=409)
    if not isinstance(iban, str) or not iban.strip():
        raise Refused("required", _("Write the IBAN."), field="iban")
    values = cleaned(
        {"iban": iban, "holder": holder or ""}, incident=claim.incident, terms=claim.terms.rules, now=timezone.now()
    )
    owing.take_back(claim)
    sealed = sealed_bank_details(claim.claimant, values, by=by, sealed=claim.bank_details)
    before, words, facts = claim.iban_hint, sealed["iban_hint"], {"changed": bool(claim.iban_hint)}
    came_back = claim.state in (Status.PAYMENT_RETURNED, Status.CLOSED)
    changed = before and not claim.is_draft and (came_back or sealed["iban_index"] != claim.iban_index)
    if changed:
        sealed["iban_changed_at"] = timezone.now()
    if claim.state is Status.PAYMENT_RETURNED:
        move = "new bank details"
        lifecycle.advance(claim, Status.PAYMENT_DUE, by=by, move=move, facts=facts, words=words, **sealed)
    else:
        lifecycle.touch(claim, by=by, action="bank details", facts=facts, words=words, **sealed)
    if changed:
        notices.post(
            "bank_details_changed", claim=claim, about=claim.version, context={"before": before, "after": words}
        )
    return claim
