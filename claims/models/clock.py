"""The deadline ledger: what happened to a claim's clock. Read by claims.rules.clock, written once, never changed."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models import guards
from claims.models.claim import Claim
from claims.rules.clock import Event


class ClockEvent(models.Model):
    """One line of the ledger of one review round. `on` is a Europe/Rome date, `days` belongs to start and extend."""

    class Kind(models.TextChoices):
        START = "start", _("Clock started")
        PAUSE = "pause", _("Clock paused")
        RESUME = "resume", _("Clock resumed")
        EXTEND = "extend", _("Deadline extended")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="clock_events")
    round = models.PositiveSmallIntegerField(_("review round"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    on = models.DateField(_("day"))
    days = models.PositiveSmallIntegerField(_("days"), default=0)
    mode = models.CharField(_("counted as"), max_length=10, default="calendar")
    # The rule this rests on, such as "decision", "information_request", "hold:expert"; shown to both sides.
    basis = models.CharField(_("basis"), max_length=60)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who"))

    class Meta:
        verbose_name = _("clock event")
        verbose_name_plural = _("deadline ledger")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["start", "pause", "resume", "extend"]), name="clock_event_kind"
            ),
            models.CheckConstraint(condition=Q(mode__in=["calendar", "working"]), name="clock_event_mode"),
            models.CheckConstraint(
                condition=Q(kind__in=["start", "extend"], days__gt=0) | Q(kind__in=["pause", "resume"], days=0),
                name="clock_event_days",
            ),
            models.UniqueConstraint(
                fields=["claim", "round"], condition=Q(kind="start"), name="one_clock_start_per_round"
            ),
        ]
        indexes = [models.Index(fields=["claim", "round", "id"], name="clock_ledger")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            *guards.OF_CLOCKS,
        ]

    def __str__(self):
        return f"{self.claim_id}: {self.kind} {self.on}"

    @property
    def event(self):
        """As the rules take it."""
        return Event(self.kind, self.on, self.days, self.mode)
