"""What the database must always satisfy, as queries for what does not. Each gives one text for each violation."""

import json

from claims.reports.chain import Walk
from claims.reports.laws_of_payouts import batches_have_four_eyes, payouts_add_up
from claims.reports.laws_of_signatures import unsigned
from claims.rules.statuses import CLAIM_MOVES, MOVES
from claims.rules.terms import Terms

STATUSES = """
WITH moves AS (SELECT * FROM unnest(%(sources)s::text[], %(targets)s::text[]) AS m (source, target)
), steps AS (
    SELECT chain, sequence, old, new, coalesce(lag(new) OVER chained, '') AS before,
           lead(sequence) OVER chained IS NULL AS last
    FROM claims_journalentry WHERE starts_with(chain, 'claim:')
    WINDOW chained AS (PARTITION BY chain ORDER BY sequence)
), claims AS (SELECT 'claim:' || id AS chain, reference, status, version FROM claims_claim)
SELECT coalesce(reference, chain) || ' #' || coalesce(sequence, 0) || ': ' || why
FROM (
    SELECT chain, reference, sequence, CASE
        WHEN sequence IS NULL THEN 'the journal knows nothing of it'
        WHEN reference IS NULL THEN 'there is no such claim'
        WHEN old <> before THEN 'it goes on from “' || old || '”, the entry before says “' || before || '”'
        WHEN before = '' AND new <> 'draft' THEN 'it starts as “' || new || '”'
        WHEN old NOT IN ('', new) AND (old, new) NOT IN (SELECT source, target FROM moves)
            THEN 'no move leads from “' || old || '” to “' || new || '”'
        WHEN last AND new <> status THEN 'the claim is “' || status || '”, the journal says “' || new || '”'
        WHEN last AND sequence <> version THEN 'version ' || version || ' of the claim, but ' || sequence || ' entries'
    END AS why
    FROM steps FULL JOIN claims USING (chain)
) judged WHERE why IS NOT NULL
"""

FOUR_EYES = """
SELECT c.reference || ', round ' || d.round || ': ' || count(*) || ' effective decisions'
FROM claims_decision d JOIN claims_claim c ON c.id = d.claim_id
WHERE d.state = 'effective' GROUP BY c.reference, d.round HAVING count(*) > 1
UNION ALL
SELECT reference || ': ' || why FROM (
    SELECT c.reference, CASE
        WHEN d.decider_id = c.claimant_id THEN 'the claimant decided it'
        WHEN s.signer_id = c.claimant_id THEN 'the claimant countersigned it'
        WHEN s.signer_id = d.decider_id THEN 'the decider countersigned it'
        WHEN d.state = 'effective' AND s.id IS NULL
            AND d.total > (%(terms)s::jsonb || t.values ->> 'countersign_limit')::numeric
            THEN 'it is over the limit and nobody countersigned it'
        WHEN d.round > 1 AND EXISTS (
            SELECT 1 FROM claims_decision f LEFT JOIN claims_countersignature fs ON fs.decision_id = f.id
            WHERE f.claim_id = d.claim_id AND f.round < d.round AND f.state = 'effective'
            AND d.decider_id IN (f.decider_id, fs.signer_id)
        ) THEN 'the appeal was decided by who decided or signed before'
    END AS why
    FROM claims_decision d JOIN claims_claim c ON c.id = d.claim_id JOIN claims_incidentterms t ON t.id = c.terms_id
    LEFT JOIN claims_countersignature s ON s.decision_id = d.id
) judged WHERE why IS NOT NULL
UNION ALL
SELECT reference || ': its claimant reviews it' FROM claims_claim WHERE assigned_to_id = claimant_id
"""

AMOUNTS = """
WITH awards AS (
    SELECT a.decision_id, i.head, sum(a.reduced) AS reduced, count(*) AS items,
           bool_or(a.reduced <> round(least(a.awarded, i.amount) * (100 - a.share) / 100, 2)) AS wrong
    FROM claims_award a JOIN claims_lossitem i ON i.id = a.item_id GROUP BY a.decision_id, i.head
), items AS (
    SELECT claim_id, count(*) AS items, sum(amount) AS amount FROM claims_lossitem GROUP BY claim_id
), sums AS (
    SELECT d.id, d.claim_id, coalesce(bool_or(w.wrong), false) AS wrong, coalesce(sum(w.items), 0) AS items,
           least((t.rules ->> 'damages_cap')::numeric,
                 coalesce(sum(least(w.reduced, (t.rules -> 'head_caps' ->> w.head)::numeric)), 0)) AS total
    FROM claims_decision d JOIN claims_claim c ON c.id = d.claim_id
    JOIN (SELECT id, %(terms)s::jsonb || values AS rules FROM claims_incidentterms) t ON t.id = c.terms_id
    LEFT JOIN awards w ON w.decision_id = d.id
    GROUP BY d.id, t.rules
)
SELECT reference || ': ' || why FROM (
    SELECT c.reference, CASE
        WHEN s.wrong THEN 'an award is not the amount less the own share'
        WHEN s.items <> coalesce(i.items, 0) THEN 'an item was not decided'
        WHEN s.total <> d.total THEN 'the total is ' || d.total || ', the awards make ' || s.total
        WHEN d.net <> d.total - d.offsets OR d.offsets < 0 OR d.net < 0 THEN 'the net is not the total less the offsets'
        WHEN (d.assessment ->> 'total')::numeric <> d.total OR (d.assessment ->> 'net')::numeric <> d.net
            THEN 'the arithmetic that was shown is another'
        WHEN (d.outcome = 'rejected') <> (
            d.total = 0 AND NOT EXISTS (SELECT FROM claims_benefit b WHERE b.decision_id = d.id)
        ) THEN 'it is “' || d.outcome || '” with ' || d.total || ' euro'
    END AS why
    FROM sums s JOIN claims_decision d ON d.id = s.id JOIN claims_claim c ON c.id = s.claim_id
    LEFT JOIN items i ON i.claim_id = c.id
) judged WHERE why IS NOT NULL
UNION ALL
SELECT c.reference || ': ' || c.claimed || ' claimed, the items make ' || coalesce(i.amount, 0)
FROM claims_claim c LEFT JOIN items i ON i.claim_id = c.id WHERE c.claimed <> coalesce(i.amount, 0)
"""

