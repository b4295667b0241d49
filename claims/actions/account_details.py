"""Where mass runs pay an account of the roster: given by somebody who reads what is sent to one of its addresses."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import account_notices, journal, owing, rights
from claims.actions.particulars import cleaned
from claims.actions.sealing import sealed_details
from claims.models import AccountDetails, Customer
from claims.models.journal import chain_of
from claims.reports.own_accounts import confirmed_addresses, own_customers, told_addresses
from claims.rules.errors import Refused


@transaction.atomic
def give_account_details(account_id, *, by, iban, holder="", also=()):
    """Stores where to pay this account, and `also` others of the same person, as ids; [AccountDetails].

    What comes from an address that we told of the money is used at once. Other details than before, the first ones from
    another address, and all after a payment came back wait for the hours of the terms, and the account's addresses are
    told. Raises Refused: 404 for what is not theirs, 409 `payment_under_way` or `nothing_owed`, 422 for the IBAN.
    """
    wanted = {account_id, *also}
    theirs = own_customers(by).filter(pk__in=wanted).values("pk")
    customers = Customer.objects.select_related("incident").select_for_update(of=("self",), no_key=True)
    customers = list(customers.filter(pk__in=theirs).order_by("pk"))
    if len(customers) != len(wanted):
        raise Refused("not_found", _("There is no such account."), status=404)
    rights.look_again(by)
    if not isinstance(iban, str) or not iban.strip():
        raise Refused("required", _("Write the IBAN."), field="iban")
    values = cleaned({"iban": iban, "holder": holder or by.name}, incident=None, terms=None, now=None)
    if not values["holder"]:
        raise Refused("required", _("Write who holds this bank account."), field="holder")
    addresses = set(confirmed_addresses(by))
    return [give(customer, by=by, addresses=addresses, **values) for customer in customers]


def give(customer, *, by, addresses, iban, holder):
    """One more version for a locked account."""
    came_back = owing.take_back_of_account(customer)
    sealed, now = sealed_details(iban, holder), timezone.now()
    present = customer.details.current().first()
    changed = present is not None and present.iban_index != sealed["iban_index"]
    waits = changed or came_back or (present is None and not addresses & told_addresses(customer.pk))
    usable_from = max(now, present.usable_from) if present else now
    if waits:
        usable_from = now + timedelta(hours=customer.incident.terms.rules.details_wait_hours)
    if present:
        AccountDetails.objects.filter(pk=present.pk).update(superseded_at=now)
    details = AccountDetails.objects.create(
        customer=customer,
        **sealed,
        source=AccountDetails.Source.PERSON,
        given_by=by,
        given_at=now,
        usable_from=usable_from,
    )
    facts = {"details": details.pk, "changed": changed, "after return": came_back, "waits": waits}
    journal.record(chain_of(customer), "bank details", by=by, facts=facts)
    if waits:
        account_notices.tell_of_change(customer, details, before=present.iban_hint if present else "")
    return details
