"""Corrections of a roster: a file's effect as it was shown, and who applied it."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from claims.models.guards_of_money import keep, moves, never_changed, no_truncate, starts_as
from claims.models.incident import Incident, IncidentTerms
from claims.rules.corrections import ACTIONS, CORRECTION_MOVES

AS_PROPOSED = [
    *("incident", "terms", "sha256", "fingerprint", "roster_entry", "unchanged", "counts", "effect", "granted"),
    *("moves_money", "proposed_by", "created_at"),
]


class Correction(models.Model):
    """Accounts that a file adds, changes and removes. A second manager applies what changes what people are due."""

    class State(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("correction", "Proposed")
        APPLIED = "applied", pgettext_lazy("correction", "Applied")
        CANCELLED = "cancelled", pgettext_lazy("correction", "Cancelled")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="corrections")
    # By which the amounts were computed; null as long as none are frozen.
    terms = models.ForeignKey(IncidentTerms, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PROPOSED)
    sha256 = models.CharField(max_length=64)  # of the file
    fingerprint = models.CharField(max_length=64)  # of the effect, line by line
    roster_entry = models.PositiveIntegerField(default=0)  # which of its loads the roster was from, as in MassRun
    unchanged = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # {add, change, remove, touched, altering}: lines
    # {remedy: {accounts, before, after}} in euro: of all lines, and of those that alter what was granted, with granted.
    effect = models.JSONField(default=dict)
    granted = models.JSONField(default=dict)
    moves_money = models.BooleanField(default=False)
    # Whether the lines that alter what was granted were applied too; null if there are none, or nobody said yet.
    with_granted = models.BooleanField(null=True, blank=True)
    # Null: somebody at the server's command line.
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    finished_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("proposed"), default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("correction of a roster")
        verbose_name_plural = _("corrections of rosters")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "applied", "cancelled"]), name="correction_state"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", finished_by=None, finished_at=None)
                | ~Q(state="proposed") & Q(finished_by__isnull=False, finished_at__isnull=False),
                name="correction_finished_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="applied", moves_money=True) | ~Q(finished_by=F("proposed_by")),
                name="correction_second_person",
            ),
        ]
        triggers = [
            moves(CORRECTION_MOVES),
            starts_as("proposed"),
            pgtrigger.ReadOnly(name="as_proposed", fields=AS_PROPOSED),
            pgtrigger.Protect(
                name="finished_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["applied", "cancelled"]),
            ),
            keep(),
            no_truncate(),
        ]

    def __str__(self):
        return _("Correction %(number)d") % {"number": self.pk}


class CorrectedAccount(models.Model):
    """One line of a correction: what stands in the roster and what will, and what that does to money."""

    correction = models.ForeignKey(Correction, models.PROTECT, related_name="lines")
    line = models.PositiveIntegerField(_("line"))
    action = models.CharField(_("what to do"), max_length=6, choices=[(each, each) for each in ACTIONS])
    login = models.CharField(_("account"), max_length=254)
    account = models.BigIntegerField(null=True, blank=True)  # the id it had on the roster
    before = models.JSONField(default=dict)  # {column: value} as far as it differs
    after = models.JSONField(default=dict)
    amounts = models.JSONField(default=dict)  # {remedy: {before, after}} where the terms give something
    granted = models.JSONField(default=dict)  # {remedy: euro} of live payouts
    claims = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    altering = models.BooleanField(default=False)  # alters an amount that was granted

    class Meta:
        verbose_name = _("line of a correction")
        verbose_name_plural = _("lines of corrections")
        ordering = ["correction", "line"]
        constraints = [
            models.UniqueConstraint(fields=["correction", "line"], name="corrected_line_once"),
            models.UniqueConstraint(fields=["correction", "login"], name="corrected_account_once"),
            models.CheckConstraint(condition=Q(action__in=ACTIONS), name="corrected_account_action"),
            models.CheckConstraint(
                condition=~Q(action="remove") | Q(granted={}, claims=[]), name="corrected_account_in_use_stays"
            ),
        ]
        triggers = [never_changed(), keep(), no_truncate()]

    def __str__(self):
        return self.login
