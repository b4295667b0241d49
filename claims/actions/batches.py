"""Batches of payments: one manager opens them, another approves; then they are frozen. Cancelling may take two."""

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import clock, journal, lifecycle, rights
from claims.actions.filling import Walk
from claims.actions.shared_accounts import acknowledge
from claims.models import AccountDetails, Batch, Claim, Incident, Payout, Transfer
from claims.models.journal import chain_of
from claims.models.patience import be_patient
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.money import ZERO
from claims.rules.payouts import next_banking_day
from claims.rules.text import NOTE, clean_text
from claims.sepa import iban

NOT_FOUND = _("There is no such batch.")
State = Batch.State


@transaction.atomic
def open_batches(code, *, by, most_amount=None, most_count=None, budget=None):
    """Opens batches of what the incident called `code` owes, oldest first; ([Batch], {why: how many were left out}).

    Each holds at most `most_count` payments of together at most `most_amount`, all of them at most `budget`, which is
    spent in order. Raises Refused: 403 `wrong_role`, 404 `not_found`, 409 `nothing_to_pay`, 422 for a limit.
    """
    permissions.require(permissions.may_pay(by))
    incident = Incident.objects.public().filter(code=code).first()
    if incident is None:
        raise Refused("not_found", _("There is no such incident."), status=404)
    for field, limit in (("most_amount", most_amount), ("most_count", most_count), ("budget", budget)):
        if limit is not None and limit <= 0:
            raise Refused("invalid_limit", _("A limit must be more than zero."), field=field)
    journal.lock("batches")  # for the numbers; two who open at once share out what is owed
    require_still(by)
    be_patient()
    walk, left, opened = Walk(incident, by), budget, []
    while left is None or left > 0:
        limits = [limit for limit in (most_amount, left) if limit is not None]
        with transaction.atomic():
            batch = Batch.objects.create(number=next_number(), incident=incident, opened_by=by)
            count, total = walk.fill(batch, min(limits, default=None), most_count)
            if not count:
                transaction.set_rollback(True)
                break
        Batch.objects.filter(pk=batch.pk).update(count=count, total=total)
        batch.count, batch.total = count, total
        opened.append(batch)
        left = None if left is None else left - total
    if not opened:
        raise nothing_to_pay(walk)
    for batch in opened:
        facts = {"count": batch.count, "total": str(batch.total), "incident": incident.pk, "left out": walk.waiting}
        journal.record(chain_of(batch), "open", by=by, new=batch.state, facts=facts, first=True)
    return opened, walk.waiting


def next_number():
    return 1 + (Batch.objects.aggregate(last=Max("number"))["last"] or 0)


def nothing_to_pay(walk):
    if walk.ids:
        return Refused("limit_too_low", _("The oldest payment alone is more than this limit."), status=409)
    return Refused("nothing_to_pay", _("Nothing is owed that could be paid now."), status=409)


def locked(number, *, by):
    """The batch called `number`, locked, its claims before it; the rights of `by` are read again after that.

    From here on nothing is broken off for taking long: a batch may hold a million payments.
    """
    permissions.require(permissions.may_pay(by))
    batch = Batch.objects.select_for_update().filter(number=number).first()
    if batch is None:
        raise Refused("not_found", NOT_FOUND, status=404)
    require_still(by)
    be_patient()
    return batch


def require_still(by):
    """Whoever waited for a lock must still be a manager. Raises Refused 403."""
    rights.look_again(by)
    permissions.require(permissions.may_pay(by))


def check_state(batch, *states):
    if batch.state not in states:
        raise Refused(
            "illegal_move",
            _("This is not possible now: the batch is “%(state)s”.") % {"state": batch.get_state_display()},
            status=409,
        )


@transaction.atomic
def approve_batch(number, *, by, total=None, shared_reason=""):
    """A second manager approves the batch: count, total, day, account and every payment in it are frozen.

    `total`: the sum that `by` has seen; should the batch have changed since, nobody approves what they did not see.
    `shared_reason`: why the accounts that several people name are right. Raises Refused: 403 `four_eyes` or
    `own_payment`, 404, 409 `illegal_move`, `stale`, `empty`, `shared_accounts` or `no_payer`.
    """
    batch = locked(number, by=by)
    permissions.require(permissions.may_approve_batch(by, batch, concerned=is_concerned(by, batch)))
    check_state(batch, State.OPEN)
    planned = batch.transfers.filter(state=Transfer.State.PLANNED)
    sums = planned.aggregate(count=Count("id"), total=Sum("amount", default=ZERO))
    if total is not None and total != sums["total"]:
        raise Refused("stale", _("The batch changed in the meantime. Look at it again before you go on."), status=409)
    if not sums["count"]:
        raise Refused("empty", _("No payment is left in this batch. Cancel it."), status=409)
    shared = acknowledge(batch, by=by, reason=shared_reason)
    values = {
        "state": State.APPROVED,
        "approved_by": by,
        "approved_at": timezone.now(),
        "execution_date": next_banking_day(clock.today()),
        "payer": payer(),
        **sums,
    }
    facts = {"count": sums["count"], "total": str(sums["total"]), **({"shared accounts": shared} if shared else {})}
    change(batch, "approve", by=by, facts=facts, **values)
    return batch


