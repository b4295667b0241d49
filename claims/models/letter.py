"""The letter of a decision: a PDF that is the same byte for byte whenever it is made again."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.models import guards
from claims.models.decision import Decision
from claims.models.wording import LetterText
from evidence.models import Document


class LetterQuerySet(models.QuerySet):
    def of(self, claim):
        """The letters of a claim, oldest first, with what a page shows of them."""
        return self.filter(decision__claim=claim).select_related("document", "decision").order_by("id")

    def to_print(self):
        return self.filter(document=None)


class Letter(models.Model):
    """What was written to the claimant. `code` is printed on it and answered at /verify/."""

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="letter")
    text = models.ForeignKey(LetterText, models.PROTECT, related_name="+")
    language = models.CharField(_("language"), max_length=5)
    code = models.CharField(_("verification code"), max_length=16, unique=True)
    # Everything the page shows, frozen: names and words as they were.
    content = models.JSONField(default=dict)
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="letter", verbose_name=_("PDF")
    )
    written_at = models.DateTimeField(_("written"), default=timezone.now)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        indexes = [models.Index(fields=["id"], condition=models.Q(document=None), name="letter_to_print")]
        triggers = [
            pgtrigger.ReadOnly(name="frozen", fields=["decision", "text", "language", "code", "content"]),
            pgtrigger.Protect(
                name="printed", operation=pgtrigger.Update, condition=pgtrigger.Q(old__document__isnull=False)
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            guards.no_truncate(),
        ]

    def __str__(self):
        return self.code
