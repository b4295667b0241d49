"""Documents that we make ourselves. They need no verdict: nothing in them came from outside as a file."""

from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from evidence import blobs
from evidence.intake import hold
from evidence.models import Document
from evidence.reasons import MADE_HERE


@transaction.atomic
def keep_made(data, *, name, media_type, by):
    """The Document of `data` (bytes), clean and marked as made here. Raises FileRefused `storage_full`."""
    digest = sha256(data).hexdigest()
    hold(digest)
    with blobs.room():
        blobs.write(blobs.path(digest), data)
    return Document.objects.create(
        owner=by,
        name=name,
        sha256=digest,
        size=len(data),
        media_type=media_type,
        state=Document.State.CLEAN,
        warnings=[MADE_HERE],
        judged_at=timezone.now(),
    )
