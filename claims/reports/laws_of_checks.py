"""What must be true of checklists."""

# Decisions from before there was one have none; when that was is known to the database itself.
CHECKS = """
SELECT c.reference || ', round ' || d.round || ': ' || why FROM (
    SELECT d.*, CASE
        WHEN open > 0 THEN 'decided with ' || open || ' open checks'
        WHEN lines = 0 AND d.made_at > (
            SELECT applied FROM django_migrations
            WHERE app = 'claims' AND name LIKE '%%_a_complete_checklist_before_a_decision'
        ) THEN 'decided without a checklist'
        WHEN later > 0 THEN 'its checklist was changed after the decision'
    END AS why
    FROM claims_decision d CROSS JOIN LATERAL (
        SELECT count(*) AS lines, count(*) FILTER (WHERE result = 'open') AS open,
               count(*) FILTER (WHERE by_id IS NOT NULL AND at > d.made_at) AS later
        FROM claims_check k WHERE k.claim_id = d.claim_id AND k.round = d.round
    ) counted
    WHERE d.state IN ('proposed', 'effective')
) d JOIN claims_claim c ON c.id = d.claim_id WHERE why IS NOT NULL
"""


def checklists_are_complete(cursor, _fast):
    """Nobody decided over an open check, and what was found then stays."""
    cursor.execute(CHECKS, [])
    return (row[0] for row in cursor)
