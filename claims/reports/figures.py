"""The numbers a manager sees, one function each. Days are Rome dates, amounts euro.

A figure of a period counts by the day on which its event fell: a submission, a decision, a due date. A claim that is
still a draft counts nowhere.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from claims.models import Appeal, Claim, Decision, Notice
from claims.models.claim import clock_stands
from claims.reports.appealing import result_of
from claims.rules.appeals import has_changed
from claims.rules.outage import ROME
from claims.rules.statuses import UNDECIDED, WITH_REVIEWER, Status

# Days since submission; the last bucket has no end.
AGES = ((0, 7), (8, 15), (16, 30), (31, 45), (46, None))

BACKLOG_THEN = """
SELECT count(*) FROM claims_claim c
CROSS JOIN LATERAL (
    SELECT new FROM claims_journalentry WHERE chain = 'claim:' || c.id AND at < %(end)s ORDER BY sequence DESC LIMIT 1
) last
WHERE c.id IN (SELECT id FROM claims_claim WHERE submitted_at < %(end)s) AND last.new = ANY(%(open)s)
AND (%(incident)s = '' OR c.incident_id = (SELECT id FROM claims_incident WHERE code = %(incident)s))
AND (%(remedy)s = '' OR c.remedy = %(remedy)s)
"""


def today():
    return timezone.localdate(timezone=ROME)


@dataclass(frozen=True)
class Scope:
    """Which claims: of an incident (its code) and a remedy, "" for all; from day `first` to `last`, both included."""

    incident: str = ""
    remedy: str = ""
    first: date | None = None
    last: date | None = None
    today: date = field(default_factory=today)

    def claims(self):
        return Claim.objects.filter(self.chosen()).exclude(status=Status.DRAFT)

    def decisions(self):
        """Those that took effect in the period; each round of a claim has its own."""
        return Decision.objects.filter(self.chosen("claim__"), self.within("effective_at"), state="effective")

    def chosen(self, prefix=""):
        wanted = {f"{prefix}incident__code": self.incident, f"{prefix}remedy": self.remedy}
        return Q(**{name: value for name, value in wanted.items() if value})

    def within(self, moment):
        """Whether the column `moment` (UTC) lies on a day of the period."""
        inside = Q()
        if self.first:
            inside &= Q(**{f"{moment}__gte": midnight(self.first)})
        if self.last:
            inside &= Q(**{f"{moment}__lt": midnight(self.last + timedelta(days=1))})
        return inside


def midnight(day):
    """The moment at which a Rome date begins."""
    return datetime.combine(day, time(), ROME)


def inflow(scope):
    """How many claims were submitted."""
    return scope.claims().filter(scope.within("submitted_at"), submitted_at__isnull=False).count()


def inflow_by_day(scope):
    """[(day, how many were submitted)], days without any left out."""
    submitted = scope.claims().filter(scope.within("submitted_at"), submitted_at__isnull=False)
    per_day = submitted.values(day=TruncDate("submitted_at", tzinfo=ROME)).annotate(claims=Count("pk"))
    return list(per_day.order_by("day").values_list("day", "claims"))


def backlog(scope):
    """How many were submitted and not decided at the end of the period; without an end, or if it has not come: now."""
    if scope.last is None or scope.last >= scope.today:
        return scope.claims().undecided().count()
    wanted = {
        "end": midnight(scope.last + timedelta(days=1)),
        "open": [str(status) for status in UNDECIDED],
        "incident": scope.incident,
        "remedy": scope.remedy,
    }
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG_THEN, wanted)
        return cursor.fetchone()[0]


def ageing(scope):
    """[(from day, to day or None, how many)] of what is undecided now, by days since submission."""
    undecided = scope.claims().undecided()
    return [(low, high, undecided.filter(aged(scope, low, high)).count()) for low, high in AGES]


def aged(scope, low, high):
    """Submitted `low` to `high` days before today; day 0 is the day of submission."""
    young = Q(submitted_at__lt=midnight(scope.today - timedelta(days=low - 1))) if low else Q()
    return young if high is None else young & Q(submitted_at__gte=midnight(scope.today - timedelta(days=high)))


class Percentile(Aggregate):
    """The smallest value that is not passed by `fraction` of all."""

    function = "percentile_disc"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def days_to_decision(scope):
    """(median, p90): the days within which half and nine tenths of the decisions were made; None if there are none."""
    days = ExpressionWrapper(
        TruncDate("effective_at", tzinfo=ROME) - TruncDate("claim__submitted_at", tzinfo=ROME), DurationField()
    )
    spans = scope.decisions().aggregate(median=Percentile(days, fraction=0.5), p90=Percentile(days, fraction=0.9))
    return tuple(None if value is None else value.days for value in (spans["median"], spans["p90"]))


def outcomes(scope):
    """{outcome: how many decisions}."""
    return dict(scope.decisions().order_by().values("outcome").annotate(n=Count("pk")).values_list("outcome", "n"))


def acceptance_rate(scope):
    """Approved and partly approved among all decided, 0 to 1; None if nothing was decided."""
    counts = outcomes(scope)
    decided = sum(counts.values())
    return (decided - counts.get("rejected", 0)) / decided if decided else None


def award_ratio(scope):
    """Euro awarded for each euro claimed in what was decided; None if nothing was."""
    sums = scope.decisions().aggregate(awarded=Sum("total"), claimed=Sum("claim__claimed"))
    return sums["awarded"] / sums["claimed"] if sums["claimed"] else None


def exposure(scope):
    """Euro claimed in what is undecided now."""
    return scope.claims().undecided().aggregate(euro=Sum("claimed", default=Decimal("0.00")))["euro"]


def breaches(scope):
    """How many that were due in the period were decided after their due date, or are due and still open."""
    due = scope.claims()
    if scope.first:
        due = due.filter(due__gte=scope.first)
    if scope.last:
        due = due.filter(due__lte=scope.last)
    late = ~Q(status__in=UNDECIDED) & Q(decided_on__gt=F("due"))
    overdue = Q(status__in=UNDECIDED, due__lt=scope.today) & ~clock_stands()
    return due.annotate(decided_on=TruncDate("decided_at", tzinfo=ROME)).filter(late | overdue).count()


def load(scope):
    """[(reviewer's name, e-mail, claims on the desk, overdue ones)], the fullest desk first."""
    on_desk = scope.claims().filter(status__in=WITH_REVIEWER, assigned_to__isnull=False)
    per_person = on_desk.values("assigned_to__name", "assigned_to__email").annotate(
        claims=Count("pk"), overdue=Count("pk", filter=Q(due__lt=scope.today) & ~clock_stands())
    )
    return list(
        per_person.order_by("-claims", "assigned_to__email").values_list(
            "assigned_to__name", "assigned_to__email", "claims", "overdue"
        )
    )


def appeals_filed(scope):
    """How many appeals were filed."""
    return Appeal.objects.filter(scope.chosen("claim__"), scope.within("filed_at")).count()


def decided_on_appeal(scope):
    """(how many appeals were decided, how many of those changed what the claimant gets, in money or beside it)."""
    second = (
        scope.decisions().filter(claim__appeal__against__round__lt=F("round")).select_related("claim__appeal__against")
    )
    second = list(second.prefetch_related("benefits", "claim__appeal__against__benefits"))
    results = [(result_of(decision.claim.appeal.against), result_of(decision)) for decision in second]
    return len(results), sum(has_changed(before, after) for before, after in results)


def notices_by_state(scope):
    """{state: how many notices about claims were written in the period and are in it now}."""
    about = Notice.objects.filter(scope.chosen("claim__"), scope.within("created_at"), claim__isnull=False)
    return dict(about.values("state").annotate(n=Count("pk")).values_list("state", "n"))
