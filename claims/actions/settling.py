"""What the bank answers: statements and status reports, each read once, whole or not at all."""

import json
from datetime import timedelta
from hashlib import file_digest

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from claims.actions import account_notices, batches, clock, journal, lifecycle, notices
from claims.actions.answered import CLOSE, COPY, LINES, LOCK, NOT_OUT, READ, RETURN, SETTLE
from claims.models import Batch, Claim, Payout, Statement, Transfer
from claims.models.journal import chain_of
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.payouts import number_of
from claims.rules.statuses import Status
from claims.sepa import incoming
from claims.sepa.errors import SepaError

OLDEST = timedelta(days=550)  # a payment may be sent back for 13 months
KINDS = {"camt.053": Statement.Kind.CAMT053, "pain.002": Statement.Kind.PAIN002}


@transaction.atomic
def settle(file, *, by, account=""):
    """Reads a file of the bank (binary, seekable): (Statement, whether it was read before, when nothing changes).

    What it says of our payments is done, the rest is listed with why not. `account`: of which IBAN it must be, the one
    that we pay from if left out. Raises Refused, and then none of it counts: 403 `wrong_role`, 409 `not_handed_over`,
    422 what is wrong with the file (claims.sepa).
    """
    permissions.require(permissions.may_pay(by))
    sha256 = file_digest(file, "sha256").hexdigest()
    if known := Statement.objects.filter(sha256=sha256).first():
        return known, True
    file.seek(0)
    account = account or batches.payer()["iban"]
    try:
        kind, answers = incoming.read(file, iban=account, oldest=clock.today() - OLDEST)
        values = {"kind": KINDS[kind], "account": account, "imported_by": by}
        statement, is_new = Statement.objects.get_or_create(sha256=sha256, defaults=values)
        if not is_new:  # somebody else read the same file meanwhile
            return statement, True
        take_up(answers, with_batches=whole_batches())
    except SepaError as error:
        raise Refused(error.code, error.message, field="file") from error
    hold()
    batches.require_still(by)
    run(LINES, statement=statement.pk)
    carry_out(statement, by=by)
    return statement, False


def run(query, **values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def whole_batches():
    """{number: (id, payments, euro)} of what may be answered as a whole."""
    out = Batch.objects.exclude(state__in=(Batch.State.OPEN, Batch.State.CANCELLED))
    return {number: rest for number, *rest in out.values_list("number", "pk", "count", "total")}


def take_up(answers, *, with_batches):
    """Copies the answers into the table `answers` as they are read."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        with cursor.copy(COPY) as copy:
            for answer in answers:
                if row := row_of(answer, with_batches):
                    copy.write_row(row)


def row_of(answer, with_batches):
    """(end-to-end id, amount, kind, day, reason, batch), None for what says nothing yet."""
    if hasattr(answer, "report"):
        if not answer.outcome:
            return None
        batch = None
        if not answer.end_to_end_id:
            name = answer.payment_information_id or answer.report.original_message_id
            batch = with_batches.get(number_of(name), (None,))[0]
        return (answer.end_to_end_id, answer.amount, answer.outcome, answer.report.created, answer.reason, batch)
    amount, batch = answer.amount, None
    if not answer.end_to_end_id:
        pk, count, total = with_batches.get(number_of(answer.payment_information_id), (None, None, None))
        if answer.outcome == "settled" and (count, total) == (answer.count, amount):  # one line for the whole batch
            amount, batch = None, pk
    return (answer.end_to_end_id, amount, answer.outcome, answer.booked, answer.reason, batch)


def hold():
    """Locks what was answered: claims, batches, payouts, in the order in which everybody locks them."""
    for query in LOCK:
        run(query)
    if waiting := run(NOT_OUT):
        raise Refused(
            "not_handed_over",
            _("The bank speaks of batch %(number)d. Say first that you handed it over, then read this file again.")
            % {"number": waiting[0][0]},
            status=409,
        )


def carry_out(statement, *, by):
    for query in SETTLE:
        run(query, statement=statement.pk)
    settled = transfers_of(statement, "settled")
    for transfer in settled.filter(payout__claim__isnull=False).order_by("payout__claim", "pk").iterator():
        pay(transfer, by=by)
    for query in RETURN:
        run(query, statement=statement.pk)
    account_notices.tell_of_returns(statement)
    returned = transfers_of(statement, "returned", "rejected")
    for transfer in returned.filter(payout__claim__isnull=False).order_by("payout__claim", "pk").iterator():
        come_back(transfer, by=by)
    for pk, done, kinds in run(CLOSE, statement=statement.pk):
        note_answer(pk, done, kinds, statement, by=by)
    lines = statement.found
    counts = {
        "lines": lines.count(),
        "settled": settled.count(),
        "returned": returned.count(),
        "unmatched": lines.exclude(note="").count(),
    }
    Statement.objects.filter(pk=statement.pk).update(**counts)
    for name, value in counts.items():
        setattr(statement, name, value)
    journal.record(chain_of(statement), "read", by=by, facts={"kind": statement.kind, **counts}, first=True)


def transfers_of(statement, *kinds):
    """What the statement settled, or sent back."""
    return Transfer.objects.filter(lines__statement=statement, lines__note="", lines__kind__in=kinds)


def claim_of(transfer):
    claims = Claim.objects.select_related("incident", "terms", "claimant")
    return claims.get(payouts=transfer.payout_id)


def told_of(transfer):
    return {
        "about": transfer.pk,
        "context": {"amount": str(transfer.amount), "hint": transfer.iban_hint, "reason": transfer.reason},
    }


def pay(transfer, *, by):
    """The claim is paid when every payout of it is."""
    claim = claim_of(transfer)
    live = claim.payouts.exclude(state=Payout.State.CANCELLED)
    if claim.state is Status.PAYMENT_DUE and not live.exclude(state=Payout.State.SETTLED).exists():
        facts = {"payout": transfer.payout_id, "amount": str(transfer.amount)}
        lifecycle.advance(claim, Status.PAID, by=by, move="settle", facts=facts, told=told_of(transfer))
    elif claim.state is Status.CLOSED:
        say(claim, "settle", "claim_paid", transfer, by=by)


def say(claim, action, kind, transfer, *, by):
    """What the bank says of a closed claim: it stays closed, and its claimant is told all the same."""
    facts = {"payout": transfer.payout_id, "amount": str(transfer.amount)}
    if transfer.reason:
        facts["reason"] = transfer.reason
    lifecycle.touch(claim, by=by, action=action, facts=facts)
    notices.post(kind, claim=claim, **told_of(transfer))


def come_back(transfer, *, by):
    """The claimant is told and asked for other details, also once the claim is closed: then it stays so."""
    claim = claim_of(transfer)
    facts = {"payout": transfer.payout_id, "amount": str(transfer.amount), "reason": transfer.reason}
    if claim.state in (Status.PAYMENT_DUE, Status.PAID):
        move = "payment returned"
        lifecycle.advance(claim, Status.PAYMENT_RETURNED, by=by, move=move, facts=facts, told=told_of(transfer))
    elif claim.state is Status.CLOSED:
        say(claim, "payment returned", "payment_returned", transfer, by=by)


def note_answer(pk, done, kinds, statement, *, by):
    """The entry in the chain of a batch: what the bank said; the batch is closed once nothing of it is at the bank."""
    batch = Batch.objects.get(pk=pk)
    closed = {"state": Batch.State.CLOSED} if done else {"state": batch.state}
    batches.change(batch, "answer", by=by, facts={"statement": statement.pk, **json.loads(kinds)}, **closed)
