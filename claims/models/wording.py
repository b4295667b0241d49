"""Words that an organisation sets itself: the texts of reasons and of letters, in versions."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class ReasonText(models.Model):
    """One version of a reason: what staff pick from and what the claimant reads. The newest one holds.

    A decision keeps the version it was made with, so that its letter never changes.
    """

    code = models.SlugField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    staff_it = models.CharField(_("for staff, in Italian"), max_length=200)
    staff_en = models.CharField(_("for staff, in English"), max_length=200)
    claimant_it = models.TextField(_("for the claimant, in Italian"))
    claimant_en = models.TextField(_("for the claimant, in English"))
    # A retired reason is no longer offered, but still explains old decisions.
    retired = models.BooleanField(_("no longer offered"), default=False)
    written_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    written_at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["code", "-version"]
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="reason_version_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return self.staff_en if str(get_language()).startswith("en") else self.staff_it

    @property
    def for_claimant(self):
        return self.claimant_en if str(get_language()).startswith("en") else self.claimant_it


class LetterTextQuerySet(models.QuerySet):
    def newest(self, kind, language):
        """The words that hold now."""
        return self.filter(kind=kind, language=language).order_by("-version").first()


class LetterText(models.Model):
    """One version of the words of a letter in one language; the newest one holds."""

    kind = models.SlugField(_("kind"), max_length=40)
    language = models.CharField(_("language"), max_length=5)
    version = models.PositiveIntegerField(_("version"))
    opening = models.TextField(_("before the arithmetic"))
    closing = models.TextField(_("after the arithmetic"))
    written_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    written_at = models.DateTimeField(_("written"), default=timezone.now)

    objects = LetterTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter text")
        verbose_name_plural = _("letter texts")
        ordering = ["kind", "language", "-version"]
        constraints = [models.UniqueConstraint(fields=["kind", "language", "version"], name="letter_version_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.kind} ({self.language}), {self.version}"
