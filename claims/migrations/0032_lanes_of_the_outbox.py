"""The indexes of a table that may have millions of rows are made beside its use, and its rule is looked at afterwards."""

import django.db.models.expressions
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("claims", "0031_the_outbox_at_scale")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),
        migrations.AlterField(
            model_name="notice",
            name="state",
            field=models.CharField(
                choices=[
                    ("held", "Waiting until the mailbox works again"),
                    ("queued", "Queued"),
                    ("sending", "Being sent"),
                    ("sent", "Sent"),
                    ("failed", "Failed"),
                    ("bounced", "Came back"),
                ],
                default="queued",
                max_length=10,
                verbose_name="state",
            ),
        ),
        AddIndexConcurrently(
            model_name="notice",
            index=models.Index(
                django.db.models.expressions.RawSQL(
                    "CASE WHEN kind = 'sign_in' THEN '' WHEN payout_id IS NULL THEN '0' WHEN starts_with(key, 'run:') THEN '1' || split_part(key, ':', 2) ELSE '1' END",
                    (),
                ),
                django.db.models.expressions.RawSQL("lower(split_part(address, '@', -1))", ()),
                models.F("next_try_at"),
                models.F("id"),
                condition=models.Q(("state", "queued")),
                name="notice_lanes",
            ),
        ),
        AddIndexConcurrently(
            model_name="notice",
            index=models.Index(condition=models.Q(("state", "sending")), fields=["leased_until"], name="notice_leases"),
        ),
        AddIndexConcurrently(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "bounced"])), fields=["state"], name="notice_in_trouble"
            ),
        ),
        RemoveIndexConcurrently(
            model_name="notice",
            name="notice_outbox",
        ),
        migrations.RemoveConstraint(
            model_name="notice",
            name="notice_state",
        ),
        AddConstraintNotValid(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "queued", "sending", "sent", "failed", "bounced"])),
                name="notice_state",
            ),
        ),
        ValidateConstraint(model_name="notice", name="notice_state"),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
