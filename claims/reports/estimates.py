"""How long a claim will probably take, in the light of what claims like it took lately: said only if it can be said."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.models import ClockEvent, Pace
from claims.rules import pace
from claims.rules.clock import spans_of
from claims.rules.outage import ROME
from claims.rules.statuses import UNDECIDED

FIRST_DECISION = "decision"


@dataclass(frozen=True)
class Estimate:
    """Most claims like this one took `quick` to `slow` days, None if that cannot be said: see `too_few`.

    `first` and `last` are the days that would be for this claim, None while its clock stands still. `late`: it takes
    longer already. `cases` were decided in the days that count, `still_open` are open and counted in, `alike` tells
    whether all of them are of the same incident.
    """

    quick: int | None = None
    slow: int | None = None
    first: date | None = None
    last: date | None = None
    late: bool = False
    stands: bool = False
    cases: int = 0
    still_open: int = 0
    as_of: datetime | None = None
    alike: bool = False

    @property
    def known(self):
        return self.slow is not None

    @property
    def too_few(self):
        """There is no experience yet; else, if it is not known, too many are still open."""
        return not self.known and self.cases < pace.ENOUGH

    @property
    def usual(self):
        """The days in words, for their claimant; only if they are known."""
        if self.slow <= 1:
            return _("Most claims like yours were decided within a day.")
        words = _("Most claims like yours took %(quick)s to %(slow)s days.")
        if self.quick == 0:
            words = _("Most claims like yours were decided within %(slow)s days.")
        elif self.quick == self.slow:
            words = _("Most claims like yours took %(slow)s days.")
        return words % {"quick": self.quick, "slow": self.slow}

    @property
    def ahead(self):
        """Whether even the first of the days is still to come."""
        return self.first is not None and self.first > today()


def today():
    return timezone.localdate(timezone=ROME)


def pace_of(incident_id, remedy, stage=FIRST_DECISION):
    """An Estimate without days of its own: how long such claims take at present. One query."""
    return of(chosen(paces({remedy}), stage, remedy, incident_id))


def estimate_of(claim, deadline):
    """The Estimate of a claim with that Deadline, None unless it waits for a decision. One query."""
    if deadline is None or claim.state not in UNDECIDED:
        return None
    row = chosen(paces({claim.remedy}), deadline.stage, claim.remedy, claim.incident_id)
    return estimate(row, deadline.clock.spans)


def estimates_of(claims):
    """{id of claim: its Estimate} for those that wait for a decision; two queries, none if there are none."""
    waiting = [claim for claim in claims if claim.state in UNDECIDED]
    if not waiting:
        return {}
    ledgers = {(claim.pk, claim.round): [] for claim in waiting}
    for line in ClockEvent.objects.filter(claim__in=waiting).order_by("id"):
        ledgers.get((line.claim_id, line.round), []).append(line)
    rows, found = paces({claim.remedy for claim in waiting}), {}
    for claim in waiting:
        if ledger := ledgers[claim.pk, claim.round]:
            row = chosen(rows, ledger[0].basis, claim.remedy, claim.incident_id)
            found[claim.pk] = estimate(row, spans_of([line.event for line in ledger]))
    return found


def paces(remedies):
    """What was measured lately: older figures say nothing about today."""
    young = Q(as_of__gt=timezone.now() - timedelta(days=pace.STALE_DAYS))
    return list(Pace.objects.filter(young, remedy__in=remedies))


def chosen(rows, stage, remedy, incident_id):
    """The row of the claim's own incident if it has seen enough, else that of all incidents, else None."""
    fitting = {row.incident_id: row for row in rows if (row.stage, row.remedy) == (stage, remedy)}
    own = fitting.get(incident_id)
    return own if own and own.cases >= pace.ENOUGH else fitting.get(None)


def estimate(row, spans):
    """What `row` (a Pace or None) says of a claim whose clock has those spans."""
    now, stands = today(), not spans[-1].running
    found = replace(of(row), stands=stands)
    if not found.known:
        return found
    if pace.running(spans, now) > row.slow:
        return replace(found, late=True)
    if stands:
        return found
    first, last = (pace.day_after(spans, days, now) for days in (row.quick, row.slow))
    return replace(found, first=first, last=last)


def of(row):
    """What `row` says of any claim."""
    if row is None:
        return Estimate()
    enough = row.cases >= pace.ENOUGH and row.slow is not None
    return Estimate(
        quick=row.quick if enough else None,
        slow=row.slow if enough else None,
        cases=row.cases,
        still_open=row.still_open,
        as_of=row.as_of,
        alike=row.incident_id is not None,
    )
