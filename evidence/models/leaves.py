"""Pages of documents as pictures. One row for equal bytes; made once somebody wants to look at them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LeavesQuerySet(models.QuerySet):
    def leasable(self, now):
        """Wanted, and no worker has a hand on it; the least tried first."""
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        return self.filter(free, state=Leaves.State.WAITING).order_by("tries", "queued_at")


class Leaves(models.Model):
    """The pictures of the first pages of what has this hash: `made` of `pages` that there are."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Pages are being made")
        READY = "ready", _("Pages are ready")
        FAILED = "failed", _("Pages cannot be shown")

    sha256 = models.CharField(_("SHA-256"), max_length=64, primary_key=True)
    media_type = models.CharField(_("media type"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    made = models.PositiveIntegerField(_("pages made"), default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)

    objects = LeavesQuerySet.as_manager()

    class Meta:
        verbose_name = _("pages as pictures")
        verbose_name_plural = _("pages as pictures")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["waiting", "ready", "failed"]), name="leaves_state"),
            models.CheckConstraint(condition=Q(made__lte=models.F("pages")), name="leaves_made_of_pages"),
        ]
        indexes = [models.Index(fields=["tries", "queued_at"], condition=Q(state="waiting"), name="leaves_waiting")]

    def __str__(self):
        return self.sha256[:12]
