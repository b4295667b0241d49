"""What was decided, item by item, and who signed it as the second person."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models import guards
from claims.models.claim import Claim, LossItem
from claims.rules.benefits import KINDS

NOT_BY_CLAIMANT = """
IF EXISTS (SELECT 1 FROM claims_claim c WHERE c.id = NEW.claim_id AND c.claimant_id = NEW.decider_id) THEN
    RAISE EXCEPTION 'nobody decides an own claim' USING ERRCODE = 'check_violation';
END IF; RETURN NEW;
"""
ANOTHER_REVIEWER = """
IF EXISTS (SELECT 1 FROM claims_decision d LEFT JOIN claims_countersignature s ON s.decision_id = d.id
           WHERE d.claim_id = NEW.claim_id AND d.round < NEW.round AND d.state = 'effective'
           AND NEW.decider_id IN (d.decider_id, s.signer_id)) THEN
    RAISE EXCEPTION 'another reviewer decides on appeal' USING ERRCODE = 'check_violation';
END IF; RETURN NEW;
"""
# Addresses may change later, so this is asked once: when somebody decides or signs.
NOT_FOR_KIN = """
IF EXISTS (SELECT FROM claims_claim c JOIN accounts_user claimant ON claimant.id = c.claimant_id
           JOIN accounts_user hand ON hand.id = NEW.{hand}
           WHERE c.id = {claim} AND (
               ARRAY[lower(claimant.email), lower(nullif(claimant.second_email, '')), lower(c.login)]
                   && ARRAY[lower(hand.email), lower(nullif(hand.second_email, ''))]
               OR EXISTS (SELECT FROM claims_claim o WHERE o.claimant_id = hand.id
                          AND o.iban_index = c.iban_index AND c.iban_index <> ''))) THEN
    RAISE EXCEPTION 'nobody decides for their own household or account' USING ERRCODE = 'check_violation';
END IF; RETURN NEW;
"""
CHECKLIST_COMPLETE = """
IF NOT coalesce((SELECT bool_and(result <> 'open') FROM claims_check
                 WHERE claim_id = NEW.claim_id AND round = NEW.round), false) THEN
    RAISE EXCEPTION 'the checklist of this round is not complete' USING ERRCODE = 'check_violation';
END IF; RETURN NEW;
"""
SECOND_PERSON = """
IF EXISTS (SELECT 1 FROM claims_decision d JOIN claims_claim c ON c.id = d.claim_id
           WHERE d.id = NEW.decision_id AND (
               NEW.signer_id IN (d.decider_id, c.claimant_id)
               OR EXISTS (SELECT 1 FROM claims_decision e WHERE e.claim_id = d.claim_id AND e.round < d.round
                          AND e.state = 'effective' AND e.decider_id = NEW.signer_id)
           )) THEN
    RAISE EXCEPTION 'a second person must countersign' USING ERRCODE = 'check_violation';
