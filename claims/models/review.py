"""Who had a claim on the desk, and when."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Claim


class Assignment(models.Model):
    """One stay of a claim with one reviewer; the open one has no `ended_at`."""

    class End(models.TextChoices):
        RELEASED = "released", _("Given back")
        REASSIGNED = "reassigned", _("Given to somebody else")
        DECIDED = "decided", _("Decided")
        WITHDRAWN = "withdrawn", _("Withdrawn by the claimant")
        FREED = "freed", _("Put back by a supervisor")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="assignments")
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=End, blank=True)
    # The clearing of a whole desk that ended this stay, so that it can be undone.
    cleared_by = models.ForeignKey("Clearing", models.PROTECT, null=True, blank=True, related_name="stays")

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(fields=["claim"], condition=Q(ended_at=None), name="one_open_assignment"),
        ]
        indexes = [models.Index(fields=["reviewer", "claim"], name="assignment_reviewer")]

    def __str__(self):
        return f"{self.claim_id} – {self.reviewer_id}"


class Clearing(models.Model):
    """All open cases of one reviewer given away at once."""

    person = models.ForeignKey(User, models.PROTECT, related_name="clearings", verbose_name=_("whose desk"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("cleared desk")
        verbose_name_plural = _("cleared desks")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.person_id}: {self.at:%Y-%m-%d}"


class AbsenceQuerySet(models.QuerySet):
    def on(self, day):
        return self.filter(since__lte=day, until__gte=day)


class Absence(models.Model):
    """The days (Rome dates, both included) on which a reviewer is away; one stretch at a time, and no reason why."""

    person = models.OneToOneField(User, models.PROTECT, related_name="absence", verbose_name=_("who"))
    since = models.DateField(_("away from"))
    until = models.DateField(_("away until"))

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [models.CheckConstraint(condition=Q(until__gte=models.F("since")), name="absence_days")]

    def __str__(self):
        return f"{self.person_id}: {self.since} – {self.until}"


class Hold(models.Model):
    """A claim that waits for something outside, until a day on which it comes back by itself."""

    class Reason(models.TextChoices):
        COURT = "court", _("A court or an authority decides first")
        EXPERT = "expert", _("An expert was asked")
        THIRD_PARTY = "third_party", _("Somebody else must answer first")
        WORKLOAD = "workload", _("Set aside for a while")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="holds")
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    until = models.DateField(_("until"))
    pauses = models.BooleanField(_("the clock stands still"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["claim"], condition=Q(ended_at=None), name="one_open_hold"),
            models.CheckConstraint(
                condition=Q(reason__in=["court", "expert", "third_party", "workload"]), name="hold_reason"
            ),
        ]
        indexes = [models.Index(fields=["until"], condition=Q(ended_at=None), name="hold_open")]

    def __str__(self):
        return f"{self.claim_id}: {self.get_reason_display()}"
