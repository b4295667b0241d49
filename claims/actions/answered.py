"""What is done with the bank's answers, as statements over all of them at once: a file may have a million."""
# ruff: noqa: S608

READ = """
DROP TABLE IF EXISTS pg_temp.answers;
CREATE TEMPORARY TABLE answers (
    number bigint GENERATED ALWAYS AS IDENTITY, end_to_end_id varchar(35), amount numeric(18, 5), kind varchar(8),
    "on" date, reason varchar(35), batch bigint
) ON COMMIT DROP
"""
COPY = 'COPY answers (end_to_end_id, amount, kind, "on", reason, batch) FROM STDIN'
# An answer for a whole batch is one for each of its payments that are at the bank.
MEANT = """
    SELECT a.*, t.id AS transfer_id FROM answers a
    JOIN claims_transfer t ON t.end_to_end_id = a.end_to_end_id WHERE a.batch IS NULL
    UNION ALL
    SELECT a.*, t.id FROM answers a
    JOIN claims_transfer t ON t.batch_id = a.batch AND t.state IN ('planned', 'sent')
"""
CONCERNED = f"""
SELECT DISTINCT p.claim_id, t.batch_id, p.id AS payout_id FROM ({MEANT}) m
JOIN claims_transfer t ON t.id = m.transfer_id JOIN claims_payout p ON p.id = t.payout_id
"""
LOCK = (
    f"""SELECT id FROM claims_claim WHERE id IN (SELECT claim_id FROM ({CONCERNED}) c)
        ORDER BY id FOR NO KEY UPDATE""",
    f"""SELECT id FROM claims_batch WHERE id IN (SELECT batch_id FROM ({CONCERNED}) c)
        ORDER BY id FOR NO KEY UPDATE""",
    f"""SELECT count(*) FROM (
            SELECT id FROM claims_payout WHERE id IN (SELECT payout_id FROM ({CONCERNED}) c)
            ORDER BY id FOR NO KEY UPDATE
        ) held""",
)
# The bank knows a payment of which nobody has said yet that it was handed over.
NOT_OUT = f"""
SELECT b.number FROM claims_batch b
WHERE b.id IN (SELECT batch_id FROM ({CONCERNED}) c) AND b.state IN ('open', 'approved', 'written')
ORDER BY b.number LIMIT 1
"""
# Why a line does nothing; the first reason that holds is noted.
LINES = f"""
WITH said AS (
    SELECT number, end_to_end_id, amount, kind, "on", reason, transfer_id FROM ({MEANT}) m
    UNION ALL
    SELECT number, end_to_end_id, amount, kind, "on", reason, NULL FROM answers
    WHERE number NOT IN (SELECT number FROM ({MEANT}) m)
), numbered AS (
    SELECT said.*, row_number() OVER (PARTITION BY transfer_id, kind = 'settled' ORDER BY number) AS nth FROM said
)
INSERT INTO claims_statementline
    (statement_id, end_to_end_id, amount, currency, kind, "on", reason, transfer_id, note)
SELECT %(statement)s, coalesce(t.end_to_end_id, s.end_to_end_id), coalesce(s.amount, t.amount), 'EUR',
    CASE s.kind WHEN '' THEN 'returned' ELSE s.kind END, s."on", s.reason, t.id,
    CASE
        WHEN t.id IS NULL THEN 'unknown'
        WHEN s.kind = '' THEN 'unclear'
        WHEN s.amount <> t.amount THEN 'amount'
        WHEN s."on" < (b.approved_at AT TIME ZONE 'Europe/Rome')::date THEN 'too_early'
        WHEN s.nth > 1 THEN 'known'
        WHEN s.kind = 'settled' THEN CASE
            WHEN t.state = 'settled' THEN 'known'
            WHEN t.state = 'returned' THEN 'came_back'
            WHEN t.state = 'withdrawn' AND (b.taken_out_at IS NULL OR p.state <> 'owed') THEN 'withdrawn'
            ELSE ''
        END
        WHEN t.state = 'returned' THEN 'known'
        WHEN t.state = 'withdrawn' THEN 'withdrawn'
        ELSE ''
    END
FROM numbered s
LEFT JOIN claims_transfer t ON t.id = s.transfer_id
LEFT JOIN claims_batch b ON b.id = t.batch_id LEFT JOIN claims_payout p ON p.id = t.payout_id
ORDER BY s.number, t.id
"""
DOES = "FROM claims_statementline l WHERE l.statement_id = %(statement)s AND l.note = ''"
SETTLE = (
    f"""UPDATE claims_transfer t SET state = 'settled', settled_on = l."on" {DOES}
        AND l.kind = 'settled' AND t.id = l.transfer_id""",
    f"""UPDATE claims_payout p SET state = 'settled' WHERE p.id IN (
            SELECT t.payout_id FROM claims_transfer t
            WHERE t.id IN (SELECT l.transfer_id {DOES} AND l.kind = 'settled')
        )""",
)
RETURN = (
    f"""UPDATE claims_transfer t SET state = 'returned', returned_on = l."on", reason = l.reason {DOES}
        AND l.kind <> 'settled' AND t.id = l.transfer_id""",
    f"""UPDATE claims_payout p SET state = 'returned' WHERE p.id IN (
            SELECT t.payout_id FROM claims_transfer t
            WHERE t.id IN (SELECT l.transfer_id {DOES} AND l.kind <> 'settled')
        )""",
)
# (id, whether nothing of it is at the bank any more, {kind: lines}) of each batch that was spoken of.
CLOSE = f"""
SELECT b.id, b.state = 'handed_over' AND NOT EXISTS (
    SELECT FROM claims_transfer w WHERE w.batch_id = b.id AND w.state = 'sent'
), (SELECT jsonb_object_agg(kind, lines) FROM (
    SELECT l.kind, count(*) AS lines {DOES} AND l.transfer_id IN (SELECT id FROM claims_transfer WHERE batch_id = b.id)
    GROUP BY l.kind
) kinds)
FROM claims_batch b WHERE b.id IN (
    SELECT t.batch_id FROM claims_transfer t WHERE t.id IN (SELECT l.transfer_id {DOES})
) ORDER BY b.id
"""
