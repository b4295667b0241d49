"""Fingerprints of bytes, by which near-equal documents find each other by an index."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from evidence.likeness import BANDS


def band(shift, width):
    """The bits of a value by which its neighbours are found; evidence.comparing asks for them in the same words."""
    return F("value").bitrightshift(shift).bitand((1 << width) - 1)


class Fingerprint(models.Model):
    """One of the numbers of bytes. For a picture `part` is how much of its rim is cut away, in per cent."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("Picture")
        TEXT = "text", _("Text")

    sha256 = models.CharField(_("SHA-256"), max_length=64)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    part = models.PositiveSmallIntegerField(_("part"), default=0)
    value = models.BigIntegerField(_("value"))
    # Of a picture: its cells in grey.
    detail = models.BinaryField(null=True, blank=True)

    class Meta:
        verbose_name = _("fingerprint")
        verbose_name_plural = _("fingerprints")
        constraints = [
            models.UniqueConstraint(fields=["sha256", "kind", "part"], name="fingerprint_part"),
            models.CheckConstraint(condition=Q(kind__in=["image", "text"]), name="fingerprint_kind"),
        ]
        indexes = [
            models.Index(fields=["value", "sha256"], condition=Q(kind="text"), name="fingerprint_text"),
            *(
                # With all in it that decides, so that of a million only what is near is fetched.
                models.Index(
                    band(*each), include=["value", "id"], condition=Q(kind="image"), name=f"fingerprint_near_{number}"
                )
                for number, each in enumerate(BANDS, 1)
            ),
        ]

    def __str__(self):
        return f"{self.sha256[:12]}, {self.kind} {self.part}"
