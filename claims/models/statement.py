"""What the bank answered: the files that were read, and what each line of them did."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models import guards_of_money as guards
from claims.models.payout import Transfer


class Statement(models.Model):
    """A file of the bank, read once: the same bytes again change nothing."""

    class Kind(models.TextChoices):
        CAMT053 = "camt053", _("Account statement (camt.053)")
        PAIN002 = "pain002", _("Status report (pain.002)")

    sha256 = models.CharField(max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    account = models.CharField(_("account"), max_length=34, blank=True)
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("read by"))
    at = models.DateTimeField(_("read"), default=timezone.now)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    settled = models.PositiveIntegerField(_("paid"), default=0)
    returned = models.PositiveIntegerField(_("came back"), default=0)
    unmatched = models.PositiveIntegerField(_("unmatched"), default=0)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["camt053", "pain002"]), name="statement_kind")]
        triggers = [
            pgtrigger.ReadOnly(name="as_read", fields=["sha256", "kind", "account", "imported_by", "at"]),
            guards.keep(),
            guards.no_truncate(),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"


class StatementLine(models.Model):
    """One line of a statement that speaks of a payment; `note` says why it did nothing, if it did nothing."""

    class Kind(models.TextChoices):
        SETTLED = "settled", _("Paid")
        RETURNED = "returned", _("Came back")
        REJECTED = "rejected", _("Refused by the bank")

    class Note(models.TextChoices):
        UNKNOWN = "unknown", _("No payment of ours has this id")
        AMOUNT = "amount", _("The amount is not the one that was sent")
        CURRENCY = "currency", _("Not in euro")
        KNOWN = "known", _("Known from an earlier statement")
        TOO_EARLY = "too_early", _("Dated before the payment was sent")
        WITHDRAWN = "withdrawn", _("The payment had been withdrawn")
        CAME_BACK = "came_back", _("The payment had come back already")
        UNCLEAR = "unclear", _("Neither paid nor sent back: ask the bank")

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="found", verbose_name=_("bank statement"))
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=35, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=5, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    on = models.DateField(_("day"), null=True, blank=True)
    reason = models.CharField(_("reason of the bank"), max_length=35, blank=True)
    transfer = models.ForeignKey(
        Transfer, models.PROTECT, null=True, blank=True, related_name="lines", verbose_name=_("transfer")
    )
    note = models.CharField(_("why it did nothing"), max_length=10, choices=Note, blank=True)

    class Meta:
        verbose_name = _("line of a bank statement")
        verbose_name_plural = _("lines of bank statements")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["settled", "returned", "rejected"]), name="line_kind"),
            models.CheckConstraint(
                condition=Q(note="", transfer__isnull=False) | ~Q(note=""), name="line_does_something_or_says_why_not"
            ),
            models.UniqueConstraint(
                fields=["transfer", "kind"], condition=Q(note=""), name="a_transfer_is_settled_once_and_returned_once"
            ),
        ]
        indexes = [
            models.Index(fields=["statement", "id"], condition=~Q(note=""), name="line_unmatched"),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="as_read", fields=["statement", "end_to_end_id", "amount", "currency", "kind", "on", "reason"]
            ),
            guards.keep(),
            guards.no_truncate(),
        ]

    def __str__(self):
        return f"{self.end_to_end_id}: {self.get_kind_display()}"
