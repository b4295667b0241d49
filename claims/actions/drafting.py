"""The draft of a decision: kept while its reviewer types, gone when the claim leaves the desk.

It moves nothing and is no act.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle
from claims.models import DecisionDraft
from claims.rules import permissions
from claims.rules.errors import Refused
from claims.rules.statuses import LABELS, Status
from claims.rules.text import NOTE, clean_text

MOST_FIELDS = 400


@transaction.atomic
def save_draft(reference, *, by, values):
    """Keeps `values` ({field: [texts]}) as the draft of `by`, who has the claim on the desk; returns the row.

    Raises Refused: 403 for all others, 409 `illegal_move` once it is decided, 422 for text that cannot be stored.
    """
    claim = lifecycle.locked(reference, by=by)
    permissions.require(permissions.may_decide(by, claim))
    if claim.state is not Status.IN_REVIEW:
        message = _("This claim cannot be decided now: it is “%(status)s”.") % {"status": LABELS[claim.state]}
        raise Refused("illegal_move", message, status=409)
    kept = {
        name[:60]: [clean_text(text, field=name, limit=NOTE, required=False) for text in texts[:60]]
        for name, texts in list(values.items())[:MOST_FIELDS]
    }
    return DecisionDraft.objects.update_or_create(claim=claim, defaults={"by": by, "values": kept})[0]
