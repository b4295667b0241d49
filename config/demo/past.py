"""Moments that columns take by default, set to the time at which the demo says they happened."""

from django.db import connection

STATEMENTS = (
    """UPDATE claims_claim c SET created_at = j.at FROM claims_journalentry j
       WHERE j.chain = 'claim:' || c.id AND j.sequence = 1""",
    """UPDATE claims_claim c SET updated_at = j.at FROM
       (SELECT chain, max(at) AS at FROM claims_journalentry GROUP BY chain) j WHERE j.chain = 'claim:' || c.id""",
    """UPDATE claims_assignment a SET started_at = j.at FROM claims_journalentry j
       WHERE j.chain = 'claim:' || a.claim_id AND j.action = 'take'""",
    """UPDATE evidence_document d SET received_at = a.added_at, judged_at = a.added_at + interval '3 seconds'
       FROM claims_attachment a WHERE a.document_id = d.id AND d.state <> 'pending'""",
    """UPDATE claims_notice n SET created_at = j.at, next_try_at = j.at FROM claims_journalentry j
       WHERE j.chain = 'claim:' || n.claim_id AND j.action = ANY(CASE n.kind WHEN 'claim_submitted' THEN '{submit}'
       WHEN 'claim_withdrawn' THEN '{withdraw}' WHEN 'appeal_received' THEN '{appeal}'
       ELSE '{decide,countersign}' END::text[])""",
)
MARK_SENT = """UPDATE claims_notice SET state = 'sent', tries = 1, sent_at = created_at + interval '2 seconds'
    WHERE state = 'queued' AND claim_id IS NOT NULL AND recipient_id <> ALL(%s)"""


def settle(*, really_sent_to):
    """Dates everything; notices to anybody but `really_sent_to` are marked as sent."""
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement)
        cursor.execute(MARK_SENT, [[person.pk for person in really_sent_to]])
