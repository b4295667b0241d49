"""A decision that is still being written: saved as it was typed, seen by its reviewer only."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Claim


class DecisionDraft(models.Model):
    """`values` is the form as typed (texts, not amounts): nothing in it is checked until it is decided."""

    claim = models.OneToOneField(Claim, models.CASCADE, related_name="decision_draft")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    values = models.JSONField(default=dict)
    saved_at = models.DateTimeField(_("saved"), auto_now=True)

    class Meta:
        verbose_name = _("draft of a decision")
        verbose_name_plural = _("drafts of decisions")

    def __str__(self):
        return str(self.claim_id)
