"""What is owed and not on its way: oldest first, each with why it waits, if it does."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from claims.rules.payouts import SHARED_BY, WAIT_AFTER_CHANGE

# Of some owed payouts: whom and where to pay, and `why` not yet. An account that several claimants name waits until a
# manager has looked at as many of them as there are now.
JUDGED = """
SELECT p.id, p.amount, p.remedy, p.created_at, c.reference, u.language, c.iban_given_by_id AS given_by,
    c.bank_details, coalesce(c.iban_index, '') AS iban_index, coalesce(c.iban_hint, '') AS iban_hint,
    CASE
        WHEN c.bank_details IS NULL THEN 'no_details'
        WHEN c.claimant_id = %(by)s OR EXISTS (
            SELECT FROM claims_claim mine WHERE mine.claimant_id = %(by)s AND mine.iban_index = c.iban_index
        ) THEN 'own'
        WHEN c.iban_changed_at > %(changed_since)s THEN 'changed'
        WHEN (SELECT count(DISTINCT same.claimant_id) FROM claims_claim same WHERE same.iban_index = c.iban_index)
            >= greatest(%(shared_by)s, 1 + coalesce((
                SELECT max(said.claimants) FROM claims_sharedaccount said WHERE said.iban_index = c.iban_index
            ), 0)) THEN 'shared'
        ELSE ''
    END AS why
FROM claims_payout p
LEFT JOIN claims_claim c ON c.id = p.claim_id LEFT JOIN accounts_user u ON u.id = c.claimant_id
"""
LISTED = f"""
SELECT j.id, j.amount, j.remedy, j.created_at, coalesce(j.reference, ''), j.iban_hint, j.why
FROM ({JUDGED} WHERE p.state = 'owed' AND p.incident_id = %(incident)s) j
ORDER BY j.why = '', j.created_at, j.id LIMIT %(size)s
"""  # noqa: S608
SUMMED = f"""
SELECT j.why, count(*), coalesce(sum(j.amount), 0)
FROM ({JUDGED} WHERE p.state = 'owed' AND p.incident_id = %(incident)s) j GROUP BY j.why
"""  # noqa: S608
SHARED = """
SELECT same.iban_index, max(same.iban_hint), count(DISTINCT same.claimant_id),
    array_agg(DISTINCT same.reference ORDER BY same.reference)
FROM claims_claim same
WHERE same.iban_index IN (
    SELECT c.iban_index FROM claims_payout p JOIN claims_claim c ON c.id = p.claim_id
    WHERE p.state = 'owed' AND p.incident_id = %(incident)s AND c.iban_index <> ''
)
GROUP BY same.iban_index
HAVING count(DISTINCT same.claimant_id) >= greatest(%(shared_by)s, 1 + coalesce((
    SELECT max(said.claimants) FROM claims_sharedaccount said WHERE said.iban_index = same.iban_index
), 0))
ORDER BY count(DISTINCT same.claimant_id) DESC, same.iban_index LIMIT 100
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
    """An account that several claimants name: by its blind index, with the references of all their claims."""

    index: str
    hint: str
    claimants: int
    references: list


def facts_for(by):
    """What JUDGED asks about: who would open the batch, now."""
    return {"by": by.pk, "changed_since": timezone.now() - WAIT_AFTER_CHANGE, "shared_by": SHARED_BY}


def found(query, **values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def owed(incident, *, by, size=200):
    """At most `size` of the payouts that wait for a batch, those that cannot be paid yet first."""
    return [Owed(*row) for row in found(LISTED, incident=incident.pk, size=size, **facts_for(by))]


def sums(incident, *, by):
    """{why: (how many, euro)} of what is owed."""
    return {why: (count, total) for why, count, total in found(SUMMED, incident=incident.pk, **facts_for(by))}


def shared(incident):
    """The accounts that wait for a manager's word, those with the most claimants first."""
    return [Shared(*row) for row in found(SHARED, incident=incident.pk, shared_by=SHARED_BY)]
