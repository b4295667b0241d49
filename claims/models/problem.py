"""Further technical problems that people report while the service comes back."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.incident import Incident


class ProblemReport(models.Model):
    """What somebody says still does not work; with or without an account here."""

    incident = models.ForeignKey(Incident, models.PROTECT, null=True, blank=True, related_name="problems")
    reporter = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="problems")
    login = models.CharField(_("account"), max_length=254, blank=True)
    email = models.EmailField(_("where we can answer"), max_length=254, blank=True)
    text = models.TextField(_("what does not work"))
    created_at = models.DateTimeField(_("reported"), default=timezone.now)

    class Meta:
        verbose_name = _("problem report")
        verbose_name_plural = _("problem reports")
        ordering = ["-id"]

    def __str__(self):
        return self.text[:60]
