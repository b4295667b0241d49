"""What must hold of money, as queries for what does not; and the bank's files, read again."""

import re
from decimal import Decimal
from hashlib import file_digest
from itertools import zip_longest

from claims.reports.batches import folder_of_files

FOUR_EYES = """
SELECT 'batch ' || number || ': ' || why FROM (
    SELECT b.number, CASE
        WHEN b.approved_by_id = b.opened_by_id THEN 'who opened it approved it'
        WHEN b.approved_by_id IS NULL AND b.state NOT IN ('open', 'cancelled') THEN 'nobody approved it'
        WHEN b.state = 'cancelled' AND b.taken_out_at IS NOT NULL
            AND (b.cancel_asked_by_id IS NULL OR b.cancelled_by_id IS NULL OR b.cancelled_by_id = b.cancel_asked_by_id)
            THEN 'its file was taken out, and one person alone cancelled it'
        WHEN EXISTS (
            SELECT FROM claims_transfer t JOIN claims_payout p ON p.id = t.payout_id
            LEFT JOIN claims_claim c ON c.id = p.claim_id
            WHERE t.batch_id = b.id AND t.state <> 'withdrawn' AND b.approved_by_id IN (t.details_by_id, c.claimant_id)
        ) THEN 'a payment in it is to who approved it, or to an account that they named'
    END AS why
    FROM claims_batch b
) judged WHERE why IS NOT NULL
"""

# Of a claim that is due or paid everything live makes the net of its last decision. An earlier round may have paid more
# than a later one gives: then nothing was owed again.
SUMS = """
WITH sums AS (
    SELECT claim_id, sum(amount) AS live, count(*) FILTER (WHERE state <> 'settled') AS open,
        count(*) FILTER (WHERE state = 'returned') AS returned
    FROM claims_payout WHERE claim_id IS NOT NULL AND state <> 'cancelled' GROUP BY claim_id
)
SELECT reference || ': ' || why FROM (
    SELECT c.reference, CASE
        WHEN c.status = 'closed' AND coalesce(s.live, 0) < d.net
            THEN d.net || ' euro were granted, ' || coalesce(s.live, 0) || ' are owed or paid'
        WHEN c.status = 'closed' THEN NULL
        WHEN d.net IS NULL OR coalesce(s.live, 0) <> d.net
            THEN coalesce(d.net, 0) || ' euro were granted, ' || coalesce(s.live, 0) || ' are owed or paid'
        WHEN c.status = 'paid' AND s.open > 0 THEN 'it counts as paid, and a payout is not'
        WHEN c.status = 'payment_due' AND s.open = 0 THEN 'all is paid, and it is still due'
        WHEN c.status = 'payment_returned' AND s.returned = 0 THEN 'no payout came back'
    END AS why
    FROM claims_claim c
    LEFT JOIN sums s ON s.claim_id = c.id
    LEFT JOIN LATERAL (
        SELECT net FROM claims_decision WHERE claim_id = c.id AND state = 'effective' ORDER BY round DESC LIMIT 1
    ) d ON true
    WHERE c.status IN ('payment_due', 'paid', 'payment_returned', 'closed')
) judged WHERE why IS NOT NULL
UNION ALL
SELECT 'decision ' || decision_id || ': ' || count(*) || ' live payouts' FROM claims_payout
WHERE decision_id IS NOT NULL AND state <> 'cancelled' GROUP BY decision_id HAVING count(*) > 1
UNION ALL
SELECT 'account ' || customer_id || ', ' || remedy || ': ' || count(*) || ' live payouts' FROM claims_payout
WHERE customer_id IS NOT NULL AND state <> 'cancelled' GROUP BY customer_id, remedy HAVING count(*) > 1
UNION ALL
SELECT 'payout ' || id || ': its amount is ' || amount FROM claims_payout WHERE amount <= 0
"""

