"""Money: what is owed, the attempts to pay it, the batches they leave in."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from claims.models import guards_of_money as guards
from claims.models import guards_of_runs
from claims.models.account_details import AccountDetails
from claims.models.claim import REMEDIES, Claim
from claims.models.decision import Decision
from claims.models.incident import Customer, Incident
from claims.models.mass_run import MassRun
from claims.rules.payouts import BATCH_MOVES, PAYOUT_MOVES, TRANSFER_MOVES

REMEDY_CODES = [code for code, _label in REMEDIES]
OF_A_CLAIM = Q(claim__isnull=False, decision__isnull=False, customer=None, run=None)
OF_A_RUN = Q(claim=None, decision=None, customer__isnull=False, run__isnull=False)


class Payout(models.Model):
    """An amount owed once: by a decision on a claim, or by a mass run to an account of the roster."""

    class State(models.TextChoices):
        OWED = "owed", _("To be paid")
        BATCHED = "batched", _("In a batch")
        SENT = "sent", _("At the bank")
        SETTLED = "settled", _("Paid")
        RETURNED = "returned", _("Came back")
        CANCELLED = "cancelled", _("Cancelled")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="payouts", verbose_name=_("incident"))
    remedy = models.CharField(_("remedy"), max_length=10, choices=REMEDIES)
    amount = models.DecimalField(_("amount, euro"), max_digits=11, decimal_places=2)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OWED)
    # The indexes that many null rows would fill for nothing are partial, below.
    claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="payouts", db_index=False, verbose_name=_("claim")
    )
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="payouts", db_index=False
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payouts",
        db_index=False,
        verbose_name=_("affected account"),
    )
    run = models.ForeignKey(
        MassRun, models.PROTECT, null=True, blank=True, related_name="payouts", verbose_name=_("mass run")
    )
    created_at = models.DateTimeField(_("owed since"), default=timezone.now)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_amount_above_zero"),
            models.CheckConstraint(condition=Q(remedy__in=REMEDY_CODES), name="payout_remedy"),
            models.CheckConstraint(
                condition=Q(state__in=["owed", "batched", "sent", "settled", "returned", "cancelled"]),
                name="payout_state",
            ),
            models.CheckConstraint(condition=OF_A_CLAIM | OF_A_RUN, name="payout_of_a_claim_or_a_run"),
            models.UniqueConstraint(
                fields=["decision"],
                condition=Q(decision__isnull=False) & ~Q(state="cancelled"),
                name="one_live_payout_per_decision",
            ),
            models.UniqueConstraint(
                fields=["customer", "remedy"],
                condition=Q(customer__isnull=False) & ~Q(state="cancelled"),
                name="one_live_payout_per_customer",
            ),
        ]
        indexes = [
            # What open_batch walks, oldest first.
            models.Index(fields=["incident", "created_at", "id"], condition=Q(state="owed"), name="payout_owed"),
            models.Index(fields=["claim"], condition=Q(claim__isnull=False), name="payout_claim"),
            models.Index(fields=["-id"], condition=Q(state="returned"), name="payout_returned"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="as_owed",
                fields=["incident", "remedy", "amount", "claim", "decision", "customer", "run", "created_at"],
            ),
            guards.moves(PAYOUT_MOVES),
            guards.starts_as("owed"),
            guards.of_the_decision(),
            guards_of_runs.of_its_run(),
            guards.keep(),
            guards.no_truncate(),
        ]

    def __str__(self):
        return f"{self.amount} ({self.get_state_display()})"


class Batch(models.Model):
    """Payouts that leave together in one file. One manager opens it, another approves it: then it is frozen."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("batch", "Open")
        APPROVED = "approved", pgettext_lazy("batch", "Approved")
        WRITTEN = "written", _("File ready")
        HANDED_OVER = "handed_over", _("At the bank")
        CLOSED = "closed", pgettext_lazy("batch", "Closed")
        CANCELLED = "cancelled", pgettext_lazy("batch", "Cancelled")

    number = models.PositiveIntegerField(_("number"), unique=True)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="batches", verbose_name=_("incident"))
    state = models.CharField(_("state"), max_length=11, choices=State, default=State.OPEN)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("opened by"))
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    handed_over_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handed over by")
    )
    handed_over_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    # Who may have carried the file to the bank already; from then on it takes two people to cancel.
    taken_out_at = models.DateTimeField(_("file first taken out"), null=True, blank=True)
    cancel_asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cancellation asked by")
    )
    cancel_reason = models.TextField(_("why it is cancelled"), blank=True)
    cancelled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cancelled by")
    )
    count = models.PositiveIntegerField(_("payments"), default=0)
    total = models.DecimalField(_("total, euro"), max_digits=14, decimal_places=2, default=0)
    execution_date = models.DateField(_("day of execution"), null=True, blank=True)
    # The account it is paid from, as it was when the batch was approved: {"name", "iban", "bic"}.
    payer = models.JSONField(_("paid from"), default=dict, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)

    class Meta:
        verbose_name = _("payment batch")
        verbose_name_plural = _("payment batches")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "approved", "written", "handed_over", "closed", "cancelled"]),
                name="batch_state",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("opened_by")), name="batch_second_person"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "cancelled"])
                | Q(approved_by__isnull=False, approved_at__isnull=False, execution_date__isnull=False),
                name="batch_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "approved", "cancelled"]) | ~Q(sha256=""), name="batch_has_its_file"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "approved", "written", "cancelled"])
                | Q(handed_over_by__isnull=False, handed_over_at__isnull=False),
                name="batch_handed_over_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled")
                | Q(taken_out_at=None, handed_over_at=None)
                | Q(cancel_asked_by__isnull=False, cancelled_by__isnull=False) & ~Q(cancelled_by=F("cancel_asked_by")),
                name="batch_taken_out_is_cancelled_by_two",
            ),
        ]
        indexes = [models.Index(fields=["state", "-number"], name="batch_by_state")]
        triggers = guards.of_batches(BATCH_MOVES)

    def __str__(self):
        return _("Batch %(number)d") % {"number": self.number}


