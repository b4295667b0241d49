"""Fingerprints of what claimants tell, by which nearly equal stories find each other by an index."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.models.claim import Claim


class StoryPrint(models.Model):
    """One of the numbers of a narrative (evidence.likeness). One too short to be compared has a single row without."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="story_prints")
    part = models.PositiveSmallIntegerField(_("part"), default=0)
    value = models.BigIntegerField(_("value"), null=True)

    class Meta:
        verbose_name = _("fingerprint of a story")
        verbose_name_plural = _("fingerprints of stories")
        constraints = [models.UniqueConstraint(fields=["claim", "part"], name="story_print_part")]
        indexes = [
            models.Index(fields=["value", "claim"], condition=models.Q(value__isnull=False), name="story_print_value")
        ]

    def __str__(self):
        return f"{self.claim_id}, {self.part}"
