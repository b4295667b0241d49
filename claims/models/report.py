"""Reports that managers ask for and a worker builds."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class ExportQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(requested_by=person)

    def buildable(self, now):
        """Queued, or left behind by a worker whose lease has run out."""
        return self.filter(Q(state=Export.State.QUEUED) | Q(state=Export.State.RUNNING, leased_until__lt=now)).order_by(
            "created_at"
        )


class Export(models.Model):
    """A file of claims. `rows` is the number written; the file has its final name only when it is whole."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Being built")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="exports", verbose_name=_("requested by"))
    report = models.CharField(_("report"), max_length=30)
    format = models.CharField(_("format"), max_length=10)
    filters = models.JSONField(_("filters"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    expected = models.PositiveBigIntegerField(_("expected rows"), null=True, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("requested"), default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "ready", "failed", "cancelled"]), name="export_state"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["queued", "running"]), name="export_pending")
        ]

    def __str__(self):
        return f"{self.report}.{self.format}"