class Transfer(models.Model):
    """One attempt to pay one payout, with all that goes into the bank's file frozen."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SENT = "sent", _("At the bank")
        SETTLED = "settled", _("Paid")
        RETURNED = "returned", _("Came back")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="transfers", verbose_name=_("payout"))
    batch = models.ForeignKey(
        Batch, models.PROTECT, related_name="transfers", db_index=False, verbose_name=_("payment batch")
    )
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=35, unique=True)
    amount = models.DecimalField(_("amount, euro"), max_digits=11, decimal_places=2)
    # {"iban", "holder"} exactly as they were sealed where they were given (claim.bank_details, account_details).
    bank_details = models.BinaryField()
    account_details = models.ForeignKey(
        AccountDetails, models.PROTECT, null=True, blank=True, related_name="transfers", db_index=False
    )
    iban_index = models.CharField(max_length=64)
    iban_hint = models.CharField(_("IBAN"), max_length=12)
    details_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("IBAN given by")
    )
    remittance = models.CharField(_("remittance text"), max_length=140)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PLANNED)
    reason = models.CharField(_("reason of the bank"), max_length=35, blank=True)
    settled_on = models.DateField(_("paid on"), null=True, blank=True)
    returned_on = models.DateField(_("came back on"), null=True, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount_above_zero"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "sent", "settled", "returned", "withdrawn"]), name="transfer_state"
            ),
            models.CheckConstraint(condition=~Q(end_to_end_id=""), name="transfer_has_its_id"),
            models.UniqueConstraint(
                fields=["payout"],
                condition=Q(state__in=["planned", "sent", "settled"]),
                name="one_live_transfer_per_payout",
            ),
        ]
        indexes = [models.Index(fields=["batch", "id"], name="transfer_of_batch")]
        triggers = [
            pgtrigger.ReadOnly(
                name="frozen",
                fields=[
                    *("payout", "batch", "end_to_end_id", "amount", "bank_details", "iban_index", "iban_hint"),
                    *("account_details", "details_by", "remittance"),
                ],
            ),
            guards.moves(TRANSFER_MOVES),
            guards.starts_as("planned"),
            guards.into_an_open_batch(),
            guards.keep(),
            guards.no_truncate(),
        ]

    def __str__(self):
        return self.end_to_end_id


class SharedAccount(models.Model):
    """A manager's word that an IBAN of several claimants may be paid into, as long as no more of them name it."""

    iban_index = models.CharField(max_length=64, db_index=True)
    claimants = models.PositiveIntegerField(_("claimants"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("account of several claimants")
        verbose_name_plural = _("accounts of several claimants")
        ordering = ["-id"]
        triggers = [guards.never_changed(), guards.no_truncate()]

    def __str__(self):
        return f"{self.claimants}: {self.reason}"
