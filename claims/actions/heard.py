"""What a claim draws from the verdicts on its documents: files inside, what failed, and what had passed before.

Evidence judges files and knows nothing of claims. These cranks look for judged documents of which the claim has not
heard, and do in one transaction all that follows.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation

from accounts.models import User
from accounts.roles import Role
from claims.actions import inside, lifecycle, notices
from claims.models import Attachment, Claim
from claims.rules.statuses import Status
from evidence import reasons
from evidence.models import Document

VIRUS = "virus_found"  # the flag of a claim whose document was withdrawn
# A person who watches the page sees a refusal at once and chooses another file: the mail is for those who left.
QUIET = timedelta(minutes=10)
# One mail for all that failed: it waits for those that are still being checked, but not for ever.
PATIENCE = timedelta(hours=1)
OVER = {Status.WITHDRAWN, Status.EXPIRED, Status.CLOSED}


def hear_batch(*, size=50):
    """Draws the conclusions for up to `size` claims; returns for how many."""
    fresh = Attachment.objects.filter(heard="").exclude(document__state=Document.State.PENDING)
    taken_back = Attachment.objects.filter(heard="clean", document__withdrawn_at__isnull=False)
    claims = [pk for each in (taken_back, fresh) for pk in each.values_list("claim_id", flat=True).distinct()[:size]]
    return sum(hear(pk) for pk in dict.fromkeys(claims))


@transaction.atomic(durable=True)
def hear(pk):
    """All that one claim has not heard yet; 0 if there is nothing, or somebody else is at it."""
    claim = locked(pk)
    if claim is None:
        return 0
    judged = claim.attachments.select_related("document").exclude(document__state=Document.State.PENDING)
    news = judged.filter(Q(heard="") | Q(heard="clean", document__withdrawn_at__isnull=False))
    heard = list(news.order_by("document__depth", "id"))
    for attachment in heard:
        if attachment.heard:
            take_back(claim, attachment)
        else:
            conclude(claim, attachment)
        attachment.heard = attachment.document.state
        attachment.save(update_fields=["heard", "to_tell"])
    return int(bool(heard))


def locked(pk):
    rows = Claim.objects.select_related("incident", "terms", "claimant", "assigned_to")
    return rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()


def conclude(claim, attachment):
    """The first verdict: its members become documents of the claim, and what failed is to be told."""
    document = attachment.document
    if document.state == Document.State.CLEAN:
        inside.add(claim, attachment)
        document.refresh_from_db(fields=["left_out"])
    attachment.to_tell = bool(document.reason or document.left_out or set(document.warnings) & reasons.UNREADABLE)


def take_back(claim, attachment):
    """A virus was found in what had passed: everybody who may have opened it or relied on it is told at once."""
    document = attachment.document
    facts = {"document": str(document.pk), "sha256": document.sha256}
    flags = claim.flags if VIRUS in claim.flags else [*claim.flags, VIRUS]
    lifecycle.touch(claim, by=None, action="virus found", facts=facts, flags=flags)
    notices.post("document_withdrawn", claim=claim, about=document.pk, context={"file": document.name})
    for colleague in concerned(claim):
        key = f"claim:{claim.pk}:virus_found:{document.pk}:{colleague.pk}"
        decided = claim.decided_at is not None
        told = {"file": document.name, "decided": decided}
        notices.tell(colleague, "virus_found", key=key, claim=claim, context=told)


def concerned(claim):
    """Whose desk it lies on; the supervisors too, if something was decided with it."""
    who = Q(pk=claim.assigned_to_id)
    if claim.decided_at is not None:
        who |= Q(groups__name=Role.SUPERVISOR)
    return User.objects.filter(who, is_active=True).exclude(pk=claim.claimant_id).distinct().order_by("pk")


def tell_batch(*, now=None, size=50):
    """One mail for each claim about all its documents that failed since the last one; returns how many it wrote."""
    now = now or timezone.now()
    waiting = Attachment.objects.filter(claim=OuterRef("claim"), document__state=Document.State.PENDING)
    ripe = Attachment.objects.filter(to_tell=True, document__judged_at__lt=now - QUIET)
    ripe = ripe.filter(~Exists(waiting) | Q(document__judged_at__lt=now - PATIENCE))
    return sum(tell(pk) for pk in list(ripe.values_list("claim_id", flat=True).distinct()[:size]))


@transaction.atomic(durable=True)
def tell(pk):
    claim = locked(pk)
    if claim is None:
        return 0
    failed = list(claim.attachments.filter(to_tell=True).select_related("document__parent").order_by("id"))
    if not failed:
        return 0
    claim.attachments.filter(pk__in=[each.pk for each in failed]).update(to_tell=False)
    if claim.state in OVER:
        return 0
    with translation.override(claim.claimant.language):
        files = [{"name": title(each.document), "why": why(each.document)} for each in failed]
    notices.post("documents_failed", claim=claim, about=f"from {failed[0].pk}", context={"files": files})
    return 1


def title(document):
    return f"{document.parent.name}: {document.inside}" if document.parent else document.name


def why(document):
    """What is wrong with it, without what is only worth knowing."""
    return [str(text) for text in reasons.failures(document)]
