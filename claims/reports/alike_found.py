"""Which of many claims have a document or a story that somebody else has too: for a list, so each costs a few probes.

What is nearly the same is found as claims.reports.alike finds it, but for pictures: here their numbers are equal, which
those of a copy that was only made smaller or saved again mostly are.
"""

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from claims.reports.granted import OUT
from evidence.likeness import BANDS, SAME

MOST = 200  # of one kind
SHIFT, MASK = BANDS[0][0], (1 << BANDS[0][1]) - 1
OTHERS = "theirs.claimant_id <> claims_claim.claimant_id AND theirs.status <> ALL(%s)"
# Numbers and constants of ours only.
DOCUMENT = f"""EXISTS (
    SELECT 1 FROM claims_attachment AS held
    JOIN evidence_document AS own ON own.id = held.document_id AND own.state = 'clean'
    CROSS JOIN LATERAL (
        SELECT own.sha256
        UNION ALL (
            SELECT found.sha256 FROM evidence_fingerprint AS mine CROSS JOIN LATERAL (
                SELECT sha256 FROM evidence_fingerprint AS found
                WHERE found.kind = 'text' AND found.value = mine.value AND found.sha256 <> mine.sha256 LIMIT {MOST}
            ) AS found
            WHERE mine.kind = 'text' AND mine.sha256 = own.sha256 GROUP BY 1 HAVING count(*) >= {SAME}
        )
        UNION ALL (
            SELECT found.sha256 FROM evidence_fingerprint AS mine JOIN evidence_fingerprint AS found
            ON found.kind = 'image' AND ((found.value >> {SHIFT}) & {MASK}) = ((mine.value >> {SHIFT}) & {MASK})
            AND found.value = mine.value AND found.sha256 <> mine.sha256
            WHERE mine.kind = 'image' AND mine.sha256 = own.sha256 LIMIT {MOST}
        )
    ) AS like_it
    JOIN evidence_document AS other ON other.sha256 = like_it.sha256 AND other.state = 'clean'
    JOIN claims_attachment AS attached ON attached.document_id = other.id
    JOIN claims_claim AS theirs ON theirs.id = attached.claim_id
    WHERE held.claim_id = claims_claim.id AND {OTHERS}
)"""  # noqa: S608
STORY = f"""EXISTS (
    SELECT 1 FROM claims_storyprint AS mine CROSS JOIN LATERAL (
        SELECT claim_id FROM claims_storyprint AS found
        WHERE found.value = mine.value AND found.claim_id <> mine.claim_id LIMIT {MOST}
    ) AS like_it
    JOIN claims_claim AS theirs ON theirs.id = like_it.claim_id
    WHERE mine.claim_id = claims_claim.id AND mine.value IS NOT NULL AND {OTHERS}
    GROUP BY theirs.id HAVING count(*) >= {SAME}
)"""  # noqa: S608
KINDS = {"document": DOCUMENT, "story": STORY}


def with_others(claims, kind):
    """Those of `claims` that share a document or a story, or nearly so, with a claim of somebody else."""
    return claims.filter(RawSQL(KINDS[kind], [list(OUT)], output_field=BooleanField()))  # noqa: S611
