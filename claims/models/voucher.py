"""Codes to be given: pools of them, each code for one line of a fulfilment file."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models import guards_of_gifts as guards
from claims.models.entitlement import Fulfilment
from claims.models.incident import Incident


class Voucher(models.Model):
    """A code of a pool: worth `value` euro, sealed, of at most one line. Staff know its last four letters."""

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="vouchers", db_index=False, verbose_name=_("incident")
    )
    value = models.PositiveIntegerField(_("value, euro"))
    code = models.BinaryField()
    index = models.CharField(max_length=64, unique=True)
    # Of a generated code: by its hash whoever redeems it knows it, without ever having read it.
    digest = models.CharField(max_length=64, blank=True)
    hint = models.CharField(_("last letters"), max_length=4)
    expires_on = models.DateField(_("valid until"))
    generated = models.BooleanField(_("generated"))
    fulfilment = models.OneToOneField(
        Fulfilment, models.PROTECT, null=True, blank=True, related_name="voucher", verbose_name=_("given with")
    )
    first_shown_at = models.DateTimeField(_("first shown"), null=True, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(value__gt=0), name="voucher_value")]
        indexes = [
            models.Index(
                fields=["incident", "value", "expires_on", "id"], condition=Q(fulfilment=None), name="voucher_free"
            ),
            models.Index(fields=["incident", "value"], name="voucher_pool"),
        ]
        triggers = guards.of_codes()

    def __str__(self):
        return f"…{self.hint}"
