"""What reviewers do with documents: remarks pinned to a page, what a document proves, who has read it; and bundles."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Attachment, Claim, LossItem


class Pin(models.Model):
    """A remark on a page, or on a part of it: `x y w h` are fractions of the page. Staff only."""

    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="pins", verbose_name=_("document"))
    page = models.PositiveIntegerField(_("page"), default=1)
    x = models.FloatField(default=0)
    y = models.FloatField(default=0)
    w = models.FloatField(default=0)
    h = models.FloatField(default=0)
    text = models.TextField(_("text"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"), default=timezone.now)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    class Meta:
        verbose_name = _("remark on a page")
        verbose_name_plural = _("remarks on pages")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(page__gt=0, x__gte=0, y__gte=0, w__gte=0, h__gte=0)
                & Q(x__lte=1 - F("w"))
                & Q(y__lte=1 - F("h")),
                name="pin_on_its_page",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="pin_resolved_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="as_written", fields=["attachment", "page", "x", "y", "w", "h", "text", "by", "at"]
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return f"{self.attachment}, {self.page}"


class ReadMark(models.Model):
    """Somebody of the staff says that they have read a document."""

    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="read_marks", verbose_name=_("document"))
    by = models.ForeignKey(User, models.PROTECT, related_name="read_marks", verbose_name=_("who"))
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("document read")
        verbose_name_plural = _("documents read")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["attachment", "by"], name="read_mark_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.by}: {self.attachment}"


class Proof(models.Model):
    """The staff's word for which loss a document proves, whatever the claimant said. The journal keeps what was taken
    back.
    """

    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="proofs", verbose_name=_("document"))
    item = models.ForeignKey(LossItem, models.PROTECT, related_name="proofs", verbose_name=_("loss item"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("proof of a loss")
        verbose_name_plural = _("proofs of losses")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["attachment", "item"], name="proof_once")]

    def __str__(self):
        return f"{self.attachment}: {self.item}"


class BundleQuerySet(models.QuerySet):
    def bindable(self, now):
        """Queued, or left behind by a worker whose lease has run out."""
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        return self.filter(free, state__in=["queued", "running"]).order_by("created_at")


class Bundle(models.Model):
    """All documents of a claim as one PDF with an index. The same documents make the same PDF, byte for byte."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Being built")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="bundles")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    # What it is made of, frozen when it was asked for, and the hash of that.
    manifest = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(_("documents done"), default=0)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("requested"), default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = BundleQuerySet.as_manager()

    class Meta:
        verbose_name = _("bundle")
        verbose_name_plural = _("bundles")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "ready", "failed"]), name="bundle_state"
            ),
            # Two people who ask at once wait for the same one.
            models.UniqueConstraint(
                fields=["claim", "digest"], condition=~Q(state="failed"), name="bundle_once_of_its_documents"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["queued", "running"]), name="bundle_pending")
        ]

    def __str__(self):
        return f"{self.claim}.pdf"
