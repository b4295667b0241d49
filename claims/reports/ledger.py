"""The ledger of an incident: for each account what was granted, what is paid, what came back, what is outstanding."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

ENTRIES = """
WITH granted AS (
    SELECT coalesce(k.login, lower(c.login)) AS account, d.total AS gross, d.offsets, d.net
    FROM claims_claim c LEFT JOIN claims_customer k ON k.id = c.customer_id
    JOIN LATERAL (
        SELECT total, offsets, net FROM claims_decision
        WHERE claim_id = c.id AND state = 'effective' ORDER BY round DESC LIMIT 1
    ) d ON true
    WHERE c.incident_id = %(incident)s AND c.status IN ('payment_due', 'paid', 'payment_returned', 'closed')
    UNION ALL
    SELECT k.login, p.amount, 0, p.amount FROM claims_payout p JOIN claims_customer k ON k.id = p.customer_id
    WHERE p.incident_id = %(incident)s AND p.state <> 'cancelled'
), paid AS (
    SELECT coalesce(k.login, lower(c.login)) AS account, p.state, p.amount
    FROM claims_payout p LEFT JOIN claims_claim c ON c.id = p.claim_id
    LEFT JOIN claims_customer k ON k.id = coalesce(p.customer_id, c.customer_id)
    WHERE p.incident_id = %(incident)s
), grants AS (
    SELECT account, sum(gross) AS gross, sum(offsets) AS offsets, sum(net) AS net FROM granted GROUP BY account
), moves AS (
    SELECT account, sum(amount) FILTER (WHERE state = 'settled') AS paid,
        sum(amount) FILTER (WHERE state IN ('batched', 'sent')) AS under_way,
        sum(amount) FILTER (WHERE state = 'returned') AS returned
    FROM paid GROUP BY account
), ledger AS (
    SELECT account, coalesce(gross, 0.00) AS gross, coalesce(offsets, 0.00) AS offsets, coalesce(net, 0.00) AS net,
        coalesce(paid, 0.00) AS paid, coalesce(under_way, 0.00) AS under_way, coalesce(returned, 0.00) AS returned
    FROM grants FULL JOIN moves USING (account)
)
"""
OF_ACCOUNT = (
    f"{ENTRIES} SELECT * FROM ledger WHERE %(login)s = '' OR account = %(login)s ORDER BY account LIMIT %(size)s"
)
TOGETHER = f"""{ENTRIES}
SELECT count(*)::text, coalesce(sum(gross), 0), coalesce(sum(offsets), 0), coalesce(sum(net), 0),
    coalesce(sum(paid), 0), coalesce(sum(under_way), 0), coalesce(sum(returned), 0) FROM ledger
"""


@dataclass(frozen=True)
class Entry:
    """Euro of one account, or of all together (then `account` says how many there are)."""

    account: str
    gross: Decimal
    offsets: Decimal
    net: Decimal
    paid: Decimal
    under_way: Decimal
    returned: Decimal

    @property
    def outstanding(self):
        """Granted and not paid, whether it is on its way, came back or has not left."""
        return max(self.net - self.paid, Decimal("0.00"))


def found(query, **values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [Entry(*row) for row in cursor.fetchall()]


def ledger(incident, *, login="", size=1000):
    """The entries of an incident by account, or that of `login` alone."""
    return found(OF_ACCOUNT, incident=incident.pk, login=login.strip().lower(), size=size)


def together(incident):
    """One entry over all accounts."""
    return found(TOGETHER, incident=incident.pk)[0]
