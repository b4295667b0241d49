"""What must be looked at before a decision, and what was found."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Claim

STAYS = """
IF EXISTS (SELECT 1 FROM claims_decision WHERE claim_id = NEW.claim_id AND round = NEW.round
           AND state IN ('proposed', 'effective')) THEN
    RAISE EXCEPTION 'the checklist of a decided round stays as it is' USING ERRCODE = 'check_violation';
END IF; RETURN NEW;
"""


class Check(models.Model):
    """One line of a claim's checklist in one round. `evidence` is what the data say of it and what they find.

    What no person answered is `automatic`, unless it is open. Lines are stored when a person answers one of them, and
    when the claim is decided.
    """

    class Result(models.TextChoices):
        OPEN = "open", _("To be checked")
        PASS = "pass", _("In order")
        FAIL = "fail", _("Not in order")
        NOT_APPLICABLE = "not_applicable", _("Does not apply")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="checks")
    round = models.PositiveSmallIntegerField(_("review round"))
    code = models.CharField(_("what"), max_length=40)
    result = models.CharField(_("result"), max_length=15, choices=Result, default=Result.OPEN)
    note = models.TextField(_("note"), blank=True)
    automatic = models.BooleanField(_("filled in from data"), default=False)
    evidence = models.JSONField(_("what the data say"), default=dict, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checklist")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "round", "code"], name="one_check_per_round"),
            models.CheckConstraint(
                condition=Q(result__in=["open", "pass", "fail", "not_applicable"]), name="check_result"
            ),
            models.CheckConstraint(
                condition=Q(result="open") | Q(automatic=True) | Q(by__isnull=False), name="check_has_author"
            ),
            models.CheckConstraint(
                condition=~Q(result="fail") | (Q(by__isnull=False) & ~Q(note="")), name="check_failed_by_a_person"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="stays", operation=pgtrigger.Insert | pgtrigger.Update, when=pgtrigger.Before, func=STAYS
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return f"{self.code}: {self.get_result_display()}"
