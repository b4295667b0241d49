"""What must be true of the questions to claimants."""

QUESTIONS = """
SELECT c.reference || ': ' || why FROM (
    SELECT claim_id, CASE
        WHEN status = 'information_requested' AND open = 0 THEN 'it waits for an answer to nothing'
        WHEN status <> 'information_requested' AND open > 0 THEN 'it is “' || status || '” with an open question'
        WHEN asked <> rounds THEN 'the journal asked ' || asked || ' times, there are ' || rounds || ' questions'
        WHEN expired > 0 AND NOT flags && ARRAY['unanswered', 'answered_late']::varchar[]
            THEN 'a question was not answered in time and no flag says so'
    END AS why
    FROM (
        SELECT c.id AS claim_id, c.status, c.flags, count(r.id) AS rounds,
               count(*) FILTER (WHERE r.state = 'open') AS open, count(*) FILTER (WHERE r.state = 'expired') AS expired,
               (SELECT count(*) FROM claims_journalentry WHERE chain = 'claim:' || c.id AND action = 'ask') AS asked
        FROM claims_claim c LEFT JOIN claims_informationrequest r ON r.claim_id = c.id
        WHERE r.id IS NOT NULL OR c.status = 'information_requested'
        GROUP BY c.id
    ) counted
) judged JOIN claims_claim c ON c.id = claim_id WHERE why IS NOT NULL
UNION ALL
SELECT c.reference || ': the answer of question ' || r.id || ' leaves “' || i.label || '” out'
FROM claims_informationrequest r JOIN claims_claim c ON c.id = r.claim_id
JOIN claims_requesteditem i ON i.request_id = r.id
WHERE r.answered_at IS NOT NULL AND i.answer = ''
AND NOT EXISTS (SELECT FROM claims_requesteditem_documents d WHERE d.requesteditem_id = i.id)
UNION ALL
SELECT c.reference || ': question ' || r.id || ' asks for nothing'
FROM claims_informationrequest r JOIN claims_claim c ON c.id = r.claim_id
WHERE NOT EXISTS (SELECT FROM claims_requesteditem i WHERE i.request_id = r.id)
"""


def questions_are_answered_or_ended(cursor, _fast):
    """A claim waits exactly while a question is open; what was handed in answers every thing."""
    cursor.execute(QUESTIONS)
    return (row[0] for row in cursor)
