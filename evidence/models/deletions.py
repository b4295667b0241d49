"""Deletions and the proof of each: what was deleted, by which rule, and that the storage has it no more."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evidence.models.documents import Document


class Deletion(models.Model):
    """Documents that were deleted together. `rule` is the caller's code for why, `why` its word for what they were."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(_("rule"), max_length=40)
    days = models.PositiveIntegerField(_("days kept"))
    why = models.CharField(_("of what"), max_length=80)
    ordered_at = models.DateTimeField(_("ordered"), default=timezone.now)
    finished_at = models.DateTimeField(_("proven"), null=True, blank=True)

    class Meta:
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        ordering = ["-ordered_at"]
        triggers = [
            pgtrigger.ReadOnly(name="as_ordered", fields=["rule", "days", "why", "ordered_at"]),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return self.why


class DeletedFile(models.Model):
    """One document of a deletion, and what became of its bytes. Waiting rows are the list of what is to be removed:
    written in the transaction that ends the document, worked off after it.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("To be removed")
        GONE = "gone", _("Removed, and not there any more")
        SHARED = "shared", _("The same file is kept elsewhere, so its bytes stay")

    deletion = models.ForeignKey(Deletion, models.PROTECT, related_name="files")
    document = models.OneToOneField(Document, models.PROTECT, related_name="deleted", verbose_name=_("document"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("size, bytes"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.WAITING)
    # What the bytes on the storage hashed to before they were removed; "missing" if there were none.
    hash_before = models.CharField(_("hash before"), max_length=64, blank=True)
    # How many versions and delete markers of it a bucket had before; a folder has none of that.
    versions = models.PositiveIntegerField(_("versions before"), default=0)
    # When the storage, asked again after the removal, had nothing under this hash.
    absent_at = models.DateTimeField(_("found absent"), null=True, blank=True)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("deleted file")
        verbose_name_plural = _("deleted files")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="gone", absent_at__isnull=False) & ~Q(hash_before="")
                | Q(outcome__in=["waiting", "shared"], absent_at=None),
                name="deleted_file_gone_is_proven",
            ),
        ]
        indexes = [models.Index(fields=["tries", "id"], condition=Q(outcome="waiting"), name="deleted_file_waiting")]
        triggers = [
            pgtrigger.ReadOnly(name="as_listed", fields=["deletion", "document", "sha256", "size"]),
            pgtrigger.Protect(
                name="gone_is_final", operation=pgtrigger.Update, condition=pgtrigger.Q(old__outcome="gone")
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return self.sha256[:12]
