"""How long claims take at present: worked out by a crank, read by pages."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.claim import REMEDIES
from claims.models.incident import Incident


class Pace(models.Model):
    """Within how many days claims of one kind were decided lately; no incident: those of all incidents together.

    `stage` is the basis of the clock that is measured: "decision", "appeal" or "reopen". A fifth of the claims were
    decided within `quick` days, four fifths within `slow`; None where too many are still open to say.
    """

    stage = models.CharField(_("stage"), max_length=60)
    remedy = models.CharField(_("remedy"), max_length=10, choices=REMEDIES)
    incident = models.ForeignKey(
        Incident, models.CASCADE, null=True, blank=True, related_name="paces", verbose_name=_("incident")
    )
    cases = models.PositiveIntegerField(_("decided"))
    still_open = models.PositiveIntegerField(_("still open"))
    quick = models.PositiveIntegerField(_("a fifth within, days"), null=True, blank=True)
    slow = models.PositiveIntegerField(_("four fifths within, days"), null=True, blank=True)
    as_of = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("pace")
        verbose_name_plural = _("pace of decisions")
        ordering = ["stage", "remedy", "incident_id"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "remedy", "incident"], nulls_distinct=False, name="one_pace_each"),
            models.CheckConstraint(
                condition=Q(slow=None) | Q(quick__isnull=False, slow__gte=models.F("quick")), name="pace_in_order"
            ),
        ]

    def __str__(self):
        return f"{self.stage}, {self.get_remedy_display()}: {self.quick} – {self.slow}"
