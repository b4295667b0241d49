"""Filling batches: what is owed goes in by its age, with all that the bank will be told frozen."""

import json
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.utils import translation

from claims.reports import owed
from claims.rules.money import ZERO
from claims.rules.payouts import REMITTANCE, REMITTANCE_OF_RUNS

AT_ONCE = 5_000  # owed payouts that are looked at with one statement

TAKEN = """
WITH taken AS (
    SELECT id, created_at FROM claims_payout
    WHERE incident_id = %(incident)s AND state = 'owed' AND (created_at, id) > (%(after)s, %(after_id)s)
    ORDER BY created_at, id LIMIT %(size)s FOR UPDATE SKIP LOCKED
) SELECT id, created_at FROM taken ORDER BY created_at, id
"""
# In the order of their age, up to the first that would be too much; the others wait for the next batch.
PLANNED = f"""
WITH {owed.JUDGED.format(which="p.id = ANY(%(ids)s)")}, fitting AS (
    SELECT j.*, coalesce(u.language, k.language) AS language, sum(amount) OVER aged AS sum,
        row_number() OVER aged AS number
    FROM judged j
    LEFT JOIN accounts_user u ON u.id = j.claimant_id LEFT JOIN claims_customer k ON k.id = j.customer_id
    WHERE why = '' WINDOW aged AS (ORDER BY j.created_at, j.id)
), planned AS (
    INSERT INTO claims_transfer (payout_id, batch_id, end_to_end_id, amount, bank_details, account_details_id,
        iban_index, iban_hint, details_by_id, remittance, state, reason)
    SELECT id, %(batch)s, 'R' || id || '-' || 1 + (SELECT count(*) FROM claims_transfer t WHERE t.payout_id = f.id),
        amount, bank_details, account_details_id, iban_index, iban_hint, given_by,
        left(replace(
            %(words)s::jsonb ->> (f.language || CASE WHEN f.reference IS NULL THEN ' run ' ELSE ' ' END || f.remedy),
            '%%(reference)s', coalesce(f.reference, 'R' || f.id)
        ), 140),
        'planned', ''
    FROM fitting f
    WHERE (%(most_amount)s::numeric IS NULL OR sum <= %(most_amount)s)
        AND (%(most_count)s::bigint IS NULL OR number <= %(most_count)s)
    ORDER BY created_at, id
    RETURNING payout_id, amount
), moved AS (UPDATE claims_payout p SET state = 'batched' FROM planned WHERE p.id = planned.payout_id
)
SELECT why, count(*), NULL::numeric FROM judged WHERE why <> '' GROUP BY why
UNION ALL SELECT 'fitting', count(*), NULL FROM fitting
UNION ALL SELECT 'planned', count(*), coalesce(sum(amount), 0) FROM planned
"""  # noqa: S608


class Walk:
    """Goes once over what an incident owes, oldest first, and fills one batch after the other."""

    def __init__(self, incident, by):
        self.incident, self.by = incident, by
        self.after, self.after_id = datetime(1970, 1, 1, tzinfo=UTC), 0
        self.waiting, self.done = {}, False  # {why: how many} of what is left out
        self.ids = []

    def fill(self, batch, most_amount, most_count):
        """Puts into `batch` what fits; returns (count, total)."""
        count, total = 0, ZERO
        while not self.done:
            ids = self.ids or self.next_ids()
            if not ids:
                break
            left = None if most_amount is None else most_amount - total
            room = None if most_count is None else most_count - count
            fitting, planned, amount = self.plan(batch, ids, left, room)
            count, total = count + planned, total + amount
            if planned < fitting:  # full: what did not fit is the first of the next batch
                self.ids = ids
                break
            self.ids = []
        return count, total

    def next_ids(self):
        with connection.cursor() as cursor:
            values = {"incident": self.incident.pk, "after": self.after, "after_id": self.after_id, "size": AT_ONCE}
            cursor.execute(TAKEN, values)
            rows = cursor.fetchall()
        if not rows:
            self.done = True
            return []
        self.after_id, self.after = rows[-1]
        return [pk for pk, _created in rows]

    def plan(self, batch, ids, most_amount, most_count):
        with connection.cursor() as cursor:
            cursor.execute(
                PLANNED,
                {
                    **owed.facts_for(self.by, batch.opened_at),
                    "ids": ids,
                    "batch": batch.pk,
                    "words": words_for(self.incident),
                    "most_amount": most_amount,
                    "most_count": most_count,
                },
            )
            found = {name: (count, amount) for name, count, amount in cursor.fetchall()}
        (fitting, _none), (planned, amount) = found.pop("fitting"), found.pop("planned")
        if planned == fitting:
            for why, (count, _none) in found.items():
                self.waiting[why] = self.waiting.get(why, 0) + count
        return fitting, planned, amount


def words_for(incident):
    """{language and remedy: what the payee reads}, the reference of the claim or payment still to be put in."""
    words = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for texts, run in ((REMITTANCE, ""), (REMITTANCE_OF_RUNS, "run ")):
                for remedy, text in texts.items():
                    words[f"{language} {run}{remedy}"] = text % {"code": incident.code, "reference": "%(reference)s"}
    return json.dumps(words)
