"""The ledger of an incident: for each account what was granted, what is paid, what came back, what is outstanding.

An account is a login on the roster, or the one that a claim names if the roster does not know it.
"""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from django.db import connection, transaction

from claims.models.patience import be_patient
from claims.rules.money import ZERO

GRANTED = "('payment_due', 'paid', 'payment_returned', 'closed')"
DECIDED = """
    JOIN LATERAL (
        SELECT total, offsets, net FROM claims_decision
        WHERE claim_id = c.id AND state = 'effective' ORDER BY round DESC LIMIT 1
    ) d ON d.total > 0
"""
# A claim that was granted something, or once was.
WITH_MONEY = f"""(EXISTS (SELECT FROM claims_payout p WHERE p.claim_id = c.id)
    OR c.status IN {GRANTED} AND EXISTS (SELECT FROM (SELECT) one {DECIDED}))"""
# Of all accounts, or of those whose logins are in `accounts`.
OF_ALL = {"claims": "c.incident_id = %(incident)s", "payouts": "p.incident_id = %(incident)s"}
OF_SOME = {
    "claims": """c.incident_id = %(incident)s AND (c.customer_id IN (SELECT id FROM asked)
        OR c.customer_id IS NULL AND lower(c.login) = ANY(%(accounts)s))""",
    "payouts": "p.customer_id IN (SELECT id FROM asked)",
}
ASKED = """
asked AS MATERIALIZED (
    SELECT id FROM claims_customer WHERE incident_id = %(incident)s AND login = ANY(%(accounts)s)
), """
ENTRIES = """
granted AS (
    SELECT coalesce(k.login, lower(c.login)) AS account, d.total AS gross, d.offsets, d.net
    FROM claims_claim c LEFT JOIN claims_customer k ON k.id = c.customer_id {decided}
    WHERE {claims} AND c.status IN {granted}
    UNION ALL
    SELECT k.login, p.amount, 0, p.amount FROM claims_payout p JOIN claims_customer k ON k.id = p.customer_id
    WHERE {payouts} AND p.customer_id IS NOT NULL AND p.state <> 'cancelled'
), paid AS (
    SELECT k.login AS account, p.state, p.amount
    FROM claims_payout p JOIN claims_customer k ON k.id = p.customer_id
    WHERE {payouts} AND p.customer_id IS NOT NULL AND p.state <> 'cancelled'
    UNION ALL
    SELECT coalesce(k.login, lower(c.login)), p.state, p.amount
    FROM claims_claim c JOIN claims_payout p ON p.claim_id = c.id LEFT JOIN claims_customer k ON k.id = c.customer_id
    WHERE {claims}
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
WORDS = {"decided": DECIDED, "granted": GRANTED}
EVERYBODY = "WITH " + ENTRIES.format(**OF_ALL, **WORDS)
SOMEBODY = "WITH " + ASKED + ENTRIES.format(**OF_SOME, **WORDS) + "SELECT * FROM ledger ORDER BY account"
SUMMED = f"""{EVERYBODY}
SELECT count(*)::text, coalesce(sum(gross), 0), coalesce(sum(offsets), 0), coalesce(sum(net), 0),
    coalesce(sum(paid), 0), coalesce(sum(under_way), 0), coalesce(sum(returned), 0) FROM ledger
