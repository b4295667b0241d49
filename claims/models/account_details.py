"""Where the money of an account of a roster goes: each version of it, sealed under a key of its own."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.guards import REFUSED
from claims.models.guards_of_money import keep, no_truncate
from claims.models.incident import Customer

WHERE = "account.bank_details"  # what is sealed here is bound to it (accounts/keys.py)
GIVEN = [
    *("customer", "bank_details", "iban_index", "iban_hint", "source", "given_by", "given_at", "usable_from"),
]
# What may still change: another version takes its place, once; its key is destroyed, for ever.
ONLY_ENDS = f"""
IF (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at)
    OR (OLD.key IS NULL AND NEW.key IS NOT NULL) THEN
    RAISE EXCEPTION 'a version of bank details ends, and does not come back' {REFUSED};
END IF; RETURN NEW;
"""


class AccountDetailsQuerySet(models.QuerySet):
    def current(self):
        return self.filter(superseded_at=None)


class AccountDetails(models.Model):
    """One version of an account's bank details; the one that was not superseded counts, from `usable_from` on."""

    class Source(models.TextChoices):
        PERSON = "person", _("A person who signed in")
        ROSTER = "roster", _("The roster")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="details", db_index=False, verbose_name=_("affected account")
    )
    # The data key of this version, wrapped; without it this row and every payment made from it are unreadable.
    key = models.BinaryField(null=True)
    bank_details = models.BinaryField()  # {"iban", "holder"}
    iban_index = models.CharField(max_length=64)
    iban_hint = models.CharField(_("IBAN"), max_length=12)
    source = models.CharField(_("from"), max_length=6, choices=Source)
    # Null: the roster was loaded at the server's command line.
    given_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("given by")
    )
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    usable_from = models.DateTimeField(_("used from"), default=timezone.now)
    superseded_at = models.DateTimeField(_("replaced"), null=True, blank=True)

    objects = AccountDetailsQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank details of an account")
        verbose_name_plural = _("bank details of accounts")
        ordering = ["-id"]
        constraints = [
            # Also the way to all versions of an account: one index, because a roster may bring millions.
            models.UniqueConstraint(
                fields=["customer", "superseded_at"], nulls_distinct=False, name="one_current_details_per_account"
            ),
            models.CheckConstraint(condition=Q(usable_from__gte=F("given_at")), name="account_details_usable_later"),
            models.CheckConstraint(
                condition=Q(source="roster") | Q(source="person", given_by__isnull=False),
                name="account_details_given_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["iban_index"], condition=Q(superseded_at=None), name="account_details_same_iban"),
            models.Index(fields=["given_by"], condition=Q(source="person"), name="account_details_given_by"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="as_given", fields=GIVEN),
            pgtrigger.Trigger(
                name="only_ends",
                operation=pgtrigger.UpdateOf("superseded_at", "key"),
                when=pgtrigger.Before,
                func=ONLY_ENDS,
            ),
            keep(),
            no_truncate(),
        ]

    def __str__(self):
        return self.iban_hint
