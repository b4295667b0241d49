"""What terms would cost on the real roster: asked by a manager, counted by a crank part by part.

A part is one transaction over so many accounts, so that a page never waits for nine million of them. The first part is
counted at once: small rosters are done before anybody looks.
"""

from django.db import transaction
from django.utils import timezone

from claims.actions.mass_steps import roster_entry
from claims.models import Customer, Incident, TermsPreview
from claims.models.patience import be_patient
from claims.reports import terms_costs
from claims.reports.entitlements import AUTOMATIC
from claims.rules import permissions

PART = 20_000


def ask(incident, *, by, values, against):
    """Has `values` counted beside the IncidentTerms `against` (may be None); what was counted before is gone."""
    permissions.require(permissions.may_manage_incidents(by))
    fresh = {"done_at": None, "cursor": 0, "walked": 0, "found": {}, "asked_at": timezone.now()}
    TermsPreview.objects.update_or_create(
        incident=incident,
        defaults={
            "values": values,
            "against": against,
            "roster": Customer.objects.filter(incident=incident).count(),
            "roster_entry": roster_entry(incident),
            **fresh,
        },
    )


def count_part(incident_id=None, *, size=PART):
    """Counts the next `size` accounts of the preview of one incident, or of the one that was asked for first.

    Returns the preview, None if there is nothing to do or somebody else is at it.
    """
    waiting = TermsPreview.objects.filter(done_at=None)
    if incident_id is not None:
        waiting = waiting.filter(incident=incident_id)
    with transaction.atomic():
        be_patient()
        rows = waiting.order_by("id").select_for_update(skip_locked=True, no_key=True, of=("self",))
        preview = rows.select_related("incident", "against").first()
        if preview is None:
            return None
        walk(preview, size)
        return preview


def walk(preview, size):
    number, last = terms_costs.bounds(preview.incident_id, after=preview.cursor, size=size)
    if number:
        against = preview.against.rules if preview.against else None
        for remedy in AUTOMATIC:
            lines = terms_costs.part(preview.incident, remedy, preview.rules, against, after=preview.cursor, last=last)
            terms_costs.add(preview.found, remedy, lines)
        preview.cursor, preview.walked = last, preview.walked + number
    if number < size or preview.walked >= preview.roster:
        preview.done_at = timezone.now()
    preview.save(update_fields=["cursor", "walked", "found", "done_at"])


def is_of(preview, values):
    """Whether a preview counts these values, on the roster as it is."""
    return preview is not None and preview.values == values and is_current(preview)


def is_current(preview):
    return preview.roster_entry == roster_entry(Incident(pk=preview.incident_id))
