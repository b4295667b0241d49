"""What is given in kind: who is entitled to it, the files it leaves in, and what was answered to them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from claims.models import guards_of_gifts as guards
from claims.models.claim import Claim
from claims.models.decision import Benefit, Decision
from claims.models.incident import Customer, Incident
from claims.models.mass_run import MassRun
from claims.rules.benefits import KINDS
from claims.rules.fulfilment import ENTITLEMENT_MOVES, FILE_MOVES, LINE_MOVES

OF_A_CLAIM = Q(claim__isnull=False, decision__isnull=False, customer=None, run=None)
OF_A_RUN = Q(claim=None, decision=None, customer__isnull=False, run__isnull=False)


class Entitlement(models.Model):
    """So much of one kind to be given once: by a decision on a claim, or by a mass run to an account of the roster."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be given")
        LISTED = "listed", _("In a file")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Could not be given")
        CANCELLED = "cancelled", pgettext_lazy("entitlement", "Cancelled")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="entitlements", verbose_name=_("incident"))
    kind = models.CharField(_("kind"), max_length=20, choices=Benefit.Kind)
    quantity = models.PositiveIntegerField(_("quantity"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    # The indexes that many null rows would fill for nothing are partial, below.
    claim = models.ForeignKey(
        Claim,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entitlements",
        db_index=False,
        verbose_name=_("claim"),
    )
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="entitlements", db_index=False
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entitlements",
        db_index=False,
        verbose_name=_("affected account"),
    )
    run = models.ForeignKey(
        MassRun, models.PROTECT, null=True, blank=True, related_name="entitlements", verbose_name=_("mass run")
    )
    created_at = models.DateTimeField(_("granted"), default=timezone.now)

    class Meta:
        verbose_name = _("award in kind")
        verbose_name_plural = _("awards in kind")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="entitlement_quantity"),
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="entitlement_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "listed", "given", "refused", "cancelled"]), name="entitlement_state"
            ),
            models.CheckConstraint(condition=OF_A_CLAIM | OF_A_RUN, name="entitlement_of_a_claim_or_a_run"),
            models.UniqueConstraint(
                fields=["decision", "kind"],
                condition=Q(decision__isnull=False) & ~Q(state="cancelled"),
                name="one_live_entitlement_per_decision",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=Q(customer__isnull=False) & ~Q(state="cancelled"),
                name="one_live_entitlement_per_customer",
            ),
        ]
        indexes = [
            # What open_file walks, oldest first.
            models.Index(
                fields=["incident", "kind", "created_at", "id"],
                condition=Q(state="waiting"),
                name="entitlement_waiting",
            ),
            models.Index(fields=["claim"], condition=Q(claim__isnull=False), name="entitlement_claim"),
            models.Index(fields=["incident", "-id"], condition=Q(state="refused"), name="entitlement_refused"),
        ]
        triggers = guards.of_entitlements(ENTITLEMENT_MOVES)

    def __str__(self):
        return f"{self.get_kind_display()}: {self.quantity}"


class FulfilmentFile(models.Model):
    """What is given of one kind at one go. One manager opens it, another approves it: then its bytes are fixed.

    They are made from the frozen lines each time, so there is no file to be lost; `sha256` and `size` are theirs.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("fulfilment file", "Open")
        APPROVED = "approved", pgettext_lazy("fulfilment file", "Approved")
        HANDED_OVER = "handed_over", _("With who gives it")
        CLOSED = "closed", pgettext_lazy("fulfilment file", "Closed")
        CANCELLED = "cancelled", pgettext_lazy("fulfilment file", "Cancelled")

    number = models.PositiveIntegerField(_("number"), unique=True)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="fulfilment_files", verbose_name=_("incident"))
    kind = models.CharField(_("kind"), max_length=20, choices=Benefit.Kind)
    state = models.CharField(_("state"), max_length=11, choices=State, default=State.OPEN)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("opened by"))
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    taken_out_at = models.DateTimeField(_("file first taken out"), null=True, blank=True)
    handed_over_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handed over by")
    )
    handed_over_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    cancel_reason = models.TextField(_("why it is cancelled"), blank=True)
    count = models.PositiveIntegerField(_("lines"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)

    class Meta:
        verbose_name = _("fulfilment file")
        verbose_name_plural = _("fulfilment files")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "approved", "handed_over", "closed", "cancelled"]),
                name="fulfilment_file_state",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("opened_by")), name="fulfilment_file_second_person"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "cancelled"])
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(sha256=""),
                name="fulfilment_file_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "approved", "cancelled"])
                | Q(taken_out_at__isnull=False, handed_over_by__isnull=False, handed_over_at__isnull=False),
                name="fulfilment_file_handed_over_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(taken_out_at=None) & ~Q(cancel_reason=""),
                name="fulfilment_file_taken_out_is_not_cancelled",
            ),
        ]
        triggers = guards.of_files(FILE_MOVES)

    def __str__(self):
        return _("File %(number)d") % {"number": self.number}


class Fulfilment(models.Model):
    """A line of a file: one attempt to give one entitlement, known outside by its `name`."""

    class State(models.TextChoices):
        LISTED = "listed", pgettext_lazy("line of a fulfilment file", "In the file")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Could not be given")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, related_name="fulfilments", verbose_name=_("award in kind")
    )
    file = models.ForeignKey(
        FulfilmentFile, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("fulfilment file")
    )
    name = models.CharField(_("fulfilment id"), max_length=35, unique=True)
    login = models.CharField(_("account"), max_length=254)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.LISTED)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of a fulfilment file")
        verbose_name_plural = _("lines of fulfilment files")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["listed", "given", "refused", "withdrawn"]), name="fulfilment_state"
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="fulfilment_refused_says_why"),
            models.UniqueConstraint(
                fields=["entitlement"],
                condition=Q(state__in=["listed", "given"]),
                name="one_live_line_per_entitlement",
            ),
        ]
        indexes = [models.Index(fields=["file", "id"], name="fulfilment_of_file")]
        triggers = guards.of_lines(LINE_MOVES)

    def __str__(self):
        return self.name


class Confirmation(models.Model):
    """A file of answers, read once: the same bytes again change nothing.

    `odd` are those lines that did nothing, [name, why] each, as long as there are not too many.
    """

    file = models.ForeignKey(
        FulfilmentFile, models.PROTECT, related_name="confirmations", verbose_name=_("fulfilment file")
    )
    sha256 = models.CharField(max_length=64)
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("read by"))
    at = models.DateTimeField(_("read"), default=timezone.now)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    given = models.PositiveIntegerField(_("given"), default=0)
    refused = models.PositiveIntegerField(_("could not be given"), default=0)
    known = models.PositiveIntegerField(_("confirmed before"), default=0)
    unmatched = models.PositiveIntegerField(_("to look at"), default=0)
    odd = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["file", "sha256"], name="confirmation_once")]
        triggers = [guards.never_changed(), guards.no_truncate()]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M}"
