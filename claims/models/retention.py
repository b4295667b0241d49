"""What keeps the documents of a claim beyond their time."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Claim


class LegalHold(models.Model):
    """Nothing of the claim is deleted until somebody lifts it: a lawsuit, an inspection, an authority asks for it."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="legal_holds")
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    since = models.DateTimeField(_("since"), default=timezone.now)
    lifted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lifted by")
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["claim"], condition=Q(lifted_at=None), name="one_open_legal_hold"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None) | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="legal_hold_lifted_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="as_set", fields=["claim", "reason", "by", "since"]),
            pgtrigger.Protect(
                name="lifted_is_final", operation=pgtrigger.Update, condition=pgtrigger.Q(old__lifted_at__isnull=False)
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return f"{self.claim}, {self.since:%Y-%m-%d}"
