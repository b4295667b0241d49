"""A roster may have millions of accounts: its indexes are built while everybody goes on working."""

import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0029_bank_details_of_accounts")]
    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                models.Func(django.db.models.functions.text.Lower("contact"), function="hashtext"),
                condition=models.Q(("contact", ""), _negated=True),
                name="customer_by_contact",
            ),
        ),
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                models.Func(django.db.models.functions.text.Lower("second_contact"), function="hashtext"),
                condition=models.Q(("second_contact__contains", "@")),
                name="customer_by_second_contact",
            ),
        ),
    ]
