"""What is owed and not on its way: oldest first, each with why it waits, if it does."""
# ruff: noqa: S608 - what is put together here is written down here; values are parameters

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from claims.reports.addresses import NAMED_BY
from claims.rules.payouts import SHARED_BY, WAIT_AFTER_CHANGE
from claims.rules.permissions import addresses_of

# Who names each of `asked`, a query for blind indexes: claimants of claims, and accounts of rosters. The account that
# somebody claims for with the same IBAN is one with them, and so is one of which they gave it themselves.
NAMES = """
SELECT same.iban_index, 'p' || same.claimant_id AS who, same.reference, NULL AS login, same.iban_hint AS hint
FROM claims_claim same WHERE same.iban_index IN ({asked}) AND same.iban_index <> ''
UNION ALL
SELECT d.iban_index, 'a' || d.customer_id, NULL, k.login, d.iban_hint
FROM claims_accountdetails d JOIN claims_customer k ON k.id = d.customer_id
WHERE d.superseded_at IS NULL AND d.iban_index IN ({asked}) AND NOT EXISTS (
    SELECT FROM claims_claim m WHERE m.iban_index = d.iban_index
    AND (m.customer_id = d.customer_id OR d.source = 'person' AND m.claimant_id = d.given_by_id)
)
"""
MOST_SAID = "SELECT max(said.claimants) FROM claims_sharedaccount said WHERE said.iban_index = {index}"
TOO_MANY = f"greatest(%(shared_by)s, 1 + coalesce(({MOST_SAID}), 0))"
# IBANs of who would open the batch, in claims of theirs or given by them for an account.
OWN = """
SELECT mine.iban_index FROM claims_claim mine WHERE mine.claimant_id = %(by)s
UNION SELECT gave.iban_index FROM claims_accountdetails gave
WHERE gave.given_by_id = %(by)s AND gave.source = 'person' AND gave.superseded_at IS NULL
"""
# Some payouts ({which}) that are owed: whom and where to pay, and `why` not yet. An account that several claimants name
# waits until a manager has looked at as many of them as there are now; they are counted once for each such account.
JUDGED = f"""
due AS MATERIALIZED (
    SELECT p.id, p.amount, p.remedy, p.created_at, p.customer_id, c.reference, c.claimant_id,
        d.id AS account_details_id, coalesce(c.iban_given_by_id, d.given_by_id) AS given_by,
        coalesce(c.bank_details, d.bank_details) AS bank_details,
        coalesce(c.iban_index, d.iban_index, '') AS iban_index, coalesce(c.iban_hint, d.iban_hint, '') AS iban_hint,
        coalesce(c.iban_changed_at > %(changed_since)s, d.usable_from > %(at)s) AS is_new,
        c.claimant_id = %(by)s OR p.customer_id IN ({NAMED_BY}) AS is_own
    FROM claims_payout p
    LEFT JOIN claims_claim c ON c.id = p.claim_id
    LEFT JOIN claims_accountdetails d
        ON d.customer_id = p.customer_id AND d.superseded_at IS NULL AND d.key IS NOT NULL
    WHERE p.state = 'owed' AND {{which}}
), named AS MATERIALIZED (
    SELECT iban_index, count(DISTINCT who) AS names
    FROM ({NAMES.format(asked="SELECT iban_index FROM due")}) names GROUP BY iban_index
), judged AS (
    SELECT due.*, CASE
        WHEN bank_details IS NULL THEN 'no_details'
        WHEN is_own OR iban_index IN ({OWN}) THEN 'own'
        WHEN is_new THEN 'changed'
        WHEN names >= {TOO_MANY.format(index="due.iban_index")} THEN 'shared'
        ELSE ''
    END AS why
    FROM due LEFT JOIN named USING (iban_index)
)
"""
# A mass run may owe millions, most of whom have not said where to pay: those are counted, and not judged one by one.
SAID = """(
    SELECT said.customer_id FROM claims_accountdetails said WHERE said.superseded_at IS NULL AND said.key IS NOT NULL
)"""
OLDEST = 2_000  # of what is owed; among these the list shows first what cannot be paid yet
WINDOW = f"""p.id IN (
    SELECT id FROM claims_payout WHERE state = 'owed' AND incident_id = %(incident)s
    ORDER BY created_at, id LIMIT {OLDEST}
)"""
LISTED = f"""
WITH {JUDGED.format(which=WINDOW)}
SELECT j.id, j.amount, j.remedy, j.created_at, coalesce(j.reference, ''), j.iban_hint, j.why
FROM judged j ORDER BY j.why = '', j.created_at, j.id LIMIT %(size)s
"""
JUDGED_ONE_BY_ONE = f"p.incident_id = %(incident)s AND (p.customer_id IS NULL OR p.customer_id IN {SAID})"
SUMMED = f"""
WITH {JUDGED.format(which=JUDGED_ONE_BY_ONE)}
SELECT why, sum(payouts)::bigint, sum(euro) FROM (
    SELECT j.why, count(*) AS payouts, sum(j.amount) AS euro FROM judged j GROUP BY j.why
    UNION ALL
    SELECT 'no_details', count(*), sum(p.amount) FROM claims_payout p
    LEFT JOIN {SAID} said ON said.customer_id = p.customer_id
    WHERE p.state = 'owed' AND p.incident_id = %(incident)s AND p.customer_id IS NOT NULL AND said.customer_id IS NULL
) AS parts WHERE payouts > 0 GROUP BY why
"""
OWED_INTO = """
SELECT c.iban_index FROM claims_payout p JOIN claims_claim c ON c.id = p.claim_id
WHERE p.state = 'owed' AND p.incident_id = %(incident)s
UNION ALL
SELECT d.iban_index FROM claims_accountdetails d JOIN claims_payout p ON p.customer_id = d.customer_id
WHERE d.superseded_at IS NULL AND p.state = 'owed' AND p.incident_id = %(incident)s
"""
SOME = 20  # references and accounts that are shown of a shared IBAN
SHARED = f"""
SELECT names.iban_index, max(names.hint), count(DISTINCT who),
    coalesce((array_agg(DISTINCT reference ORDER BY reference) FILTER (WHERE reference IS NOT NULL))[:{SOME}], '{{}}'),
    coalesce((array_agg(DISTINCT login ORDER BY login) FILTER (WHERE login IS NOT NULL))[:{SOME}], '{{}}')
FROM ({NAMES.format(asked=OWED_INTO)}) names
GROUP BY names.iban_index HAVING count(DISTINCT who) >= {TOO_MANY.format(index="names.iban_index")}
ORDER BY count(DISTINCT who) DESC, names.iban_index LIMIT 100
"""
NAMED = f"SELECT who FROM ({NAMES.format(asked='%(index)s')}) names GROUP BY who"
# The accounts that a batch would pay into although that many name them, unless somebody else than who opened it said
# of as many as there are now that it may be so.
IN_BATCH = f"""
WITH paid AS (
    SELECT iban_index, max(iban_hint) AS hint, count(*) AS payments, sum(amount) AS amount
    FROM claims_transfer WHERE batch_id = %(batch)s AND state = 'planned' GROUP BY iban_index
), names AS (
    SELECT iban_index, count(DISTINCT who) AS names FROM ({NAMES.format(asked="SELECT iban_index FROM paid")}) n
    GROUP BY iban_index
)
SELECT paid.iban_index, paid.hint, names.names, paid.payments, paid.amount
FROM paid JOIN names USING (iban_index)
WHERE names.names >= greatest(%(shared_by)s, 1 + coalesce((
    {MOST_SAID.format(index="paid.iban_index")} AND said.by_id <> %(opened_by)s
), 0))
ORDER BY names.names DESC, paid.iban_index
"""


