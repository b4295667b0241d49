"""Domains whose servers said that it was too much: they are left alone for a while, then tried again."""

from django.db import transaction
from django.utils import timezone

from claims.models import MailDomain
from claims.rules.mail_rates import LEFT_ALONE, left_alone


@transaction.atomic
def refused(domain, answer):
    """Leaves a domain alone, longer each time in a row; returns until when, None if it has refused for too long."""
    now = timezone.now()
    MailDomain.objects.get_or_create(domain=domain)
    row = MailDomain.objects.select_for_update().get(domain=domain)
    if row.blocked_until is None or row.blocked_until <= now:  # else another worker was told the same just now
        row.refusals = min(row.refusals + 1, len(LEFT_ALONE) + 1)
        row.blocked_until, row.answer = now + left_alone(row.refusals), answer[:300]
        row.save(update_fields=["refusals", "blocked_until", "answer"])
    return row.blocked_until if row.refusals <= len(LEFT_ALONE) else None


def accepted(domain):
    """It takes mails again."""
    MailDomain.objects.filter(domain=domain).update(refusals=0, blocked_until=None, answer="")