ATTEMPTS = """
WITH attempts AS (
    SELECT payout_id, count(*) FILTER (WHERE state = 'planned') AS planned,
        count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'settled') AS settled
    FROM claims_transfer GROUP BY payout_id
)
SELECT 'payout ' || id || ': it is “' || state || '”, its transfers: ' || planned || ' planned, ' || sent || ' sent, '
    || settled || ' paid'
FROM (
    SELECT p.id, p.state, coalesce(a.planned, 0)::int AS planned, coalesce(a.sent, 0)::int AS sent,
        coalesce(a.settled, 0)::int AS settled
    FROM claims_payout p LEFT JOIN attempts a ON a.payout_id = p.id
) judged
WHERE (planned, sent, settled) <> CASE state
    WHEN 'batched' THEN (1, 0, 0) WHEN 'sent' THEN (0, 1, 0) WHEN 'settled' THEN (0, 0, 1) ELSE (0, 0, 0)
END
UNION ALL
SELECT 'the end-to-end id ' || end_to_end_id || ' is used ' || count(*) || ' times'
FROM claims_transfer GROUP BY end_to_end_id HAVING count(*) > 1
UNION ALL
SELECT 'transfer ' || t.end_to_end_id || ': ' || t.amount || ' euro for a payout of ' || p.amount
FROM claims_transfer t JOIN claims_payout p ON p.id = t.payout_id WHERE t.amount <> p.amount
UNION ALL
SELECT 'transfer ' || t.end_to_end_id || ': “' || t.state || '” in a batch that is “' || b.state || '”'
FROM claims_transfer t JOIN claims_batch b ON b.id = t.batch_id
WHERE (t.state = 'planned' AND b.state NOT IN ('open', 'approved', 'written'))
    OR (t.state = 'sent' AND b.state <> 'handed_over')
    OR (t.state IN ('settled', 'returned') AND b.state NOT IN ('handed_over', 'closed', 'cancelled'))
UNION ALL
SELECT 'batch ' || b.number || ': ' || b.count || ' payments of ' || b.total || ', its transfers: ' || count(t.id)
    || ' of ' || coalesce(sum(t.amount), 0)
FROM claims_batch b LEFT JOIN claims_transfer t ON t.batch_id = b.id AND t.state <> 'withdrawn'
WHERE b.state IN ('approved', 'written', 'handed_over', 'closed')
GROUP BY b.id HAVING (b.count, b.total) <> (count(t.id)::int, coalesce(sum(t.amount), 0))
UNION ALL
SELECT 'statement ' || s.id || ': its lines are not as counted' FROM claims_statement s
WHERE (s.lines, s.unmatched) <> (
    SELECT count(*)::int, count(*) FILTER (WHERE note <> '')::int FROM claims_statementline WHERE statement_id = s.id
)
"""
FILES = """
SELECT id, number, count, total, sha256, size, state FROM claims_batch WHERE sha256 <> '' ORDER BY id DESC LIMIT %s
"""
ROWS = """
SELECT id, end_to_end_id, amount FROM claims_transfer
WHERE batch_id = %s AND state <> 'withdrawn' AND id > %s ORDER BY id LIMIT %s
"""
IN_FILE = re.compile(rb"<EndToEndId>([^<]*)</EndToEndId>.*?<InstdAmt[^>]*>([^<]*)<")
HEAD = re.compile(rb"<NbOfTxs>([0-9]+)</NbOfTxs><CtrlSum>([0-9.]+)</CtrlSum>")
SAMPLE, ALL, AT_ONCE = 3, 1_000_000, 5_000


def rows(cursor, query):
    cursor.execute(query)
    return [row[0] for row in cursor.fetchall()]


def batches_have_four_eyes(cursor):
    return rows(cursor, FOUR_EYES)


def payouts_add_up(cursor):
    return rows(cursor, SUMS)


def payouts_are_paid_once(cursor, fast):
    yield from rows(cursor, ATTEMPTS)
    cursor.execute(FILES, [SAMPLE if fast else ALL])
    for batch in cursor.fetchall():
        yield from (f"batch {batch[1]}: {why}" for why in file_of(cursor, *batch))


def file_of(cursor, pk, number, count, total, sha256, size, state):
    """What is wrong with the file of a batch, against the rows it was written from."""
    path = folder_of_files() / f"{number}.xml"
    if not path.exists():
        yield "its file is not there"
        return
    with path.open("rb") as file:
        if path.stat().st_size != size or file_digest(file, "sha256").hexdigest() != sha256:
            yield "its file is not the one that was written"
            return
        file.seek(0)
        head = HEAD.search(file.read(4096))
        if head is None or (int(head[1]), Decimal(head[2].decode())) != (count, total):
            yield "the sums in its file are not those of the batch"
        if state == "cancelled":  # its transfers are withdrawn
            return
        file.seek(0)
        for found, row in zip_longest(payments(file), expected(cursor, pk)):
            if found != row:
                yield f"its file pays {found}, the batch {row}"
                return


def expected(cursor, batch):
    """The live transfers of a batch, some thousand at a time: there may be a million."""
    after, found = 0, [None]
    while found:
        cursor.execute(ROWS, [batch, after, AT_ONCE])
        found = cursor.fetchall()
        yield from (tuple(row) for _pk, *row in found)
        after = found[-1][0] if found else after


def payments(file):
    for line in file:
        for name, amount in IN_FILE.findall(line):
            yield name.decode(), Decimal(amount.decode())
