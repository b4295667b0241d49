"""Claims that were due to be paid before there was a way to pay them owe the net of their last decision."""

from django.db import migrations

OWE = """
INSERT INTO claims_payout (incident_id, remedy, amount, state, claim_id, decision_id, created_at)
SELECT c.incident_id, c.remedy, d.net, 'owed', c.id, d.id, c.updated_at
FROM claims_claim c JOIN LATERAL (
    SELECT id, net FROM claims_decision WHERE claim_id = c.id AND state = 'effective' ORDER BY round DESC LIMIT 1
) d ON true
WHERE c.status = 'payment_due' AND d.net > 0 ORDER BY c.updated_at, c.id
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0017_payouts_and_batches")]

    operations = [migrations.RunSQL(OWE, migrations.RunSQL.noop)]
