"""One remedy given to the whole roster of an incident, without claims."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import REMEDIES
from claims.models.incident import Incident, IncidentTerms


class MassRun(models.Model):
    """Walks the roster and owes each account what the terms give it; a second person approves it first."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        APPROVED = "approved", _("Approved")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="mass_runs", verbose_name=_("incident"))
    terms = models.ForeignKey(IncidentTerms, models.PROTECT, related_name="mass_runs", verbose_name=_("terms"))
    remedy = models.CharField(_("remedy"), max_length=10, choices=REMEDIES)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    created_at = models.DateTimeField(_("proposed"), default=timezone.now)

    class Meta:
        verbose_name = _("mass run")
        verbose_name_plural = _("mass runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="mass_run_second_person"
            ),
        ]

    def __str__(self):
        return f"{self.incident}, {self.get_remedy_display()}"