@dataclass(frozen=True)
class Owed:
    """One payout that is owed; `why` is a key of claims.rules.payouts.WAITS, "" if the next batch takes it."""

    id: int
    amount: Decimal
    remedy: str
    since: datetime
    reference: str
    hint: str
    why: str


@dataclass(frozen=True)
class Shared:
    """A bank account that several claimants or accounts name: by its blind index, with some of their names."""

    index: str
    hint: str
    claimants: int
    references: list
    logins: list


@dataclass(frozen=True)
class SharedInBatch:
    """The same, as a batch would pay into it."""

    index: str
    hint: str
    claimants: int
    payments: int
    amount: Decimal


def facts_for(by, at=None):
    """What JUDGED asks about: who would open the batch, and when."""
    now = at or timezone.now()
    return {
        "by": by.pk,
        "addresses": sorted(addresses_of(by)),
        "at": now,
        "changed_since": now - WAIT_AFTER_CHANGE,
        "shared_by": SHARED_BY,
    }


def found(query, **values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def owed(incident, *, by, size=200):
    """At most `size` of the OLDEST payouts that wait for a batch, those that cannot be paid yet first."""
    return [Owed(*row) for row in found(LISTED, incident=incident.pk, size=size, **facts_for(by))]


def sums(incident, *, by):
    """{why: (how many, euro)} of what is owed."""
    return {why: (count, total) for why, count, total in found(SUMMED, incident=incident.pk, **facts_for(by))}


def shared(incident):
    """The bank accounts that wait for a manager's word, those with the most names first."""
    return [Shared(*row) for row in found(SHARED, incident=incident.pk, shared_by=SHARED_BY)]


def names_of(index):
    """Who names a bank account: "p7" is a person by their claims, "a7" an account of a roster."""
    return [who for (who,) in found(NAMED, index=index)]


def shared_in(batch):
    """The bank accounts of an open batch that too many name for it to be approved unseen."""
    values = {"batch": batch.pk, "opened_by": batch.opened_by_id, "shared_by": SHARED_BY}
    return [SharedInBatch(*row) for row in found(IN_BATCH, **values)]
