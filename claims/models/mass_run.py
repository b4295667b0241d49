"""One remedy given to the whole roster of an incident, without claims."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from claims.models import guards_of_runs as guards
from claims.models.claim import REMEDIES
from claims.models.incident import Incident, IncidentTerms
from claims.rules.mass_runs import ON, RUN_MOVES, UNFINISHED


class MassRunQuerySet(models.QuerySet):
    def on(self):
        """Those that grant, or would go on granting: their rosters stay as they are."""
        return self.filter(state__in=ON)


class MassRun(models.Model):
    """Walks the roster and owes each account what the terms give it; a second person approves it first."""

    class State(models.TextChoices):
        COUNTING = "counting", pgettext_lazy("mass run", "Being counted")
        PROPOSED = "proposed", _("Proposed")
        APPROVED = "approved", pgettext_lazy("mass run", "Approved")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="mass_runs", verbose_name=_("incident"))
    terms = models.ForeignKey(IncidentTerms, models.PROTECT, related_name="mass_runs", verbose_name=_("terms"))
    remedy = models.CharField(_("remedy"), max_length=10, choices=REMEDIES)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.COUNTING)
    # Null: somebody at the server's command line.
    proposed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proposed by")
    )
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    created_at = models.DateTimeField(_("proposed"), default=timezone.now)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # As it was proposed: how many accounts the roster had after which of its loads (a number in the incident's chain),
    # to how many of them how much goes, and {why: how many} of the others; "no_channel" get it, but cannot be told yet.
    roster = models.PositiveIntegerField(_("accounts"), default=0)
    roster_entry = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(_("people"), default=0)
    total = models.DecimalField(_("total, euro"), max_digits=14, decimal_places=2, default=0)
    excluded = models.JSONField(default=dict, blank=True)
    examples = ArrayField(models.BigIntegerField(), default=list, blank=True)  # accounts that get something
    # While it is counted: how far that is, how many accounts there are, and lines of claims.reports.mass_runs.
    counted_to = models.PositiveBigIntegerField(default=0)
    to_count = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=list, blank=True)
    # How far it is: the last account walked over, how many were, and what was granted.
    cursor = models.PositiveBigIntegerField(default=0)
    walked = models.PositiveIntegerField(_("accounts walked over"), default=0)
    granted = models.PositiveIntegerField(_("granted"), default=0)
    granted_total = models.DecimalField(_("granted, euro"), max_digits=14, decimal_places=2, default=0)
    held = models.PositiveIntegerField(_("notices that wait"), default=0)  # now: fewer when a service is restored
    chunks = models.PositiveIntegerField(_("chunks"), default=0)
    seconds = models.FloatField(_("seconds worked"), default=0)
    # A service was restored: notices after this one are looked at again. Null: nothing to release.
    released_to = models.PositiveBigIntegerField(null=True, blank=True)
    # Those who have not said where to pay are asked once more, behind this payout. Null: nobody is to be asked.
    remind_to = models.PositiveBigIntegerField(null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    reminders = models.PositiveIntegerField(_("reminders"), default=0)  # rounds of them

    objects = MassRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("mass run")
        verbose_name_plural = _("mass runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="mass_run_second_person"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["counting", "proposed", "approved", "paused", "done", "cancelled"]),
                name="mass_run_state",
            ),
            models.CheckConstraint(condition=Q(remedy__in=["indemnity", "refund"]), name="mass_run_remedy"),
            models.CheckConstraint(
                condition=Q(state__in=["counting", "proposed", "cancelled"])
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="mass_run_approved_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["incident", "remedy"], condition=Q(state__in=UNFINISHED), name="one_mass_run_at_a_time"
            ),
        ]
        triggers = guards.of_runs(RUN_MOVES)

    def __str__(self):
        return f"{self.incident}, {self.get_remedy_display()}"

    @property
    def is_counted(self):
        """Whether the roster was counted to its end."""
        return self.roster > 0 and not self.tally

    @property
    def is_empty(self):
        """Whether it ended because nobody would have got anything."""
        return self.is_counted and self.people == 0

    @property
    def percent_counted(self):
        return min(100, self.roster * 100 // self.to_count) if self.to_count else 0

    @property
    def percent(self):
        return min(100, self.walked * 100 // self.roster) if self.roster else 0

    @property
    def per_second(self):
        """Accounts walked over in a second of work."""
        return round(self.walked / self.seconds) if self.seconds else 0

    @property
    def seconds_left(self):
        """None as long as nobody can tell."""
        return round((self.roster - self.walked) * self.seconds / self.walked) if self.walked and self.seconds else None
