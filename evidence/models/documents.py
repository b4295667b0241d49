"""Documents: what they are and whether they are safe. And who read them."""

import uuid
from datetime import timedelta

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evidence import reasons
from evidence.models.contents import TO_BE_READ

ALARM_AFTER = timedelta(minutes=15)
# Whoever judges a document, or scans it again, leaves a line behind that nothing overwrites.
JUDGED = """
IF NEW.judged_at IS NULL OR (TG_OP = 'UPDATE'
    AND (OLD.judged_at, OLD.scanned_with) IS NOT DISTINCT FROM (NEW.judged_at, NEW.scanned_with)) THEN
    RETURN NULL;
END IF;
INSERT INTO evidence_scan (document_id, at, verdict, reason, scanned_with) VALUES (
    NEW.id,
    CASE WHEN TG_OP = 'UPDATE' AND OLD.judged_at = NEW.judged_at THEN now() ELSE NEW.judged_at END,
    NEW.state,
    NEW.reason,
    CASE WHEN NEW.reason = '' THEN NEW.scanned_with ELSE '' END
);
RETURN NULL;
"""


class DocumentQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(state=Document.State.PENDING)

    def clean(self):
        return self.filter(state=Document.State.CLEAN)

    def refused(self):
        return self.filter(state=Document.State.REFUSED)

    def leasable(self, now):
        """Waiting for a verdict, and no worker has a hand on it; the least tried first."""
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        return self.pending().filter(free).order_by("tries", "received_at")

    def kept(self):
        """Those whose bytes have to be there."""
        return self.exclude(state=Document.State.DELETED)

    def stuck(self, now):
        """Waiting for longer than a working scanner ever needs."""
        return self.pending().filter(received_at__lt=now - ALARM_AFTER)


class Document(models.Model):
    """One file as one person handed it in. Equal files share their bytes on the storage, not their row."""

    class State(models.TextChoices):
        PENDING = "pending", reasons.STATES["pending"]
        CLEAN = "clean", reasons.STATES["clean"]
        REFUSED = "refused", reasons.STATES["refused"]
        # A tombstone: when it was deleted, what its hash and its size were, and nothing else of it.
        DELETED = "deleted", reasons.STATES["deleted"]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="documents", verbose_name=_("handed in by"))
    name = models.CharField(_("name"), max_length=150, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("size, bytes"))
    media_type = models.CharField(_("media type"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    warnings = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("warnings"))
    # False: judged by content rules alone, because no virus scanner is set up.
    scanned = models.BooleanField(_("virus-scanned"), default=False)
    has_preview = models.BooleanField(_("has a preview"), default=False)
    # A member of an archive, or what was attached to a mail: a document of its own that knows where it lay.
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("lies inside")
    )
    inside = models.CharField(_("path inside"), max_length=400, blank=True)
    depth = models.PositiveSmallIntegerField(_("how deep inside"), default=0)
    # How many members were found, None before it was opened; [{"inside", "reason"}] of those that were left out.
    parts = models.PositiveIntegerField(_("files inside"), null=True, blank=True)
    left_out = models.JSONField(_("files inside that were not accepted"), default=list, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    judged_at = models.DateTimeField(_("checked"), null=True, blank=True)
    # The scanner's version, signatures and all, that last found no virus here.
    scanned_with = models.CharField(_("last virus scan with"), max_length=100, blank=True)
    # When a virus was found in what had passed before.
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(_("tries"), default=0)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["received_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "clean", "refused", "deleted"]), name="document_state"
            ),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_sha256"),
            models.CheckConstraint(condition=Q(size__gt=0), name="document_not_empty"),
            models.CheckConstraint(
                condition=Q(state="pending", judged_at=None) | (~Q(state="pending") & Q(judged_at__isnull=False)),
                name="document_judged_unless_pending",
            ),
            models.CheckConstraint(
                condition=(Q(state="refused") & ~Q(reason="")) | (~Q(state="refused") & Q(reason="")),
                name="document_reason_if_refused",
            ),
            models.CheckConstraint(
                condition=Q(parent=None, depth=0, inside="") | (Q(parent__isnull=False, depth__gt=0) & ~Q(inside="")),
                name="document_inside_its_parent",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(state__in=["refused", "deleted"]),
                name="document_withdrawn_is_refused",
            ),
            models.CheckConstraint(
                condition=Q(state="deleted", deleted_at__isnull=False, name="", has_preview=False)
                | (~Q(state="deleted") & Q(deleted_at=None)),
                name="document_deleted_says_when",
            ),
            models.UniqueConstraint(
                fields=["parent", "inside"], condition=Q(parent__isnull=False), name="document_once_inside"
            ),
        ]
        indexes = [
            models.Index(fields=["tries", "received_at"], condition=Q(state="pending"), name="document_pending"),
            # What is scanned again when the scanner learns of new viruses.
            models.Index(fields=["received_at"], condition=Q(state="clean"), name="document_clean"),
            models.Index(fields=["owner", "received_at"], name="document_of_a_person"),
            models.Index(fields=["withdrawn_at"], condition=Q(withdrawn_at__isnull=False), name="document_withdrawn"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="what_was_handed_in", fields=["owner", "sha256", "size", "media_type", "parent", "depth"]
            ),
            pgtrigger.Protect(
                name="path_inside",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__inside__df=pgtrigger.F("new__inside")) & ~pgtrigger.Q(new__state="deleted"),
            ),
            pgtrigger.Protect(
                name="refused_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="refused") & ~pgtrigger.Q(new__state__in=["refused", "deleted"]),
            ),
            pgtrigger.Protect(
                name="deleted_is_final", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="deleted")
            ),
            # Whoever makes a document, and wherever it is judged: clean bytes that nobody read are put in the queue.
            pgtrigger.Trigger(
                name="is_to_be_read",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                when=pgtrigger.After,
                condition=pgtrigger.Q(new__state="clean"),
                func=TO_BE_READ,
            ),
            pgtrigger.Trigger(
                name="is_judged",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("judged_at", "scanned_with"),
                when=pgtrigger.After,
                func=JUDGED,
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def texts(self):
        """What both sides read beside this document (lazy texts)."""
        return reasons.texts(self)


class Reading(models.Model):
    """Somebody got the content of a document. Written before the first byte leaves, never changed."""

    class How(models.TextChoices):
        DOWNLOAD = "download", _("Downloaded")
        PREVIEW = "preview", _("Looked at the preview")
        TEXT = "text", _("Read what was found in it")

    document = models.ForeignKey(Document, models.PROTECT, related_name="readings", verbose_name=_("document"))
    reader = models.ForeignKey(User, models.PROTECT, related_name="readings", verbose_name=_("who"))
    how = models.CharField(_("how"), max_length=10, choices=How)
    why = models.CharField(_("why"), max_length=80)
    at = models.DateTimeField(_("when"), default=timezone.now)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=Q(how__in=["download", "preview", "text"]), name="reading_how"),
            models.CheckConstraint(condition=~Q(why=""), name="reading_why"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.reader}: {self.document}"
