"""What is to be given in kind, what is missing for it, and the bytes of a fulfilment file."""

import csv
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection
from django.db.models import Count, Min, Q, Sum

from claims.models import Entitlement, Fulfilment, Voucher
from claims.reports.dossier import harmless
from claims.reports.paid import MAY_BE_PAID
from claims.rules.benefits import KINDS, VOUCHER
from claims.rules.fulfilment import COLUMNS, LEAST_TO_USE

AT_ONCE = 5_000
# Withdrawn lines are of files that nobody ever took out. What is behind a code the file does not tell.
ROWS = """
SELECT f.name, f.login, e.kind, e.quantity, coalesce(v.hint, ''), coalesce(v.digest, '')
FROM claims_fulfilment f JOIN claims_entitlement e ON e.id = f.entitlement_id
LEFT JOIN claims_voucher v ON v.fulfilment_id = f.id
WHERE f.file_id = %s AND f.state <> 'withdrawn' ORDER BY f.id
"""


class Line:
    """Where csv.writer may write a line: it is handed on at once."""

    def write(self, line):
        return line


def pieces_of(file):
    """The bytes of a fulfilment file, some thousand lines at a time: always the same, as its lines are frozen."""
    writer = csv.writer(Line(), lineterminator="\r\n")
    yield writer.writerow(COLUMNS).encode()
    with connection.chunked_cursor() as cursor:
        cursor.execute(ROWS, [file.pk])
        while rows := cursor.fetchmany(AT_ONCE):
            yield "".join(writer.writerow([name, harmless(login), *rest]) for name, login, *rest in rows).encode()


def written(file, to=None):
    """(SHA-256, size) of the bytes of a file, which are also written to the open file `to`."""
    size, digest = 0, sha256()
    for piece in pieces_of(file):
        size += len(piece)
        digest.update(piece)
        if to is not None:
            to.write(piece)
    return digest.hexdigest(), size


@dataclass(frozen=True)
class OfKind:
    """How much of one kind is in which state: {state: (entitlements, quantity)}."""

    kind: str
    label: str
    states: dict

    @property
    def waiting(self):
        return self.states.get("waiting", (0, 0))[0]


def sums(incident):
    """An OfKind for each kind that something was granted of, or that vouchers are kept for."""
    found = Entitlement.objects.filter(incident=incident).exclude(state="cancelled").order_by()
    states = {}
    for kind, state, count, quantity in found.values_list("kind", "state").annotate(Count("id"), Sum("quantity")):
        states.setdefault(kind, {})[state] = (count, quantity)
    return [OfKind(kind, KINDS[kind], states[kind]) for kind in KINDS if kind in states]


@dataclass(frozen=True)
class Pool:
    """The codes of one value: `free` can be given, `stale` run out too soon, `missing` are waited for."""

    value: int
    free: int
    used: int
    stale: int
    next_expiry: object
    waiting: int

    @property
    def missing(self):
        return max(0, self.waiting - self.free)


def pools(incident, *, today):
    """The pools of an incident, and those that it should have, by value."""
    usable = Q(fulfilment=None, expires_on__gte=today + LEAST_TO_USE)
    rows = Voucher.objects.filter(incident=incident).order_by().values("value")
    found = {
        row["value"]: row
        for row in rows.annotate(
            free=Count("id", filter=usable),
            used=Count("id", filter=Q(fulfilment__isnull=False)),
            every=Count("id"),
            next_expiry=Min("expires_on", filter=usable),
        )
    }
    wanted = Entitlement.objects.filter(incident=incident, kind=VOUCHER, state="waiting").order_by()
    waiting = dict(wanted.values_list("quantity").annotate(Count("id")))
    return [
        Pool(
            value=value,
            free=(row := found.get(value, NOTHING))["free"],
            used=row["used"],
            stale=row["every"] - row["used"] - row["free"],
            next_expiry=row["next_expiry"],
            waiting=waiting.get(value, 0),
        )
        for value in sorted({*found, *waiting})
    ]


NOTHING = {"free": 0, "used": 0, "every": 0, "next_expiry": None}


def refused(incident, *, most):
    """Entitlements that could not be given, newest first, each with the last answer as `why`."""
    rows = Entitlement.objects.filter(incident=incident, state="refused").select_related("claim", "customer")
    rows = list(rows.order_by("-id")[:most])
    answers = Fulfilment.objects.filter(entitlement__in=rows, state="refused").order_by("id")
    last = {line.entitlement_id: line for line in answers}
    for row in rows:
        row.why, row.login = last[row.pk].reason, last[row.pk].login
    return rows


def given_to(claim):
    """What a claim was granted in kind: Entitlements, each with its `voucher` once it was given; [] before that."""
    if claim.state not in MAY_BE_PAID and claim.round == 1:
        return []
    rows = list(claim.entitlements.exclude(state="cancelled").order_by("id"))
    given = Voucher.objects.filter(fulfilment__entitlement__in=rows, fulfilment__state="given")
    codes = {voucher.fulfilment.entitlement_id: voucher for voucher in given.select_related("fulfilment")}
    for row in rows:
        row.voucher = codes.get(row.pk)
    return rows
