"""Claims submitted before risk was stored get the one that their moves would have written."""

from django.db import migrations

RISK = """
UPDATE claims_claim AS claim SET risk = found.risk FROM (
    SELECT c.id, (c.claimed > coalesce((t.values ->> 'countersign_limit')::numeric, 500))::int + (c.round > 1)::int
        + EXISTS (
            SELECT FROM claims_decision d WHERE d.claim_id = c.id AND d.round = c.round AND d.state = 'returned'
        )::int AS risk
    FROM claims_claim c JOIN claims_incidentterms t ON t.id = c.terms_id WHERE c.submitted_at IS NOT NULL
) AS found WHERE found.id = claim.id AND found.risk > 0
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0010_urgency_and_absence")]

    operations = [migrations.RunSQL(RISK, migrations.RunSQL.noop)]
