"""The outbox: notices to people, written with the change they tell of and delivered afterwards."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Claim
from claims.models.payout import Payout

# What waits is taken lane by lane and in each by mail domain: sign-in mails before all, then notices of single cases,
# then run by run. So nobody's code waits behind millions, and a slow domain holds up none but itself.
SIGN_IN, CASES, RUNS = "", "0", "1"
LANE = (
    "CASE WHEN kind = 'sign_in' THEN '' WHEN payout_id IS NULL THEN '0'"
    " WHEN starts_with(key, 'run:') THEN '1' || split_part(key, ':', 2) ELSE '1' END"
)
DOMAIN = "lower(split_part(address, '@', -1))"


def new_code():
    """80 bits a person can copy from a letter: sixteen characters of base 32."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(secrets.choice(alphabet) for _ in range(16))


class NoticeQuerySet(models.QuerySet):
    def in_inbox_of(self, person):
        """What a person finds in the site's inbox: everything but sign-in mails."""
        return self.filter(recipient=person).exclude(kind="sign_in").order_by("-id")


class Notice(models.Model):
    """One message to one person about one fact; `key` makes it unique."""

    class State(models.TextChoices):
        HELD = "held", _("Waiting until the mailbox works again")
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        BOUNCED = "bounced", _("Came back")

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, blank=True, related_name="notices")
    # Set where a mass run tells an account of the roster; looked up by the key, so it needs no index.
    payout = models.ForeignKey(Payout, models.PROTECT, null=True, blank=True, related_name="notices", db_index=False)
    recipient = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="notices")
    address = models.EmailField(_("address"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=5)
    # What the templates need; for sign-in mails the rendered text, emptied once it was sent.
    context = models.JSONField(default=dict)
    code = models.CharField(_("verification code"), max_length=16, unique=True, default=new_code)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["held", "queued", "sending", "sent", "failed", "bounced"]), name="notice_state"
            ),
        ]
        indexes = [
            models.Index(
                RawSQL(LANE, ()),  # noqa: S611 - written above
                RawSQL(DOMAIN, ()),  # noqa: S611
                F("next_try_at"),
                F("id"),
                condition=Q(state="queued"),
                name="notice_lanes",
            ),
            models.Index(fields=["leased_until"], condition=Q(state="sending"), name="notice_leases"),
            models.Index(fields=["state"], condition=Q(state__in=["failed", "bounced"]), name="notice_in_trouble"),
            models.Index(fields=["recipient", "-id"], name="notice_inbox"),
            models.Index(fields=["id"], condition=Q(state="held", payout__isnull=False), name="notice_held_of_run"),
        ]

    def __str__(self):
        return self.key

    @property
    def incident(self):
        """The incident it is about; None for a mail of the sign-in and for one to the staff."""
        about = self.claim or self.payout
        return about.incident if about else None

    @property
    def message_id(self):
        """The same for every try, so that a repeated message can be told from a new one."""
        return f"<notice.{self.pk}.{self.code.lower()}@{sender_domain()}>"


def sender_domain():
    """The domain that our mails come from."""
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