def payer():
    """{"name", "iban", "bic"} of the account that we pay from. Raises Refused 409 `no_payer` if it is not set right."""
    name, account, bic = map(str.strip, f"{settings.PAYER};;".split(";")[:3])
    if not name or not iban.is_right(account.replace(" ", "").upper()):
        raise Refused("no_payer", _("The account that we pay from is not set (PAYER). Ask who runs this."), status=409)
    return {"name": name, "iban": account.replace(" ", "").upper(), "bic": bic}


def change(batch, action, *, by, facts=None, **values):
    """Stores columns of a locked batch with one statement, and the entry in its chain."""
    before = batch.state
    Batch.objects.filter(pk=batch.pk).update(**values)
    for name, value in values.items():
        setattr(batch, name, value)
    journal.record(chain_of(batch), action, by=by, old=before, new=batch.state, facts=facts or {}, chain_locked=True)


def is_concerned(person, batch):
    """Whether a payment in the batch is to `person`, for whom they filed, or into an account that they named."""
    own = Claim.objects.filter(claimant=person).exclude(iban_index="").values("iban_index")
    given = AccountDetails.objects.filter(given_by=person, source=AccountDetails.Source.PERSON).values("iban_index")
    concerns = Q(details_by=person) | Q(payout__claim__claimant=person) | Q(payout__claim__filed_by=person)
    for address in permissions.addresses_of(person):
        account = Q(payout__customer__login=address) | Q(payout__customer__contact__iexact=address)
        concerns |= account | Q(payout__customer__second_contact__iexact=address)
    live = batch.transfers.exclude(state=Transfer.State.WITHDRAWN)
    return live.filter(concerns | Q(iban_index__in=own) | Q(iban_index__in=given)).exists()


@transaction.atomic
def exclude_account(number, index, *, by):
    """Takes all payments into one bank account out of an open batch: they are owed again; how many these were.

    Raises Refused: 403 `wrong_role`, 404 for a batch or an account in it, 409 `illegal_move`.
    """
    hold_claims(number, by=by)
    batch = locked(number, by=by)
    check_state(batch, State.OPEN)
    planned = batch.transfers.filter(state=Transfer.State.PLANNED)
    out = planned.filter(iban_index=index or "-")
    if not (count := out.count()):
        raise Refused("not_found", _("Nothing in this batch is paid into that account."), status=404)
    Payout.objects.filter(pk__in=out.values("payout")).update(state=Payout.State.OWED)
    out.update(state=Transfer.State.WITHDRAWN)
    sums = planned.aggregate(count=Count("id"), total=Sum("amount", default=ZERO))
    change(batch, "exclude", by=by, facts={"account": index[:16], "count": count}, **sums)
    return count


@transaction.atomic
def cancel_batch(number, *, by, reason=""):
    """Takes a batch back: what it would have paid is owed again.

    Once its file was taken out it may be at the bank: then this only asks for it, and another manager's call does it.
    Raises Refused: 403 `four_eyes`, 404, 409 `illegal_move`, 422 without a reason.
    """
    hold_claims(number, by=by)
    batch = locked(number, by=by)
    check_state(batch, State.OPEN, State.APPROVED, State.WRITTEN, State.HANDED_OVER)
    alone = batch.taken_out_at is None and batch.handed_over_at is None
    asking = batch.cancel_asked_by_id is None
    permissions.require(permissions.may_cancel_batch(by, batch, alone or asking))
    if asking:
        reason = clean_text(reason, field="reason", limit=NOTE)
        if not alone:
            change(batch, "ask to cancel", by=by, cancel_asked_by=by, cancel_reason=reason)
            return batch
    took_back = batch.transfers.filter(state__in=("planned", "sent"))
    payouts = Payout.objects.filter(state__in=("batched", "sent"), pk__in=took_back.values("payout"))
    if batch.state == State.HANDED_OVER:
        for claim in Claim.objects.filter(payouts__in=payouts).order_by("pk").distinct():
            lifecycle.touch(claim, by=by, action="payment cancelled", facts={"batch": batch.number})
    count = payouts.update(state=Payout.State.OWED)
    took_back.update(state=Transfer.State.WITHDRAWN)
    cancelled = {"state": State.CANCELLED, "cancelled_by": by, "cancel_reason": batch.cancel_reason or reason}
    change(batch, "cancel", by=by, facts={"count": count}, **cancelled)
    return batch


@transaction.atomic
def keep_batch(number, *, by):
    """Drops what somebody asked for: the batch is not cancelled. Raises Refused 404, 409 `illegal_move`."""
    batch = locked(number, by=by)
    check_state(batch, State.WRITTEN, State.HANDED_OVER)
    if batch.cancel_asked_by_id is None:
        raise Refused("illegal_move", _("Nobody asked to cancel this batch."), status=409)
    change(batch, "keep", by=by, cancel_asked_by=None, cancel_reason="")
    return batch


def hold_claims(number, *, by):
    """Locks the claims that a batch pays. Whoever changes payouts of a batch does this first, and in this order."""
    permissions.require(permissions.may_pay(by))
    concerned = Claim.objects.filter(payouts__transfers__batch__number=number).values("pk")
    list(Claim.objects.select_for_update(of=("self",)).filter(pk__in=concerned).order_by("pk").values_list("pk"))
