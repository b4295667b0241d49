"""What must be true of appeals: one for a claim, in time after the decision it is against, and never worse."""

from claims.models import Appeal, Decision
from claims.reports.appealing import result_of
from claims.rules.appeals import is_worse

APPEALS = """
SELECT reference || ': ' || why FROM (
    SELECT c.reference, CASE
        WHEN d.claim_id <> a.claim_id THEN 'its appeal is against a decision of another claim'
        WHEN d.state <> 'effective' THEN 'its appeal is against a decision that is “' || d.state || '”'
        WHEN a.filed_at < d.effective_at THEN 'its appeal was filed before the decision'
        WHEN c.round <= d.round THEN 'its appeal began no round'
        WHEN count(*) OVER (PARTITION BY a.claim_id) > 1 THEN 'there is more than one appeal'
        WHEN (SELECT count(*) FROM claims_journalentry
              WHERE chain = 'claim:' || c.id AND action = 'appeal') <> 1 THEN 'the journal tells of another appeal'
    END AS why
    FROM claims_appeal a JOIN claims_claim c ON c.id = a.claim_id JOIN claims_decision d ON d.id = a.against_id
    UNION ALL
    SELECT c.reference, 'it waits for the decision on an appeal that nobody filed'
    FROM claims_claim c WHERE c.status = 'appealed' AND NOT EXISTS (SELECT FROM claims_appeal WHERE claim_id = c.id)
    UNION ALL
    SELECT c.reference, 'who decided an earlier round signed this one'
    FROM claims_countersignature s JOIN claims_decision d ON d.id = s.decision_id
    JOIN claims_claim c ON c.id = d.claim_id
    WHERE EXISTS (
        SELECT FROM claims_decision f WHERE f.claim_id = d.claim_id AND f.round < d.round AND f.state = 'effective'
        AND f.decider_id = s.signer_id
    )
) judged WHERE why IS NOT NULL
"""


def appeals_are_fair(cursor, _fast):
    """One appeal for a claim, by the rules, and its decision gives no less unless the terms allow it."""
    cursor.execute(APPEALS)
    yield from [row[0] for row in cursor]
    yield from worse()


def worse():
    """One text for each appeal that left its claimant with less, although its terms do not allow that."""
    appeals = Appeal.objects.select_related("claim__terms", "against")
    for appeal in appeals.iterator(1000):
        later = Decision.objects.filter(
            claim=appeal.claim_id, state="effective", round=appeal.against.round + 1
        ).first()
        if later is None or appeal.claim.terms.rules.appeal_may_worsen:
            continue
        if is_worse(result_of(appeal.against), result_of(later)):
            yield f"{appeal.claim.reference}: the decision on its appeal gives less than the first"
