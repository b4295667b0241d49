"""What was read from bytes. One row for equal bytes, however many documents they are."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Read as mail if anybody handed the bytes in as mail: nothing but its name tells a mail from a text.
TO_BE_READ = """
INSERT INTO evidence_content AS known
    (sha256, media_type, state, reason, language, pages, notes, facts, tries, queued_at)
VALUES (NEW.sha256, NEW.media_type, 'waiting', '', '', 0, '{}', '{}', 0, now())
ON CONFLICT (sha256) DO UPDATE
    SET media_type = EXCLUDED.media_type, state = 'waiting', reason = '', leased_until = NULL, tries = 0, read_at = NULL
    WHERE EXCLUDED.media_type = 'message/rfc822' AND known.media_type IN ('text/plain', 'text/csv');
RETURN NULL;
"""
# Addresses and the like are one word to PostgreSQL: their parts are indexed beside them.
INDEXED = """
NEW.vector := to_tsvector(
    CASE NEW.language WHEN 'it' THEN 'ristoro_it'::regconfig WHEN 'en' THEN 'ristoro_en' ELSE 'ristoro_any' END,
    NEW.text || ' ' || coalesce((
        SELECT string_agg(regexp_replace(word[1], '[^[:alnum:]]+', ' ', 'g'), ' ')
        FROM regexp_matches(NEW.text, '[[:alnum:]]+(?:[-@./_:=+&%]+[[:alnum:]]+)+', 'g') AS word), '')
);
RETURN NEW;
"""


def not_printed():
    return Q(printed_at=None) | Q(printed_at__lt=F("read_at"))


class ContentQuerySet(models.QuerySet):
    def leasable(self, now):
        """Not yet read, and no worker has a hand on it; the least tried first."""
        free = Q(leased_until=None) | Q(leased_until__lt=now)
        return self.filter(free, state=Content.State.WAITING).order_by("tries", "queued_at")

    def unprinted(self):
        """Read, or read anew, since fingerprints were taken."""
        return self.exclude(state=Content.State.WAITING).filter(not_printed()).order_by("read_at")


class Content(models.Model):
    """What the bytes with this hash say. Only rows of documents that are clean may be shown.

    `facts` is {"dates": [{"what", "at", "zone", "text"}], …further words by name}; `at` is ISO 8601, in UTC where
    `zone` is known and else the wall clock without one. `location` is apart because few may see where somebody was.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Not read yet")
        READ = "read", pgettext_lazy("document state", "Read")
        UNREADABLE = "unreadable", _("Could not be read")
        SKIPPED = "skipped", _("Holds no text that we read")

    class Language(models.TextChoices):
        ITALIAN = "it", _("Italian")
        ENGLISH = "en", _("English")
        OTHER = "other", _("another language")

    sha256 = models.CharField(_("SHA-256"), max_length=64, primary_key=True)
    media_type = models.CharField(_("read as"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=Language, blank=True)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    notes = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("notes"))
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    location = models.JSONField(_("where it was taken"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    # The `read_at` whose finds the fingerprints were taken of.
    printed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ContentQuerySet.as_manager()

    class Meta:
        verbose_name = _("content")
        verbose_name_plural = _("contents")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "read", "unreadable", "skipped"]), name="content_state"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", read_at=None) | (~Q(state="waiting") & Q(read_at__isnull=False)),
                name="content_read_unless_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["tries", "queued_at"], condition=Q(state="waiting"), name="content_waiting"),
            models.Index(fields=["read_at"], condition=~Q(state="waiting") & not_printed(), name="content_unprinted"),
        ]

    def __str__(self):
        return self.sha256[:12]


class Page(models.Model):
    """The text of one page, or of one stretch of a text without pages. `vector` is the database's own doing."""

    content = models.ForeignKey(Content, models.CASCADE, related_name="texts")
    number = models.PositiveIntegerField(_("page"))
    language = models.CharField(_("language"), max_length=5, choices=Content.Language, blank=True)
    text = models.TextField(_("text"))
    vector = SearchVectorField(null=True, editable=False)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["content", "number"]
        constraints = [models.UniqueConstraint(fields=["content", "number"], name="page_number")]
        indexes = [GinIndex(fields=["vector"], name="page_vector", fastupdate=False)]
        triggers = [
            pgtrigger.Trigger(
                name="indexed",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("text", "language"),
                when=pgtrigger.Before,
                func=INDEXED,
            ),
        ]

    def __str__(self):
        return f"{self.content_id[:12]}, {self.number}"


class Mail(models.Model):
    """A mail as its own headers tell it, and what its signatures prove.

    `sender`, `to` and `cc` are lists of {"name", "address"}; `received` is the chain, latest hop first, of {"from",
    "by", "with", "at", "zone", "text"}; `bounce` is {"standard", "recipients": [{"recipient", "action", "status",
    "diagnostic"}], "original": {…}}; `signatures` are [{"kind", "domain", "selector", "verdict", …}];
    `inconsistencies` are [{"code", …}].
    """

    class Check(models.TextChoices):
        NONE = "none", _("Not signed")
        WAITING = "waiting", _("Signature not checked yet")
        DONE = "done", _("Signature checked")

    content = models.OneToOneField(Content, models.CASCADE, primary_key=True, related_name="mail")
    sender = models.JSONField(_("from"), default=list, blank=True)
    to = models.JSONField(_("to"), default=list, blank=True)
    cc = models.JSONField(_("copy to"), default=list, blank=True)
    subject = models.TextField(_("subject"), blank=True)
    date = models.DateTimeField(_("date"), null=True, blank=True)
    date_text = models.CharField(_("date as written"), max_length=200, blank=True)
    # Minutes east of Greenwich; none if the mail does not say.
    zone = models.SmallIntegerField(null=True, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=500, blank=True, db_index=True)
    received = models.JSONField(_("way"), default=list, blank=True)
    bounce = models.JSONField(_("delivery failure"), null=True, blank=True)
    signatures = models.JSONField(_("signatures"), default=list, blank=True)
    inconsistencies = models.JSONField(_("inconsistencies"), default=list, blank=True)
    check_state = models.CharField(_("check"), max_length=8, choices=Check, default=Check.NONE)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = [
            models.CheckConstraint(condition=Q(check_state__in=["none", "waiting", "done"]), name="mail_check_state"),
        ]
        indexes = [
            models.Index(fields=["tries", "content"], condition=Q(check_state="waiting"), name="mail_to_be_checked"),
        ]

    def __str__(self):
        return self.subject[:60]


class SigningKey(models.Model):
    """A public key that a domain once published for its mails. Kept, because domains take their keys away again."""

    domain = models.CharField(_("domain"), max_length=255)
    selector = models.CharField(_("selector"), max_length=255)
    key = models.TextField(_("key"))
    found_at = models.DateTimeField(_("found"), default=timezone.now)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ["domain", "selector", "-found_at"]
        constraints = [models.UniqueConstraint(fields=["domain", "selector", "key"], name="signing_key_once")]

    def __str__(self):
        return f"{self.selector}._domainkey.{self.domain}"
