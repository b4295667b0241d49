"""Later terms of an incident on their way, and what they would cost."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from claims.models.guards import REFUSED, no_truncate
from claims.models.guards_of_money import changed, keep, moves, starts_as
from claims.models.incident import Incident, IncidentTerms
from claims.rules.terms import Terms
from claims.rules.terms_drafts import DRAFT_MOVES, UNFINISHED

WRITTEN = ("values", "revision", "proposed_by_id", "proposed_at", "reason")
# What is approved is what was proposed, and it is what holds from now on.
AS_PROPOSED = f"""
IF NOT EXISTS (
    SELECT FROM claims_incidentterms t WHERE t.id = NEW.made_id AND t.incident_id = NEW.incident_id
    AND t.values = NEW.values AND t.proposed_by_id = NEW.proposed_by_id AND t.approved_by_id = NEW.answered_by_id
) THEN
    RAISE EXCEPTION 'the terms that hold are those that were proposed' {REFUSED};
END IF; RETURN NEW;
"""


class TermsDraft(models.Model):
    """One at a time for an incident: managers write it, one proposes it, another one approves or rejects it."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("terms", "Draft")
        PROPOSED = "proposed", pgettext_lazy("terms", "Proposed")
        APPROVED = "approved", pgettext_lazy("terms", "Approved")
        REJECTED = "rejected", pgettext_lazy("terms", "Rejected")
        WITHDRAWN = "withdrawn", pgettext_lazy("terms", "Withdrawn")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="terms_drafts")
    based_on = models.ForeignKey(IncidentTerms, models.PROTECT, related_name="+")  # in force when it was begun
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    values = models.JSONField(_("values"))
    revision = models.PositiveIntegerField(default=1)  # how often it was written
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")  # last
    written_at = models.DateTimeField(default=timezone.now)
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    # Who approved, rejected or withdrew it, and why.
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    made = models.OneToOneField(IncidentTerms, models.PROTECT, null=True, blank=True, related_name="draft")

    class Meta:
        verbose_name = _("draft of terms")
        verbose_name_plural = _("drafts of terms")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(state__in=UNFINISHED), name="one_draft_of_terms_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"])
                | Q(proposed_by__isnull=False, proposed_at__isnull=False) & ~Q(reason=""),
                name="terms_proposed_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, answered_by=None)
                | Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(state__in=UNFINISHED),
                name="terms_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected"]) | ~Q(answered_by=F("proposed_by")),
                name="terms_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", made__isnull=False) | ~Q(state="approved") & Q(made=None),
                name="terms_made_when_approved",
            ),
            models.CheckConstraint(condition=~Q(state="rejected", note=""), name="terms_rejected_with_a_note"),
        ]
        triggers = [
            moves(DRAFT_MOVES),
            starts_as("draft"),
            pgtrigger.ReadOnly(name="as_begun", fields=["incident", "based_on"]),
            pgtrigger.Protect(
                name="as_proposed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"OLD.state <> 'draft' AND {changed(*WRITTEN)}"),
            ),
            pgtrigger.Protect(
                name="answered_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["approved", "rejected", "withdrawn"]),
            ),
            pgtrigger.Trigger(
                name="holds_as_proposed",
                operation=pgtrigger.UpdateOf("state"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__state="approved"),
                func=AS_PROPOSED,
            ),
            keep(),
            no_truncate(),
        ]

    def __str__(self):
        return _("Draft of terms")

    @cached_property
    def rules(self):
        return Terms.from_json(self.values)


class TermsPreview(models.Model):
    """What some terms would give to the roster, counted by a crank part by part; one for an incident, the last asked.

    `against` are the terms they are compared with, if any; `found` is what claims/reports/terms_costs.py counted.
    """

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="terms_preview")
    values = models.JSONField()
    against = models.ForeignKey(IncidentTerms, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    roster = models.PositiveIntegerField(default=0)
    roster_entry = models.PositiveIntegerField(default=0)  # which of its loads the roster is from, as in MassRun
    cursor = models.PositiveBigIntegerField(default=0)
    walked = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("preview of terms")
        verbose_name_plural = _("previews of terms")
        indexes = [models.Index(fields=["id"], condition=Q(done_at=None), name="terms_preview_waiting")]

    def __str__(self):
        return _("Preview of terms")

    @cached_property
    def rules(self):
        return Terms.from_json(self.values)

    @property
    def percent(self):
        return 100 if self.done_at else min(99, self.walked * 100 // self.roster) if self.roster else 0