NOTICES = """
WITH moves AS (SELECT * FROM unnest(%(moves)s::text[], %(kinds)s::text[]) AS m (action, kind)
), events AS (
    SELECT chain, kind, count(*) AS times FROM claims_journalentry JOIN moves USING (action)
    WHERE starts_with(chain, 'claim:') GROUP BY chain, kind
), posted AS (
    SELECT 'claim:' || claim_id AS chain, kind, count(*) AS times FROM claims_notice
    WHERE kind IN (SELECT kind FROM moves) GROUP BY claim_id, kind
)
SELECT chain || ': ' || kind || ' happened ' || coalesce(e.times, 0) || ' times, notices: ' || coalesce(p.times, 0)
FROM events e FULL JOIN posted p USING (chain, kind) WHERE coalesce(e.times, 0) <> coalesce(p.times, 0)
UNION ALL
SELECT 'the key ' || key || ' is used ' || count(*) || ' times' FROM claims_notice GROUP BY key HAVING count(*) > 1
UNION ALL
SELECT 'notice ' || id || ': ' || why FROM (
    SELECT id, CASE
        WHEN state = 'sent' AND sent_at IS NULL THEN 'sent, but nobody knows when'
        WHEN state NOT IN ('sent', 'bounced') AND sent_at IS NOT NULL THEN state || ', although it was sent'
        WHEN state = 'sending' AND leased_until IS NULL THEN 'being sent by nobody'
        WHEN state <> 'sending' AND leased_until IS NOT NULL THEN state || ', although somebody sends it'
        WHEN state = 'sent' AND tries = 0 THEN 'sent without a try'
        WHEN state <> 'held' AND address = '' THEN state || ', but to nowhere'
    END AS why
    FROM claims_notice
) judged WHERE why IS NOT NULL
"""

# A lease that ran out is taken up again when the crank comes round; a minute later nobody is there to do it.
STUCK = """
SELECT what || ': since before ' || date_trunc('second', leased_until) FROM (
    SELECT 'being sent: notice ' || id AS what, leased_until FROM claims_notice WHERE state = 'sending'
    UNION ALL
    SELECT 'being built: export ' || id, leased_until FROM claims_export WHERE state = 'running'
    UNION ALL
    SELECT 'being bound: bundle ' || id, leased_until FROM claims_bundle WHERE state = 'running'
    UNION ALL
    SELECT 'being made: pages of ' || sha256, leased_until FROM evidence_leaves WHERE state = 'waiting'
    UNION ALL
    SELECT 'being checked: document ' || id, leased_until FROM evidence_document WHERE state = 'pending'
) middle WHERE leased_until < now() - interval '1 minute'
"""


def rows(cursor, query, params=None):
    """The first column of what a query finds."""
    cursor.execute(query, params)
    return (row[0] for row in cursor)


def defaults():
    """The terms of those incidents that leave a value out."""
    return {"terms": json.dumps(Terms().to_json())}


def statuses_follow_the_journal(cursor, _fast):
    sources, targets = zip(*CLAIM_MOVES, strict=True)
    return rows(cursor, STATUSES, {"sources": list(sources), "targets": list(targets)})


def chains_are_whole(cursor, _fast):
    return iter(Walk(cursor))


def four_eyes(cursor, _fast):
    yield from rows(cursor, FOUR_EYES, defaults())
    yield from unsigned(cursor)
    yield from batches_have_four_eyes(cursor)


def amounts_add_up(cursor, _fast):
    yield from rows(cursor, AMOUNTS, defaults())
    yield from payouts_add_up(cursor)


def notices_are_unique(cursor, _fast):
    posting = [move for move in MOVES if move.notice]
    return rows(cursor, NOTICES, {"moves": [move.name for move in posting], "kinds": [move.notice for move in posting]})


def nothing_is_stuck(cursor, _fast):
    return rows(cursor, STUCK)
