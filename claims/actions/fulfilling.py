"""Fulfilment files: what is given in kind is put into one, approved by a second manager and carried to who gives it."""

from tempfile import SpooledTemporaryFile

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import clock, entitling, journal, rights
from claims.actions.listing import ASSIGN, AT_ONCE, CHOSEN, CHOSEN_WITH_CODES, HASHING, LIST, MARK
from claims.models import Claim, Entitlement, Fulfilment, FulfilmentFile, Incident, Voucher
from claims.models.journal import chain_of
from claims.models.patience import be_patient
from claims.reports import fulfilment
from claims.rules import permissions
from claims.rules.benefits import KINDS, VOUCHER
from claims.rules.errors import Refused
from claims.rules.fulfilment import LEAST_TO_USE
from claims.rules.text import NOTE, clean_text

State = FulfilmentFile.State
NOT_FOUND = _("There is no such file.")
IN_MEMORY = 5_000_000  # bytes of a file that is taken out; more of it goes to the disk


@transaction.atomic
def open_file(code, *, by, kind, most=None):
    """Opens a file of what is waiting of one kind for the incident called `code`, oldest first and at most `most`.

    A voucher gets its code here; who finds the pool empty waits. Raises Refused: 403 `wrong_role`, 404 `not_found`,
    409 `nothing_to_give` or `pool_empty`, 422 `unknown_kind` or `invalid_limit`.
    """
    permissions.require(permissions.may_fulfil(by))
    incident = found_incident(code)
    if kind not in KINDS:
        raise Refused("unknown_kind", _("Choose what is given."), field="kind")
    if most is not None and most <= 0:
        raise Refused("invalid_limit", _("A limit must be more than zero."), field="most")
    values = {
        "incident": incident.pk,
        "kind": kind,
        "most": most or 2**31,
        "by": by.pk,
        "addresses": sorted(permissions.addresses_of(by)),
        "expires": clock.today() + LEAST_TO_USE,
    }
    be_patient()
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN_WITH_CODES if kind == VOUCHER else CHOSEN, values)
        count = cursor.rowcount
        if not count:
            raise nothing_to_give(incident, kind)
        cursor.execute(HASHING)
        journal.lock("fulfilment files")  # for the numbers
        require_still(by)
        number = 1 + (FulfilmentFile.objects.aggregate(last=Max("number"))["last"] or 0)
        file = FulfilmentFile.objects.create(number=number, incident=incident, kind=kind, opened_by=by, count=count)
        cursor.execute(LIST, {"file": file.pk})
        for after in range(0, count, AT_ONCE):
            cursor.execute(MARK, {"after": after, "size": AT_ONCE})
        if kind == VOUCHER:
            cursor.execute(ASSIGN, {"file": file.pk})
        cursor.execute("DROP TABLE chosen")
    facts = {"count": count, "kind": kind, "incident": incident.pk}
    journal.record(chain_of(file), "open", by=by, new=file.state, facts=facts, first=True)
    return file


def nothing_to_give(incident, kind):
    waiting = Entitlement.objects.filter(incident=incident, kind=kind, state="waiting")
    if kind == VOUCHER and waiting.exists():
        return Refused("pool_empty", _("No code of the value that is waited for is left. Add some."), status=409)
    return Refused("nothing_to_give", _("Nothing of this kind is waiting."), status=409)


def found_incident(code):
    incident = Incident.objects.public().filter(code=code).first()
    if incident is None:
        raise Refused("not_found", _("There is no such incident."), status=404)
    return incident


def locked(number, *, by):
    """The file called `number`, locked; the rights of `by` are read again after that."""
    permissions.require(permissions.may_fulfil(by))
    file = FulfilmentFile.objects.select_for_update().filter(number=number).first()
    if file is None:
        raise Refused("not_found", NOT_FOUND, status=404)
    require_still(by)
    return file


def require_still(by):
    """Whoever waited for a lock must still be a manager. Raises Refused 403."""
    rights.look_again(by)
    permissions.require(permissions.may_fulfil(by))


def check_state(file, *states):
    if file.state not in states:
        raise Refused(
            "illegal_move",
            _("This is not possible now: the file is “%(state)s”.") % {"state": file.get_state_display()},
            status=409,
        )


def change(file, action, *, by, facts=None, **values):
    """Stores columns of a locked file with one statement, and the entry in its chain."""
    before = file.state
    FulfilmentFile.objects.filter(pk=file.pk).update(**values)
    for name, value in values.items():
        setattr(file, name, value)
    journal.record(chain_of(file), action, by=by, old=before, new=file.state, facts=facts or {}, chain_locked=True)


