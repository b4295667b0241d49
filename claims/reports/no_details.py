"""Those whom a mass run owes something, and nobody has said where to pay."""

from decimal import Decimal

from django.db import connection

MOST = 100_000  # as many are counted; a page says “more than” beyond
COUNT = """
SELECT count(*), coalesce(sum(amount), 0) FROM (
    SELECT p.amount FROM claims_payout p WHERE p.run_id = %(run)s AND p.state = 'owed' AND NOT EXISTS (
        SELECT FROM claims_accountdetails d WHERE d.customer_id = p.customer_id AND d.superseded_at IS NULL
    ) LIMIT %(most)s
) without
"""


def without_details(run):
    """(payments, euro, whether there are more) of a run that cannot be paid before somebody says where."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"run": run.pk, "most": MOST + 1})
        count, total = cursor.fetchone()
    return (MOST, Decimal(total), True) if count > MOST else (count, Decimal(total), False)
