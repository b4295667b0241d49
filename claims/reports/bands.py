"""What is usually awarded for a kind of loss after one incident."""

from django.db import connection

from claims.rules.signatures import Band

# The exact median: the mean of the middle one from below and the middle one from above.
BANDS = """
SELECT i.head, (percentile_disc(0.5) WITHIN GROUP (ORDER BY a.reduced)
    + percentile_disc(0.5) WITHIN GROUP (ORDER BY a.reduced DESC)) / 2, count(*)
FROM claims_award a JOIN claims_lossitem i ON i.id = a.item_id JOIN claims_decision d ON d.id = a.decision_id
JOIN claims_claim c ON c.id = d.claim_id
WHERE c.incident_id = %(incident)s AND c.id <> %(claim)s AND d.state = 'effective' AND i.head = ANY(%(heads)s)
    AND NOT EXISTS (
        SELECT FROM claims_decision l WHERE l.claim_id = c.id AND l.state = 'effective' AND l.round > d.round
    )
GROUP BY i.head
"""


def bands_beside(claim, heads):
    """{head: Band} over the items of other claims after the same incident; {} where the terms do not look at bands."""
    if claim.terms.rules.band_tolerance is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(BANDS, {"incident": claim.incident_id, "claim": claim.pk, "heads": sorted(set(heads))})
        return {head: Band(median, items) for head, median, items in cursor}
