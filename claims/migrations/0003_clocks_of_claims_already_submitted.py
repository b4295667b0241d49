"""Claims submitted before there was a deadline ledger get the line that their submission would have written."""

from django.db import migrations

START = """
INSERT INTO claims_clockevent (claim_id, round, kind, "on", days, mode, basis, by_id)
SELECT c.id, 1, 'start', (c.submitted_at AT TIME ZONE 'Europe/Rome')::date,
       coalesce((t.values ->> 'decision_days')::int, 45), coalesce(t.values ->> 'decision_mode', 'calendar'),
       'decision', c.filed_by_id
FROM claims_claim c JOIN claims_incidentterms t ON t.id = c.terms_id
WHERE c.submitted_at IS NOT NULL AND NOT EXISTS (SELECT FROM claims_clockevent e WHERE e.claim_id = c.id)
ORDER BY c.id
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0002_the_life_of_a_case")]

    operations = [migrations.RunSQL(START, migrations.RunSQL.noop)]
