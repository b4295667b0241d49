"""Whom a case may be given to: read from forms, and whether they are away."""

from django.contrib import messages
from django.utils.translation import gettext as _

from accounts.models import User
from claims.actions import clock
from claims.admin.tags import day
from claims.reports import desks


def is_number(typed):
    return typed.isascii() and typed.isdecimal() and len(typed) < 10


def chosen_person(typed):
    """Who was chosen by id, or None; whether they may have a case, the rules say."""
    return User.objects.filter(pk=typed).first() if is_number(typed) else None


def seen_version(request):
    """The version of the case that the person looked at, if the form says so."""
    typed = request.POST.get("version", "")
    return int(typed) if is_number(typed) else None


def warn_if_away(request, person):
    """Nothing forbids work for somebody who is away, but who gives it should know."""
    if until := desks.away_until(person, clock.today()):
        if person == request.user:
            words = _("You are noted as away until %(day)s.") % {"day": day(until)}
        else:
            words = _("%(name)s is away until %(day)s.") % {"name": person, "day": day(until)}
        messages.warning(request, words)
