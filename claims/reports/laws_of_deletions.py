"""What must be true of deletions: a tombstone has its proof, nothing was deleted under a hold, and gone is gone."""

from evidence import blobs
from evidence.models import DeletedFile, Document

CHUNK = 500
SAMPLE = 100

# Row by row: what the database alone can tell. A claim's documents are also those that were taken out of it again.
ROWS = """
WITH of_claims AS NOT MATERIALIZED (
    SELECT claim_id, document_id FROM claims_attachment
    UNION ALL
    SELECT substr(chain, 7)::bigint, (facts ->> 'document')::uuid FROM claims_journalentry WHERE action = 'detach'
)
SELECT 'document ' || d.id || ': deleted, but no deletion names it'
FROM evidence_document d LEFT JOIN evidence_deletedfile f ON f.document_id = d.id
WHERE d.state = 'deleted' AND f.id IS NULL
UNION ALL
SELECT 'document ' || f.document_id || ': deletion ' || f.deletion_id || ' names it, but it is there'
FROM evidence_deletedfile f JOIN evidence_document d ON d.id = f.document_id WHERE d.state <> 'deleted'
UNION ALL
SELECT 'document ' || f.document_id || ': deleted with another hash than it had'
FROM evidence_deletedfile f JOIN evidence_document d ON d.id = f.document_id
WHERE (f.sha256, f.size) IS DISTINCT FROM (d.sha256, d.size)
UNION ALL
SELECT 'document ' || f.document_id || ': waits for its removal since ' || e.ordered_at
FROM evidence_deletedfile f JOIN evidence_deletion e ON e.id = f.deletion_id
WHERE f.outcome = 'waiting' AND e.ordered_at < now() - interval '1 day'
UNION ALL
SELECT 'deletion ' || e.id || CASE WHEN e.finished_at IS NULL THEN ': all is done, but it is not finished'
    ELSE ': finished, but files wait' END
FROM evidence_deletion e
WHERE (e.finished_at IS NULL) <> EXISTS (
    SELECT FROM evidence_deletedfile f WHERE f.deletion_id = e.id AND f.outcome = 'waiting')
UNION ALL
SELECT 'document ' || d.id || ': deleted in claim ' || a.claim_id || ', whose journal does not say so'
FROM evidence_document d JOIN of_claims a ON a.document_id = d.id
WHERE d.state = 'deleted' AND NOT EXISTS (
    SELECT FROM claims_journalentry e WHERE e.chain = 'claim:' || a.claim_id AND e.action = 'delete evidence'
    AND e.facts @> jsonb_build_object('documents', jsonb_build_array(
        jsonb_build_object('document', d.id::text, 'sha256', d.sha256))))
UNION ALL
SELECT 'document ' || d.id || ': deleted while claim ' || a.claim_id || ' was under a legal hold'
FROM evidence_document d JOIN of_claims a ON a.document_id = d.id
JOIN claims_legalhold h ON h.claim_id = a.claim_id
WHERE d.deleted_at >= h.since AND d.deleted_at < coalesce(h.lifted_at, 'infinity')
UNION ALL
SELECT 'document ' || d.id || ': taken out of ' || e.chain || ', and outlived its documents'
FROM claims_journalentry e JOIN evidence_document d ON d.id = (e.facts ->> 'document')::uuid
WHERE e.action = 'detach' AND d.state <> 'deleted' AND EXISTS (
    SELECT FROM claims_journalentry l
    WHERE l.chain = e.chain AND l.sequence > e.sequence AND l.action = 'delete evidence')
UNION ALL
SELECT 'document ' || d.id || ': what was read from it is still there'
FROM evidence_deletedfile f JOIN evidence_document d ON d.id = f.document_id
WHERE f.outcome = 'gone' AND EXISTS (SELECT FROM evidence_content c WHERE c.sha256 = f.sha256)
AND NOT EXISTS (SELECT FROM evidence_document k WHERE k.sha256 = f.sha256 AND k.state <> 'deleted')
"""


def deletions_are_proven(cursor, _fast):
    """Every tombstone has its deletion and its entry, and none was made under a hold."""
    cursor.execute(ROWS)
    yield from [line for (line,) in cursor.fetchall()]


def bytes_are_gone(fast):
    """What is gone is not there: asked of the storage, after the moment that the database was looked at."""
    bucket = blobs.bucket()
    gone = DeletedFile.objects.filter(outcome=DeletedFile.Outcome.GONE)
    for file in (gone.order_by("-pk")[:SAMPLE] if fast else gone.order_by("pk")).iterator(CHUNK):
        left = blobs.left_of(file.sha256) or (bucket and bucket.left_of(file.sha256))
        if left and not Document.objects.kept().filter(sha256=file.sha256).exists():
            yield f"document {file.document_id}: proven gone, but its bytes are there"
