"""Claims that ended before there was a way to give something in kind are entitled to what their last decision gives."""

from django.db import migrations

ENTITLE = """
INSERT INTO claims_entitlement (incident_id, kind, quantity, state, claim_id, decision_id, created_at)
SELECT c.incident_id, b.kind, b.quantity, 'waiting', c.id, d.id, c.updated_at
FROM claims_claim c JOIN LATERAL (
    SELECT id FROM claims_decision WHERE claim_id = c.id AND state = 'effective' ORDER BY round DESC LIMIT 1
) d ON true
JOIN claims_benefit b ON b.decision_id = d.id
WHERE c.status IN ('payment_due', 'paid', 'payment_returned', 'closed') ORDER BY c.updated_at, c.id, b.id
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0026_awards_in_kind")]

    operations = [migrations.RunSQL(ENTITLE, migrations.RunSQL.noop)]
