"""Around the outbox: how fast a mail server is written to, what was paused, what came back, and what left when."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.mass_run import MassRun
from claims.models.notice import Notice


class MailDomain(models.Model):
    """What may still be sent to the mail servers of one domain, and until when they want to be left alone."""

    domain = models.CharField(_("mail domain"), max_length=255, primary_key=True)
    tokens = models.FloatField(default=0)  # mails that may go at `counted_at`, by the rate of the settings
    counted_at = models.DateTimeField(default=timezone.now)
    blocked_until = models.DateTimeField(_("left alone until"), null=True, blank=True)
    refusals = models.PositiveSmallIntegerField(_("refusals in a row"), default=0)
    answer = models.CharField(_("what it said"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        ordering = ["domain"]
        indexes = [
            models.Index(fields=["blocked_until"], condition=Q(blocked_until__isnull=False), name="mail_domain_blocked")
        ]

    def __str__(self):
        return self.domain


class MailPause(models.Model):
    """A stop of the outbox: of everything but sign-in mails, of one kind, or of one mass run."""

    kind = models.CharField(_("kind"), max_length=40, blank=True)
    run = models.ForeignKey(
        MassRun, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("mass run")
    )
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("paused by"))
    at = models.DateTimeField(_("paused"), default=timezone.now)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("pause of the outbox")
        verbose_name_plural = _("pauses of the outbox")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "run"], condition=Q(ended_at=None), nulls_distinct=False, name="one_pause_of_the_same"
            ),
            models.CheckConstraint(condition=Q(kind="") | Q(run=None), name="mail_pause_of_one_thing"),
            models.CheckConstraint(condition=~Q(kind="sign_in"), name="sign_in_mails_never_pause"),
            models.CheckConstraint(condition=~Q(reason=""), name="mail_pause_reason"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="mail_pause_ended_by_somebody",
            ),
        ]

    def __str__(self):
        return str(self.run or self.kind or _("Everything"))


class MailMinute(models.Model):
    """How many notices left in a minute; kept for a day."""

    minute = models.DateTimeField(primary_key=True)
    sent = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("minute of the outbox")
        verbose_name_plural = _("minutes of the outbox")

    def __str__(self):
        return str(self.minute)


class Bounce(models.Model):
    """What a mail server told us of a notice after it had taken it."""

    class Kind(models.TextChoices):
        HARD = "hard", _("The address does not exist")
        SOFT = "soft", _("It could not be delivered")
        DELAYED = "delayed", _("It is on its way, but late")
        COMPLAINT = "complaint", _("The recipient called it unwanted")

    report = models.CharField(max_length=64, unique=True)  # SHA-256 of the mail that told it: read twice, written once
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="bounces", verbose_name=_("notice"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    address = models.EmailField(_("address"), max_length=254, blank=True)  # the one it had been sent to
    status = models.CharField(_("status"), max_length=15, blank=True)
    answer = models.CharField(_("what it said"), max_length=300, blank=True)
    at = models.DateTimeField(_("read"), default=timezone.now)

    class Meta:
        verbose_name = _("mail that came back")
        verbose_name_plural = _("mails that came back")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["hard", "soft", "delayed", "complaint"]), name="bounce_kind")
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.notice_id}"


class BadAddress(models.Model):
    """An address that notices no longer go to (`complaint`: only those that matter still do)."""

    address = models.EmailField(_("address"), max_length=254, primary_key=True)  # small letters
    complaint = models.BooleanField(_("called a notice unwanted"), default=False)
    bounce = models.ForeignKey(Bounce, models.PROTECT, related_name="+", verbose_name=_("learnt from"))
    at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("address that does not work")
        verbose_name_plural = _("addresses that do not work")
        ordering = ["-at"]

    def __str__(self):
        return self.address