"""
# By remedy, from the rows themselves: no account is looked at.
TOGETHER = f"""
SELECT remedy, sum(gross), sum(offsets), sum(net), sum(paid), sum(under_way), sum(returned) FROM (
    SELECT c.remedy, d.total AS gross, d.offsets, d.net, 0.00 AS paid, 0.00 AS under_way, 0.00 AS returned
    FROM claims_claim c {DECIDED} WHERE {OF_ALL["claims"]} AND c.status IN {GRANTED}
    UNION ALL
    SELECT remedy, granted, 0, granted, paid, under_way, returned FROM (
        SELECT remedy,
            coalesce(sum(amount) FILTER (WHERE customer_id IS NOT NULL AND state <> 'cancelled'), 0) AS granted,
            coalesce(sum(amount) FILTER (WHERE state = 'settled'), 0) AS paid,
            coalesce(sum(amount) FILTER (WHERE state IN ('batched', 'sent')), 0) AS under_way,
            coalesce(sum(amount) FILTER (WHERE state = 'returned'), 0) AS returned
        FROM claims_payout p WHERE {OF_ALL["payouts"]} GROUP BY remedy
    ) AS payouts
) AS parts GROUP BY remedy ORDER BY remedy
"""
ACCOUNTS = f"""
SELECT (
    SELECT count(*) FROM (
        SELECT customer_id FROM claims_payout p
        WHERE {OF_ALL["payouts"]} AND customer_id IS NOT NULL AND state <> 'cancelled'
        UNION
        SELECT customer_id FROM claims_claim c WHERE {OF_ALL["claims"]} AND customer_id IS NOT NULL
        AND {WITH_MONEY}
    ) AS on_roster
) + (
    SELECT count(DISTINCT lower(c.login)) FROM claims_claim c WHERE {OF_ALL["claims"]} AND customer_id IS NULL
    AND {WITH_MONEY}
    AND NOT EXISTS (SELECT FROM claims_customer k WHERE k.incident_id = c.incident_id AND k.login = lower(c.login))
)
"""
# The accounts with money among the next `size` of the roster; and of claims that name others, as far as those reach.
NEXT = f"""
WITH chosen AS MATERIALIZED (
    SELECT id, login FROM claims_customer WHERE incident_id = %(incident)s AND login > %(after)s
    ORDER BY login LIMIT %(size)s
), bounds AS MATERIALIZED (SELECT count(*) AS walked, max(login) AS last FROM chosen
), found AS (
    SELECT k.login AS account FROM chosen k JOIN claims_payout p ON p.customer_id = k.id AND p.state <> 'cancelled'
    UNION
    SELECT coalesce(k.login, lower(c.login)) FROM claims_claim c LEFT JOIN chosen k ON k.id = c.customer_id, bounds
    WHERE {OF_ALL["claims"]}
    AND (k.id IS NOT NULL OR c.customer_id IS NULL AND lower(c.login) > %(after)s
        AND (walked < %(size)s OR lower(c.login) <= last))
    AND {WITH_MONEY}
)
SELECT walked, last, account FROM bounds LEFT JOIN (SELECT account FROM found ORDER BY account LIMIT %(most)s) f ON true
ORDER BY account
"""
AT_ONCE = 5_000  # accounts of the roster that are looked at with one statement
PATIENCE = 3  # seconds of looking for accounts with money; then somebody has to ask for more


@dataclass(frozen=True)
class Entry:
    """Euro of one account, or of all together (then `account` says how many there are, or which remedy it is)."""

    account: str
    gross: Decimal = ZERO
    offsets: Decimal = ZERO
    net: Decimal = ZERO
    paid: Decimal = ZERO
    under_way: Decimal = ZERO
    returned: Decimal = ZERO

    @property
    def outstanding(self):
        """Granted and not paid, whether it is on its way, came back or has not left."""
        return max(self.net - self.paid, ZERO)

    @property
    def amounts(self):
        return (self.gross, self.offsets, self.net, self.paid, self.under_way, self.returned)


def asked(query, **values):
    """The rows, however long it takes: there may be millions of accounts."""
    with transaction.atomic(), connection.cursor() as cursor:
        be_patient()
        cursor.execute(query, values)
        return cursor.fetchall()


def entries(incident, accounts):
    """The entries of these accounts (logins in small letters), in their order; none for one that got nothing."""
    return [Entry(*row) for row in asked(SOMEBODY, incident=incident.pk, accounts=list(accounts))]


def page(incident, *, after="", most=100):
    """([Entry], the account to go on after, or None at the end) of the accounts with money that follow `after`."""
    names, until = [], monotonic() + PATIENCE
    while after is not None and len(names) < most and monotonic() < until:
        values = {"incident": incident.pk, "after": after, "size": AT_ONCE, "most": most - len(names)}
        rows = asked(NEXT, **values)
        walked, last = rows[0][:2]
        names += [account for *_bounds, account in rows if account]
        after = names[-1] if len(names) == most else last if walked == AT_ONCE else None
    return entries(incident, names) if names else [], after


def by_remedy(incident):
    """{remedy: Entry} over all accounts."""
    return {row[0]: Entry(*row) for row in asked(TOGETHER, incident=incident.pk)}


def together(incident):
    """One entry over all accounts; it looks at claims and payouts, not at each account."""
    remedies = by_remedy(incident).values()
    sums = map(sum, zip(*(each.amounts for each in remedies), strict=True))
    return Entry(str(asked(ACCOUNTS, incident=incident.pk)[0][0]), *sums)


def summed(incident):
    """What together() says, but summed up account by account: it takes long, and proves it."""
    return Entry(*asked(SUMMED, incident=incident.pk)[0])
