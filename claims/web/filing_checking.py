"""What the last page before sending shows: everything, and what is still missing."""

from django.urls import reverse

from claims.actions import intake
from claims.models import Claim
from claims.rules import filing, permissions
from claims.rules.errors import Refused
from claims.web.filing_steps import saved

# Where to mend what is missing.
PLACES = {"narrative": "story", "login_explanation": "story", "items": "losses", "evidence": "documents"}


def everything(claim, *, by):
    items = list(claim.items.all())
    attachments = list(claim.attachments.select_related("document", "item"))
    return {
        "items": items,
        "attachments": attachments,
        "holes": holes(claim, items, attachments),
        "is_late": intake.is_late(claim),
        "may_send": may_send(claim, by=by),
    }


def holes(claim, items, attachments):
    """What is still missing, as (address of the page to mend it, text) pairs."""
    proofs = [attachment.item_id for attachment in attachments if attachment.document.state != "refused"]
    try:
        filing.check_complete(claim, items=items, proven_items=set(proofs) - {None}, loose_documents=proofs.count(None))
    except Refused as refused:
        places = (
            (reverse(f"claim-{PLACES[field]}", args=[claim.reference]), text) for field, _code, text in refused.errors
        )
        return [(f"{place}?then=check", text) for place, text in places]
    return []


def may_send(claim, *, by):
    """Whether it goes to a reviewer; a late one of one's own can only ask a supervisor to be taken all the same."""
    return not intake.is_late(claim) or bool(permissions.may_submit_late(by, claim))


def sent(claim, form, *, by):
    """Whether the draft that was shown is on its way: by this press of the button or by another one just now."""
    try:
        return saved(form, lambda values: submit(claim, values, by=by, version=form.version)) or (
            form.is_stale and was_sent(claim)
        )
    except Refused:
        if was_sent(claim):
            return True
        raise


def submit(claim, values, *, by, version):
    if not may_send(claim, by=by):
        return intake.ask_late(claim.reference, by=by, version=version, **values)
    return intake.submit_claim(claim.reference, by=by, version=version, **values)


def was_sent(claim):
    return Claim.objects.filter(pk=claim.pk, submitted_at__isnull=False).exists()
