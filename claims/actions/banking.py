"""Where to pay: the claimant's bank details, as long as nothing was paid."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle
from claims.actions.particulars import cleaned, sealed_bank_details
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


@transaction.atomic
def give_bank_details(reference, *, by, iban, holder="", version=None):
    """Stores where to pay, sealed; after a payment that came back the claim is due to be paid again.

    The journal names who did it: they may not approve a payment to that account. Raises Refused: 403 `not_yours`,
    409 `wrong_state` or `stale`, 422 for the IBAN.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_settle(by, claim))
    if claim.state not in OPEN_TO_DETAILS:
        raise Refused("wrong_state", _("There is nothing to pay into an account any more."), status=409)
    if not isinstance(iban, str) or not iban.strip():
        raise Refused("required", _("Write the IBAN."), field="iban")
    values = cleaned(
        {"iban": iban, "holder": holder or ""}, incident=claim.incident, terms=claim.terms.rules, now=timezone.now()
    )
    sealed = sealed_bank_details(claim.claimant, values, sealed=claim.bank_details)
    facts = {"changed": bool(claim.iban_hint)}
    if claim.state is Status.PAYMENT_RETURNED:
        return lifecycle.advance(
            claim,
            Status.PAYMENT_DUE,
            by=by,
            move="new bank details",
            facts=facts,
            words=sealed["iban_hint"],
            **sealed,
        )
    return lifecycle.touch(claim, by=by, action="bank details", facts=facts, words=sealed["iban_hint"], **sealed)
