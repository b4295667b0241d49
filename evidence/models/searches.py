"""Who searched the documents for what."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Search(models.Model):
    """Somebody searched in documents and saw what was found. Written before the answer leaves, never changed."""

    reader = models.ForeignKey(User, models.PROTECT, related_name="searches", verbose_name=_("who"))
    words = models.CharField(_("words"), max_length=200)
    # "case …" or "" for all that the person may see; further filters by name.
    why = models.CharField(_("why"), max_length=80, blank=True)
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    found = models.PositiveIntegerField(_("found"))
    at = models.DateTimeField(_("when"), default=timezone.now)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("search in documents")
        verbose_name_plural = _("searches in documents")
        ordering = ["-at"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.reader}: {self.words}"
