"""Measuring how long claims take at present, for what claimants are told."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from claims.models import Pace
from claims.rules.outage import ROME
from claims.rules.pace import MEASURED_DAYS, QUICK, SLOW
from claims.rules.statuses import UNDECIDED

# A round is one clock of one claim. What stood still of it is cut to the days after its start, up to its last one.
MEASURE = """
WITH rounds AS (
    SELECT claim_id, round, (effective_at AT TIME ZONE 'Europe/Rome')::date AS last, true AS decided
    FROM claims_decision WHERE state = 'effective' AND effective_at > %(since)s AND effective_at <= %(now)s
    UNION ALL
    SELECT id, round, %(today)s, false FROM claims_claim WHERE status = ANY(%(undecided)s)
), spells AS (
    SELECT rounds.*, start."on" AS first, start.basis AS stage, claim.remedy, claim.incident_id
    FROM rounds
    JOIN claims_clockevent start
        ON start.claim_id = rounds.claim_id AND start.round = rounds.round AND start.kind = 'start'
    JOIN claims_claim claim ON claim.id = rounds.claim_id
), switches AS (
    SELECT claim_id, round, kind, "on" AS since,
        lead("on", 1, 'infinity') OVER (PARTITION BY claim_id, round ORDER BY id) AS until
    FROM claims_clockevent WHERE kind IN ('pause', 'resume')
), stood AS (
    SELECT claim_id, round, sum(greatest(0, least(until, last + 1) - greatest(since, first + 1))) AS days
    FROM spells JOIN switches USING (claim_id, round) WHERE kind = 'pause' GROUP BY claim_id, round
), lengths AS (
    SELECT stage, remedy, incident_id, decided, greatest(0, last - first - coalesce(days, 0)) AS days
    FROM spells LEFT JOIN stood USING (claim_id, round)
), counted AS (
    SELECT stage, remedy, incident_id, days, count(*) FILTER (WHERE decided) AS decided, count(*) AS leaving
    FROM lengths GROUP BY GROUPING SETS ((stage, remedy, incident_id, days), (stage, remedy, days))
), at_risk AS (
    SELECT *, sum(leaving) OVER (PARTITION BY stage, remedy, incident_id ORDER BY days DESC) AS open_before
    FROM counted
), curve AS (
    SELECT *, CASE WHEN bool_or(decided = open_before) OVER so_far THEN 0
        ELSE exp(sum(ln(nullif(open_before - decided, 0)::float8 / open_before::float8)) OVER so_far)
        END AS still_waiting
    FROM at_risk WINDOW so_far AS (PARTITION BY stage, remedy, incident_id ORDER BY days)
)
INSERT INTO claims_pace (stage, remedy, incident_id, cases, still_open, quick, slow, as_of)
SELECT stage, remedy, incident_id, sum(decided), sum(leaving - decided),
    min(days) FILTER (WHERE still_waiting <= 1 - %(quick)s + 1e-9),
    min(days) FILTER (WHERE still_waiting <= 1 - %(slow)s + 1e-9), %(now)s
FROM curve GROUP BY stage, remedy, incident_id HAVING sum(decided) > 0
"""


@transaction.atomic(durable=True)
def measure(now=None):
    """Writes anew within how many days claims are decided, by stage and remedy, for each incident and for all.

    The decisions of the last 90 days and the claims that are open now make a Kaplan-Meier estimate: an open claim
    counts as one that takes longer than it has waited so far, so what drags on makes the estimate longer, not rosier.
    Claims withdrawn before a decision are left out. It reads everything anew each time: a turn that was missed only
    makes `as_of` older. Nothing is changed if it fails, and readers see the old rows until the new ones are there.
    """
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE claims_pace IN EXCLUSIVE MODE")  # one writes at a time, all may read
        Pace.objects.all().delete()
        cursor.execute(
            MEASURE,
            {
                "now": now,
                "since": now - timedelta(days=MEASURED_DAYS),
                "today": now.astimezone(ROME).date(),
                "undecided": [str(status) for status in UNDECIDED],
                "quick": QUICK,
                "slow": SLOW,
            },
        )
