"""Moments that columns take by default, set to the time at which the demo says they happened."""

from django.db import connection

from claims.rules.statuses import MOVES

STATEMENTS = (
    """UPDATE claims_claim c SET created_at = j.at FROM claims_journalentry j
       WHERE j.chain = 'claim:' || c.id AND j.sequence = 1""",
    """UPDATE claims_claim c SET updated_at = j.at FROM
       (SELECT chain, max(at) AS at FROM claims_journalentry GROUP BY chain) j WHERE j.chain = 'claim:' || c.id""",
    """UPDATE claims_assignment a SET started_at = j.at FROM
       (SELECT id, 'claim:' || claim_id AS chain, row_number() OVER (PARTITION BY claim_id ORDER BY id) AS turn
        FROM claims_assignment) mine JOIN
       (SELECT chain, at, row_number() OVER (PARTITION BY chain ORDER BY sequence) AS turn
        FROM claims_journalentry WHERE action IN ('take', 'reopen')) j USING (chain, turn) WHERE a.id = mine.id""",
    """UPDATE evidence_document d SET received_at = a.added_at, judged_at = a.added_at + interval '3 seconds'
       FROM claims_attachment a WHERE a.document_id = d.id AND d.state <> 'pending'""",
    "DELETE FROM evidence_scan s USING evidence_document d WHERE d.id = s.document_id AND s.at <> d.judged_at",
    """UPDATE claims_notice n SET created_at = j.at, next_try_at = j.at FROM
       (SELECT id, 'claim:' || claim_id AS chain, kind,
               row_number() OVER (PARTITION BY claim_id, kind ORDER BY id) AS turn
        FROM claims_notice WHERE claim_id IS NOT NULL) mine JOIN
       (SELECT chain, at, kind, row_number() OVER (PARTITION BY chain, kind ORDER BY sequence) AS turn
        FROM claims_journalentry JOIN unnest(%s::text[], %s::text[]) AS m (action, kind) USING (action)) j
       USING (chain, kind, turn) WHERE n.id = mine.id""",
)
MARK_SENT = """UPDATE claims_notice SET state = 'sent', tries = 1, sent_at = created_at + interval '2 seconds'
    WHERE state = 'queued' AND claim_id IS NOT NULL AND recipient_id <> ALL(%s)"""


def settle(*, really_sent_to):
    """Dates everything; notices to anybody but `really_sent_to` are marked as sent."""
    with connection.cursor() as cursor:
        for statement in STATEMENTS[:-1]:
            cursor.execute(statement)
        telling = [move for move in MOVES if move.notice]
        cursor.execute(STATEMENTS[-1], [[move.name for move in telling], [move.notice for move in telling]])
    mark_sent(really_sent_to)


def mark_sent(really_sent_to):
    with connection.cursor() as cursor:
        cursor.execute(MARK_SENT, [[person.pk for person in really_sent_to]])
