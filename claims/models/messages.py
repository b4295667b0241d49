"""What claimant and staff write to each other, and what staff write among themselves."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Attachment, Claim


class Message(models.Model):
    """One message in the thread of a claim. `from_staff` tells the sides apart: claimants never see a name."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="messages")
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    from_staff = models.BooleanField()
    text = models.TextField(_("text"))
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    # When the other side first had it on a page.
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    documents = models.ManyToManyField(Attachment, blank=True, related_name="messages")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["claim", "from_staff"], condition=Q(read_at=None), name="message_unread"),
        ]

    def __str__(self):
        return self.text[:60]


class Note(models.Model):
    """An internal note. It is never part of anything a claimant can reach."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    text = models.TextField(_("text"))
    written_at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")
        ordering = ["id"]

    def __str__(self):
        return self.text[:60]


class Mention(models.Model):
    """Somebody of the staff named in a note (“@rita”); unseen until they opened the case."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    person = models.ForeignKey(User, models.PROTECT, related_name="mentions")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["note", "person"], name="mentioned_once")]
        indexes = [models.Index(fields=["person"], condition=Q(seen_at=None), name="mention_unseen")]

    def __str__(self):
        return f"{self.note_id} – {self.person_id}"
