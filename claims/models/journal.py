"""The journal: who did what, when and why. Entries are written once and never change."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class JournalEntry(models.Model):
    """One act. A chain ("claim:17", "incident:3") is numbered without holes and linked by hashes.

    `facts` holds nothing personal; personal words are in `sealed`, encrypted for `person`, so that
    an erasure leaves the chain verifiable.
    """

    chain = models.CharField(_("chain"), max_length=60)
    sequence = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("when"), default=timezone.now)
    actor = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="journal_entries", verbose_name=_("who")
    )
    actor_kind = models.CharField(_("as"), max_length=20)
    action = models.CharField(_("what"), max_length=40)
    old = models.CharField(_("before"), max_length=40, blank=True)
    new = models.CharField(_("after"), max_length=40, blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("about"))
    sealed = models.BinaryField(null=True, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        ordering = ["chain", "sequence"]
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="journal_sequence_once")]
        indexes = [models.Index(fields=["-at"], name="journal_at")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                func="RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'check_violation';",
            ),
        ]

    def __str__(self):
        return f"{self.chain} #{self.sequence}: {self.action}"
