"""Taking the fingerprints of narratives, once they are submitted: from then on they do not change."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from claims.models import Claim, StoryPrint
from evidence.likeness import text_prints

BATCH = 200


@transaction.atomic
def print_batch(size=BATCH):
    """How many narratives were read; 0 means that there is nothing to do. What a killed turn left is done by the next.

    No journal: nothing of the claim changes.
    """
    known = StoryPrint.objects.filter(claim=OuterRef("pk"))
    told = list(
        Claim.objects.filter(~Exists(known), submitted_at__isnull=False)
        .order_by("pk")
        .values_list("pk", "narrative")[:size]
    )
    rows = [
        StoryPrint(claim_id=claim, part=part, value=value)
        for claim, narrative in told
        for part, value in enumerate(text_prints(narrative) or [None])
    ]
    StoryPrint.objects.bulk_create(rows, ignore_conflicts=True)  # another turn may be at the same claims
    return len(told)
