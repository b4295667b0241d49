"""What a reviewer asked of a claimant, thing by thing, and what came back."""

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.models.claim import Attachment, Claim
from claims.models.notice import Notice


def unheard():
    """Whether the notice of a request waits until its claimant's mailbox works again: its days have not begun."""
    parts = (Value("claim:"), OuterRef("claim_id"), Value(":information_requested:request:"), OuterRef("pk"))
    key = Concat(*parts, output_field=models.CharField())
    return Exists(Notice.objects.filter(state=Notice.State.HELD, key=key))


class InformationRequest(models.Model):
    """One round of questions. All of its items go out in one notice and come back in one answer."""

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for the answer")
        ANSWERED = "answered", _("Answered")
        EXPIRED = "expired", _("Not answered in time")
        CANCELLED = "cancelled", _("No longer needed")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="information_requests")
    round = models.PositiveSmallIntegerField(_("review round"), default=1, db_default=1)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    text = models.TextField(_("words to the claimant"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    due = models.DateField(_("answer by"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # What the claimant wrote with the answer, and when it was handed in; later than `ended_at` for a late one.
    answer = models.TextField(_("words with the answer"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("information request")
        verbose_name_plural = _("information requests")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "answered", "expired", "cancelled"]), name="request_state"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="request_ended_unless_open",
            ),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False)
                | Q(state="expired")
                | Q(state__in=["open", "cancelled"], answered_at=None),
                name="request_answered_when",
            ),
            models.UniqueConstraint(fields=["claim"], condition=Q(state="open"), name="one_open_request"),
        ]
        indexes = [models.Index(fields=["due"], condition=Q(state="open"), name="request_open")]

    def __str__(self):
        return f"{self.claim_id}: {self.get_state_display()}"


class RequestedItem(models.Model):
    """One named thing that is asked for; answered by text, by documents, or declined with a reason."""

    request = models.ForeignKey(InformationRequest, models.PROTECT, related_name="items")
    label = models.CharField(_("what is asked for"), max_length=300)
    answer = models.TextField(_("answer"), blank=True)
    declined = models.BooleanField(_("cannot be given"), default=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    documents = models.ManyToManyField(Attachment, blank=True, related_name="answers")

    class Meta:
        verbose_name = _("requested item")
        verbose_name_plural = _("requested items")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(declined=False) | ~Q(answer=""), name="declined_with_a_reason"),
        ]

    def __str__(self):
        return self.label

    @property
    def is_given(self):
        """Whether it has an answer: words, a reason why not, or a document that was not refused."""
        return bool(self.answer) or any(each.document.state != "refused" for each in self.documents.all())