@transaction.atomic
def approve_file(number, *, by):
    """A second manager approves the file: from now on its bytes are fixed.

    Raises Refused: 403 `four_eyes` or `own_award`, 404, 409 `illegal_move`.
    """
    file = locked(number, by=by)
    be_patient()
    permissions.require(permissions.may_approve_file(by, file, concerned=is_concerned(by, file)))
    check_state(file, State.OPEN)
    sha256, size = fulfilment.written(file)
    values = {"state": State.APPROVED, "approved_by": by, "approved_at": timezone.now()}
    change(file, "approve", by=by, facts={"count": file.count, "sha256": sha256}, sha256=sha256, size=size, **values)
    return file


def is_concerned(person, file):
    """Whether something in the file is given to `person`, for whom they filed, or to an account of theirs."""
    own = Q(entitlement__claim__claimant=person) | Q(entitlement__claim__filed_by=person)
    own |= Q(login__in=permissions.addresses_of(person))
    return file.lines.exclude(state="withdrawn").filter(own).exists()


@transaction.atomic
def cancel_file(number, *, by, reason):
    """Takes a file back that nobody took out: what it would have given waits again, its codes are free.

    Raises Refused: 403, 404, 409 `illegal_move` or `taken_out`, 422 without a reason.
    """
    be_patient()
    hold_claims(number, by=by)
    file = locked(number, by=by)
    check_state(file, State.OPEN, State.APPROVED)
    if file.taken_out_at is not None:
        raise Refused(
            "taken_out",
            _("This file was taken out, so some of it may be given already. Read an answer that refuses the rest."),
            status=409,
        )
    reason = clean_text(reason, field="reason", limit=NOTE)
    count = 0
    while lines := list(file.lines.filter(state="listed").values_list("pk", "entitlement_id")[:AT_ONCE]):
        withdraw(*zip(*lines, strict=True))
        count += len(lines)
    change(file, "cancel", by=by, facts={"count": count}, state=State.CANCELLED, cancel_reason=reason)
    return file


def withdraw(lines, entitlements):
    """Takes lines out of a locked file: what they would have given waits again, and their codes are free."""
    concerned = Entitlement.objects.filter(pk__in=entitlements)
    concerned.update(state=Entitlement.State.WAITING)
    Fulfilment.objects.filter(pk__in=lines).update(state=Fulfilment.State.WITHDRAWN)
    Voucher.objects.filter(fulfilment__in=lines).update(fulfilment=None)
    entitling.drop_superseded(concerned)


def hold_claims(number, *, by):
    """Locks the claims that something in a file is from. Whoever changes what they are entitled to does this first."""
    permissions.require(permissions.may_fulfil(by))
    concerned = Claim.objects.filter(entitlements__fulfilments__file__number=number).values("pk")
    list(Claim.objects.select_for_update(of=("self",)).filter(pk__in=concerned).order_by("pk").values_list("pk"))


@transaction.atomic
def taken_out(number, *, by):
    """(FulfilmentFile, its bytes open for reading). Who takes it out is in the journal; then it is not cancelled.

    Raises Refused: 403 `wrong_role`, 404, 409 `illegal_move`.
    """
    file = locked(number, by=by)
    check_state(file, State.APPROVED, State.HANDED_OVER, State.CLOSED)
    be_patient()
    content = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the door closes it
    if fulfilment.written(file, content) != (file.sha256, file.size):
        content.close()
        raise RuntimeError(f"file {file.number} would be written otherwise than it was approved")
    content.seek(0)
    taken = {} if file.taken_out_at else {"taken_out_at": timezone.now()}
    change(file, "take out", by=by, facts={"sha256": file.sha256}, state=file.state, **taken)
    return file, content


@transaction.atomic
def handed_over(number, *, by):
    """The file was given to who gives what is in it: only their confirmation ends that.

    Raises Refused: 403 `wrong_role`, 404, 409 `illegal_move` or `not_taken_out`.
    """
    file = locked(number, by=by)
    check_state(file, State.APPROVED)
    if file.taken_out_at is None:
        raise Refused("not_taken_out", _("Nobody has taken this file out yet."), status=409)
    gone = {"state": State.HANDED_OVER, "handed_over_by": by, "handed_over_at": timezone.now()}
    change(file, "hand over", by=by, facts={"count": file.count}, **gone)
    return file


@transaction.atomic
def try_again(entitlement_id, *, by):
    """What could not be given waits for the next file, alone. Raises Refused: 403, 404, 409 `illegal_move`."""
    permissions.require(permissions.may_fulfil(by))
    row = Entitlement.objects.select_for_update(of=("self",)).filter(pk=entitlement_id).first()
    if row is None:
        raise Refused("not_found", _("There is no such award."), status=404)
    require_still(by)
    if row.state != Entitlement.State.REFUSED:
        raise Refused("illegal_move", _("Only what could not be given can be tried again."), status=409)
    Entitlement.objects.filter(pk=row.pk).update(state=Entitlement.State.WAITING)
    facts = {"kind": row.kind, "quantity": row.quantity}
    journal.record(f"entitlement:{row.pk}", "try again", by=by, old=row.state, new="waiting", facts=facts)
    row.state = Entitlement.State.WAITING
    return row
