"""What somebody who signed in is owed by mass runs: for the accounts that one of their confirmed addresses names."""

from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Prefetch

from claims.models import AccountDetails, Customer, Notice, Payout, Transfer
from claims.reports.addresses import NAMED_BY
from claims.reports.entitlements import assessed
from claims.rules.payouts import REASONS, payment_reference

A_PAGE = 50  # accounts: who is the contact of more finds the others by the address in the notice
OPEN = (Payout.State.OWED, Payout.State.BATCHED, Payout.State.SENT, Payout.State.RETURNED)
UNDER_WAY = (Payout.State.BATCHED, Payout.State.SENT)


@dataclass
class Payment:
    """A payout of a mass run, with its arithmetic (a Line of the rules; None if the roster changed since)."""

    payout: Payout
    reference: str
    line: object
    transfer: Transfer | None
    why: str

    @property
    def quantity(self):
        return int(self.line.quantity)


@dataclass
class Account:
    """An account with its payments, newest first; `details` are the AccountDetails that count, None without any."""

    customer: Customer
    details: AccountDetails | None
    payments: list = field(default_factory=list)
    open: bool = False
    came_back: bool = False
    under_way: bool = False

    @property
    def asks(self):
        """Whether nobody can be paid before somebody says where."""
        return self.came_back or (self.open and self.details is None and not self.under_way)


def confirmed_addresses(person):
    """Addresses of which `person` has shown that they read what is sent there, in small letters."""
    found = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    return sorted({address.lower() for address in found})


def own_customers(person):
    """The accounts of `person`, as a queryset: those that a mass run owed something."""
    addresses = confirmed_addresses(person)
    if not addresses:
        return Customer.objects.none()
    with connection.cursor() as cursor:
        cursor.execute(NAMED_BY, {"addresses": addresses})
        ids = [pk for (pk,) in cursor.fetchall()]
    paid = Payout.objects.filter(customer__in=ids, run__isnull=False).exclude(state=Payout.State.CANCELLED)
    return Customer.objects.filter(pk__in=paid.values("customer"))


def own_accounts(customers):
    """An Account for each of at most A_PAGE of these customers, the newest incident first."""
    customers = list(
        customers.select_related("incident", "service")
        .prefetch_related(Prefetch("details", AccountDetails.objects.current(), to_attr="current_details"))
        .order_by("-incident__started_at", "login")[:A_PAGE]
    )
    accounts = {each.pk: Account(each, next(iter(each.current_details), None)) for each in customers}
    payouts = Payout.objects.filter(customer__in=accounts, run__isnull=False).exclude(state=Payout.State.CANCELLED)
    payouts = payouts.select_related("run__terms").prefetch_related("transfers").order_by("-id")
    for payout in payouts:
        account = accounts[payout.customer_id]
        payout.customer = account.customer
        account.payments.append(payment(payout))
        account.open |= payout.state in OPEN
        account.came_back |= payout.state == Payout.State.RETURNED
        account.under_way |= payout.state in UNDER_WAY
    return list(accounts.values())


def payment(payout):
    transfers = sorted(payout.transfers.all(), key=lambda each: each.pk)
    last = next((each for each in reversed(transfers) if each.state != Transfer.State.WITHDRAWN), None)
    assessment = assessed(payout.customer, payout.remedy, payout.run.terms.rules)
    line = assessment.lines[0] if assessment.lines and assessment.net == payout.amount else None
    why = REASONS.get(last.reason, "") if last and payout.state == Payout.State.RETURNED else ""
    return Payment(payout, payment_reference(payout.pk), line, last, why)


def told_addresses(customer_id):
    """Where the notices of the runs that owe this account something went, in small letters."""
    owed = Payout.objects.filter(customer=customer_id, run__isnull=False).values_list("run_id", flat=True)
    keys = [f"run:{run}:{customer_id}" for run in owed]
    sent = Notice.objects.filter(key__in=keys).exclude(address="").values_list("address", flat=True)
    return {address.lower() for address in sent}
