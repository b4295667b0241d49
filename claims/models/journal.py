"""The journal: who did what, when and why. Entries are written once and never change."""

import json
from hashlib import sha256

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import keys
from accounts.models import User

SEALED = "journal.sealed"


def entry_hash(entry):
    """SHA-256 over the canonical JSON of the entry; sealed words count by the hash of their ciphertext."""
    content = {
        "chain": entry.chain,
        "sequence": entry.sequence,
        "previous": entry.previous,
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_kind": entry.actor_kind,
        "action": entry.action,
        "old": entry.old,
        "new": entry.new,
        "facts": entry.facts,
        "person": entry.person_id,
        "sealed": sha256(bytes(entry.sealed)).hexdigest() if entry.sealed else None,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return sha256(canonical.encode()).hexdigest()


def chain_of(subject):
    """The name of the chain of a claim, an incident, …"""
    return f"{subject._meta.model_name}:{subject.pk}"


class JournalQuerySet(models.QuerySet):
    def of(self, subject):
        """The chain of a claim, an incident, …, oldest entry first."""
        return self.filter(chain=chain_of(subject)).order_by("sequence")


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

    objects = JournalQuerySet.as_manager()

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

    def words(self, people=None):
        """The words sealed in it, "" if there are none or the person was erased.

        `people`: what keys.keys_of() gave, when many entries are read.
        """
        if not self.sealed:
            return ""
        try:
            return keys.unseal(self.person_id, self.sealed, where=SEALED, keys=people)
        except keys.Unreadable:
            return ""


class Seal(models.Model):
    """A day's seal over the heads of all chains: removing or rewriting a whole chain no longer fits it.

    `root` covers the Merkle tree over (chain, sequence, hash) of every chain's head at the end of the day, in the order
    of their names, the numbers here, and `previous`, the root of the seal before (claims/rules/sealing.py).
    """

    day = models.DateField(_("day"), unique=True)
    chains = models.PositiveBigIntegerField(_("chains"))
    entries = models.PositiveBigIntegerField(_("entries"))
    last_entry = models.PositiveBigIntegerField(_("last entry"))
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField(_("sealed"), default=timezone.now)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["day"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                func="RAISE EXCEPTION 'seals are append-only' USING ERRCODE = 'check_violation';",
            ),
        ]

    def __str__(self):
        return f"{self.day}: {self.root[:12]}"
