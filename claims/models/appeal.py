"""The claimant's second word: an appeal against a decision, once."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.models import guards
from claims.models.claim import Claim
from claims.models.decision import Decision


class Appeal(models.Model):
    """Why the claimant asks for another look. The decision it is against keeps standing until the second one."""

    claim = models.OneToOneField(Claim, models.PROTECT, related_name="appeal")
    against = models.OneToOneField(Decision, models.PROTECT, related_name="appeal")
    grounds = models.TextField(_("grounds"))
    filed_at = models.DateTimeField(_("filed"), default=timezone.now)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            guards.no_truncate(),
        ]

    def __str__(self):
        return f"{self.claim_id}: {self.grounds[:60]}"
