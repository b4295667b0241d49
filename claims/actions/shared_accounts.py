"""Bank accounts that several people name: somebody looks at them before anything is paid, and puts a name to it."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from claims.actions import journal
from claims.models import Claim, SharedAccount
from claims.reports import owed
from claims.rules import denials, permissions
from claims.rules.errors import Refused
from claims.rules.text import NOTE, clean_text


@transaction.atomic
def clear_account(index, *, by, reason):
    """A manager says that an account may be paid into although several name it, as many as there are now.

    Raises Refused: 403 `wrong_role` or `own_payment`, 404 `not_found`, 422 without a reason.
    """
    permissions.require(permissions.may_pay(by))
    names = owed.names_of(index) if index else []
    if not names:
        raise Refused("not_found", _("Nobody names this account."), status=404)
    if f"p{by.pk}" in names or Claim.objects.filter(iban_index=index, iban_given_by=by).exists():
        permissions.require(denials.CONCERNED)
    return say(index, len(names), by=by, reason=clean_text(reason, field="reason", limit=NOTE))


def say(index, names, *, by, reason):
    said = SharedAccount.objects.create(iban_index=index, claimants=names, by=by, reason=reason)
    journal.record(f"account:{index[:16]}", "clear", by=by, facts={"claimants": names, "said": said.pk})
    return said


def acknowledge(batch, *, by, reason):
    """Whoever approves a locked batch says why it may pay into the accounts that too many name; how many there are.

    Raises Refused 409 `shared_accounts` as long as there is no such word: they are excluded, or answered for.
    """
    found = owed.shared_in(batch)
    if found and not (isinstance(reason, str) and reason.strip()):
        raise Refused(
            "shared_accounts",
            _("Bank accounts that several people name: %(count)d. Take them out, or say why they are right.")
            % {"count": len(found)},
            field="shared_reason",
            status=409,
        )
    if found:
        reason = clean_text(reason, field="shared_reason", limit=NOTE)
    for each in found:
        say(each.index, each.claimants, by=by, reason=reason)
    return len(found)
