"""A question belongs to a round of the review; those asked before this was stored to the one that lasted then."""

from django.db import migrations, models

ROUNDS = """
UPDATE claims_informationrequest AS asked SET round = found.round FROM (
    SELECT r.id, 1 + count(*) AS round FROM claims_informationrequest r
    JOIN claims_journalentry j ON j.chain = 'claim:' || r.claim_id
        AND j.action IN ('appeal', 'reopen') AND j.at <= r.asked_at
    GROUP BY r.id
) AS found WHERE found.id = asked.id
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0018_payouts_of_claims_already_due")]

    operations = [
        migrations.AddField(
            model_name="informationrequest",
            name="round",
            field=models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="review round"),
        ),
        migrations.RunSQL(ROUNDS, migrations.RunSQL.noop),
    ]
