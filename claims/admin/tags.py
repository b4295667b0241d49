"""How the staff's pages write money, moments and terms of payment."""

from datetime import UTC
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from claims.admin.words import FLAGS, STATUS_TONES, STATUSES
from claims.models import Service
from claims.rules.outage import ROME
from claims.rules.terms import HEADS

register = template.Library()
NOTHING = mark_safe('<span class="s-quiet">–</span>')


@register.filter
def euro(amount):
    """1.234,50 € as the language writes it; a dash for nothing."""
    if amount is None or amount == "":
        return NOTHING
    return f"{number_format(Decimal(amount), decimal_pos=2, use_l10n=True, force_grouping=True)}\u00a0€"


@register.filter
def day(date):
    """24 Jan 2023: the month in letters, so that nobody takes it for the day; in Italian small: “j b Y”."""
    return date_format(date, pgettext("date format", "j M Y")) if date else NOTHING


@register.filter
def rome(moment):
    """Date and time in Rome; the same moment in UTC when one points at it."""
    if not moment:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        f"{day(moment.astimezone(ROME))} {moment.astimezone(ROME):%H:%M}",
    )


@register.filter
def due(date, open_claim=True):
    """ "in 3 days", the date when one points at it. Words and a class say that it is late, not colour alone."""
    if not date:
        return NOTHING
    left = (date - timezone.now().astimezone(ROME).date()).days
    if not open_claim:
        words, tone = day(date), "s-quiet"
    elif left < 0:
        words, tone = ngettext("%(days)d day late", "%(days)d days late", -left) % {"days": -left}, "s-late"
    elif left == 0:
        words, tone = _("today"), "s-soon"
    elif left == 1:
        words, tone = _("tomorrow"), "s-soon"
    else:
        words = ngettext("in %(days)d day", "in %(days)d days", left) % {"days": left}
        tone = "s-soon" if left <= 7 else ""
    return format_html('<time datetime="{}" title="{}" class="{}">{}</time>', date, day(date), tone, words)


@register.filter
def head_name(code):
    return HEADS.get(code, code)


@register.filter
def flag_name(code):
    return FLAGS[code][0] if code in FLAGS else code


@register.filter
def flag_help(code):
    return FLAGS[code][1] if code in FLAGS else ""


@register.filter
def status_chip(status):
    """The status as a chip: its words, in a shape and tone of their own."""
    tone = STATUS_TONES.get(status, "plain")
    return format_html('<span class="s-chip s-chip-{}">{}</span>', tone, STATUSES.get(status, status))


@register.filter
def entry(mapping, key):
    """mapping[key], "" if it is not there."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def megabytes(size):
    if size < 1024 * 1024:
        return _("%(size)d KB") % {"size": max(1, round(size / 1024))}
    return _("%(size)s MB") % {"size": number_format(size / 1024 / 1024, decimal_pos=1)}


@register.filter
def service_name(kind):
    return dict(Service.Kind.choices).get(kind, kind)
