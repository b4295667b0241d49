"""Who had a claim on the desk, and when."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Claim


class Assignment(models.Model):
    """One stay of a claim with one reviewer; the open one has no `ended_at`."""

    class End(models.TextChoices):
        RELEASED = "released", _("Given back")
        REASSIGNED = "reassigned", _("Given to somebody else")
        DECIDED = "decided", _("Decided")
        WITHDRAWN = "withdrawn", _("Withdrawn by the claimant")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="assignments")
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=End, blank=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(fields=["claim"], condition=Q(ended_at=None), name="one_open_assignment"),
        ]
        indexes = [models.Index(fields=["reviewer", "claim"], name="assignment_reviewer")]

    def __str__(self):
        return f"{self.claim_id} – {self.reviewer_id}"
