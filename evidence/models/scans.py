"""Every look that was taken at a document to judge it: the first one and those with newer signatures."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from evidence.models.documents import Document


class Scan(models.Model):
    """One verdict, written down by the database itself with the document's row (documents.JUDGED)."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="scans", verbose_name=_("document"))
    at = models.DateTimeField(_("when"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Document.State)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    # The scanner's version if it found nothing, "" if none looked or it found something.
    scanned_with = models.CharField(_("virus scan with"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("virus scan")
        verbose_name_plural = _("virus scans")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)]

    def __str__(self):
        return f"{self.document_id}, {self.at:%Y-%m-%d}"
