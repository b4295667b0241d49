"""Files on their way in, piece by piece."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evidence.models.documents import Document


class UploadQuerySet(models.QuerySet):
    def on_their_way(self, now):
        """Not ended either way, and still to be resumed."""
        return self.filter(ended_at=None, expires_at__gt=now)

    def expired(self, now):
        return self.filter(expires_at__lte=now)


class Upload(models.Model):
    """One file that a person sends in as many pieces as the connection needs.

    `offset` bytes of it are durable in its part; what lies behind them there was never acknowledged. `purpose` is the
    caller's word for what it is sent for, and a file is only ever used for that; `details` are the caller's own too.
    Ended is an upload that became `document`, was refused for a `problem` ({"code", "status", "message"}), or both not:
    it was sent along with something else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="uploads", verbose_name=_("sent by"))
    name = models.CharField(_("name"), max_length=150)
    size = models.PositiveBigIntegerField(_("size, bytes"))
    offset = models.PositiveBigIntegerField(_("received, bytes"), default=0)
    purpose = models.CharField(_("sent for"), max_length=80)
    details = models.JSONField(default=dict, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    document = models.ForeignKey(
        Document, models.SET_NULL, null=True, blank=True, related_name="uploads", verbose_name=_("document")
    )
    problem = models.JSONField(_("why it was not taken"), null=True, blank=True)
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(offset__lte=F("size")), name="upload_within_its_size"),
            models.CheckConstraint(
                condition=Q(sha256="") | Q(sha256__regex=r"^[0-9a-f]{64}$", offset=F("size")), name="upload_sha256"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False) | Q(document=None, problem=None), name="upload_ended_with_its_end"
            ),
            models.CheckConstraint(condition=Q(document=None) | Q(problem=None), name="upload_taken_or_refused"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="upload_expires"),
            models.Index(fields=["owner", "created_at"], name="upload_of_a_person"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_whole(self):
        """Whether every byte is here."""
        return self.offset == self.size