END IF; RETURN NEW;
"""


class Decision(models.Model):
    """A reviewer's decision in one round. `assessment` freezes the arithmetic everybody is shown."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        PARTLY_APPROVED = "partly_approved", _("Partly approved")
        REJECTED = "rejected", _("Rejected")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting countersignature")
        EFFECTIVE = "effective", _("Effective")
        RETURNED = "returned", _("Returned to the reviewer")
        VOID = "void", _("Void")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField(_("review round"))
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome)
    state = models.CharField(_("state"), max_length=10, choices=State)
    decider = models.ForeignKey(User, models.PROTECT, related_name="decisions")
    note = models.TextField(_("reasons in the reviewer's words"), blank=True)
    assessment = models.JSONField(_("arithmetic"))
    # {code: version} of every reason it gives, so that what was said then is what is read later.
    reason_versions = models.JSONField(_("versions of its reasons"), default=dict, blank=True)
    total = models.DecimalField(_("total, euro"), max_digits=12, decimal_places=2)
    offsets = models.DecimalField(_("already granted, euro"), max_digits=12, decimal_places=2)
    net = models.DecimalField(_("net, euro"), max_digits=12, decimal_places=2)
    # Why a second person must sign: codes of claims.rules.signatures, empty if nobody has to.
    signature_reasons = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name=_("why a second person signs")
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    effective_at = models.DateTimeField(_("effective"), null=True, blank=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "round"],
                condition=Q(state__in=["proposed", "effective"]),
                name="one_standing_decision_per_round",
            ),
            models.CheckConstraint(
                condition=Q(net=models.F("total") - models.F("offsets")) & Q(net__gte=0) & Q(offsets__gte=0),
                name="decision_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["approved", "partly_approved", "rejected"]), name="decision_outcome"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "effective", "returned", "void"]), name="decision_state"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="not_by_claimant",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=NOT_BY_CLAIMANT,
            ),
            pgtrigger.Trigger(
                name="not_for_kin",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=NOT_FOR_KIN.format(hand="decider_id", claim="NEW.claim_id"),
            ),
            pgtrigger.Trigger(
                name="another_reviewer",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__round__gt=1),
                func=ANOTHER_REVIEWER,
            ),
            pgtrigger.Trigger(
                name="checklist_complete",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=CHECKLIST_COMPLETE,
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            *guards.OF_DECISIONS,
        ]

    def __str__(self):
        return f"{self.claim_id}: {self.get_outcome_display()}"

    @cached_property
    def is_final(self):
        """Whether it was made on appeal: against such a decision there is none."""
        if self.round == 1:
            return False
        return Decision.objects.filter(claim=self.claim_id, round__lt=self.round, appeal__isnull=False).exists()


class Award(models.Model):
    """What a decision gives for one item, in euro: `awarded` before and `reduced` after the own share."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="awards")
    item = models.ForeignKey(LossItem, models.PROTECT, related_name="awards")
    awarded = models.DecimalField(_("awarded, euro"), max_digits=11, decimal_places=2)
    share = models.DecimalField(_("own share, %"), max_digits=5, decimal_places=2, default=0)
    reduced = models.DecimalField(_("after own share, euro"), max_digits=11, decimal_places=2)
    reasons = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("reasons"))

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        ordering = ["item_id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "item"], name="one_award_per_item"),
            models.CheckConstraint(condition=Q(awarded__gte=0), name="award_not_negative"),
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=100), name="award_share_percent"),
        ]
        triggers = guards.OF_AWARDS

    def __str__(self):
        return f"{self.item_id}: {self.awarded}"


class Benefit(models.Model):
    """What a decision gives beside money, such as three more months of a subscription."""

    class Kind(models.TextChoices):
        SUBSCRIPTION_MONTH = "subscription_month", KINDS["subscription_month"]
        STORAGE_GB = "storage_gb", KINDS["storage_gb"]
        VOUCHER = "voucher", KINDS["voucher"]

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="benefits")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "kind"], name="one_benefit_of_a_kind"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="benefit_quantity"),
        ]
        triggers = [guards.never_changed(), guards.no_truncate()]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.quantity}"


class Countersignature(models.Model):
    """The second person's signature under a decision over the limit."""

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="countersignature")
    signer = models.ForeignKey(User, models.PROTECT, related_name="countersignatures")
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("countersignature")
        verbose_name_plural = _("countersignatures")
        triggers = [
            pgtrigger.Trigger(
                name="not_for_kin",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=NOT_FOR_KIN.format(
                    hand="signer_id", claim="(SELECT claim_id FROM claims_decision WHERE id = NEW.decision_id)"
                ),
            ),
            pgtrigger.Trigger(
                name="second_person",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=SECOND_PERSON,
            ),
            guards.never_changed(),
            guards.no_truncate(),
        ]

    def __str__(self):
        return f"{self.decision_id} – {self.signer_id}"
