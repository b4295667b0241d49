"""What must be true of the letters of decisions: each has one, printed soon, and it is the one that was printed."""

from datetime import timedelta

from django.utils import timezone

LATE = timedelta(minutes=10)  # the crank comes round every few seconds
LETTERS = """
SELECT reference || ', round ' || round || ': ' || why FROM (
    SELECT c.reference, d.round, CASE
        WHEN l.id IS NULL THEN 'its decision has no letter'
        WHEN l.document_id IS NULL AND l.written_at < %(before)s
            THEN 'its letter waits to be printed since ' || date_trunc('second', l.written_at)
        WHEN l.document_id IS NOT NULL AND j.id IS NULL THEN 'its letter was printed, but the journal does not say so'
        WHEN l.document_id IS NOT NULL
            AND (j.facts ->> 'sha256', j.facts ->> 'document') IS DISTINCT FROM (f.sha256::text, f.id::text)
            THEN 'its letter is not the one that was printed'
    END AS why
    FROM claims_decision d JOIN claims_claim c ON c.id = d.claim_id
    LEFT JOIN claims_letter l ON l.decision_id = d.id
    LEFT JOIN evidence_document f ON f.id = l.document_id
    LEFT JOIN claims_journalentry j ON j.chain = 'letter:' || l.id AND j.sequence = 1 AND j.action = 'print'
    WHERE d.state = 'effective'
) judged WHERE why IS NOT NULL
UNION ALL
SELECT c.reference || ', round ' || d.round || ': a letter tells of a decision that is “' || d.state || '”'
FROM claims_letter l JOIN claims_decision d ON d.id = l.decision_id JOIN claims_claim c ON c.id = d.claim_id
WHERE d.state <> 'effective'
"""


def letters_are_there(cursor, _fast):
    """Every decision in force has its letter, printed by now; the PDF that is kept is the one the journal names."""
    cursor.execute(LETTERS, {"before": timezone.now() - LATE})
    return (row[0] for row in cursor)
