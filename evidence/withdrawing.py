"""A virus was found in a file: it is refused wherever it lies, however long ago it passed."""

from django.db import transaction
from django.utils import timezone

from evidence.models import Document


@transaction.atomic
def withdraw(sha256, reason="malware"):
    """Refuses every clean document with these bytes, and every one that holds them; returns how many.

    From here on nobody gets a byte of them. What that means for claims is for a crank of claims to draw from
    `withdrawn_at`.
    """
    found = set(Document.objects.filter(sha256=sha256).values_list("pk", "parent_id"))
    hit, above = {pk for pk, _parent in found}, {parent for _pk, parent in found if parent}
    while above:
        hit |= above
        above = set(Document.objects.filter(pk__in=above, parent__isnull=False).values_list("parent_id", flat=True))
    now = timezone.now()
    rows = Document.objects.clean().filter(pk__in=hit).order_by("pk").select_for_update()
    return Document.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Document.State.REFUSED, reason=reason, judged_at=now, withdrawn_at=now, leased_until=None
    )
