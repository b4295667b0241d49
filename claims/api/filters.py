"""Filters of the list of claims."""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import CASE_READERS
from claims.api.documentation import query
from claims.api.paging import invalid
from claims.models import REMEDIES, Incident
from claims.models.claim import clock_stands
from claims.rules.outage import ROME
from claims.rules.statuses import LABELS, UNDECIDED, Status

LONGEST = 200
REMEDY_CODES = [remedy for remedy, _label in REMEDIES]
STATUSES = [str(status) for status in LABELS]
DESCRIBED = [
    query("status", "Where the claim stands.", enum=STATUSES),
    query("remedy", "Which remedy it asks for.", enum=REMEDY_CODES),
    query("incident", "Code of the outage."),
    query("assigned_to", "For staff: whose desk it is on, an e-mail address or `me`."),
    query("q", "Part of the reference, the account, or the claimant's name or address."),
    query("overdue", "Whether the decision is overdue.", enum=["true", "false"]),
]


def filtered(claims, given, person):
    """The claims that fit the filters in `given`. Raises Problem 400 `invalid_filter`."""
    for name, narrow in NARROW.items():
        if name in given:
            claims = narrow(claims, given[name], person)
    return claims


def by_status(claims, text, person):
    """A claimant is not told that a decision waits for its second signature: to them it is in review."""
    if text not in STATUSES:
        raise invalid("status", _("There is no such status."))
    fits = Q(status=text)
    as_staff = ~Q(claimant=person) if person.has_role(*CASE_READERS) else Q(pk=None)
    if text == Status.AWAITING_COUNTERSIGNATURE:
        return claims.filter(fits & as_staff)
    if text == Status.IN_REVIEW:
        fits |= Q(status=Status.AWAITING_COUNTERSIGNATURE) & ~as_staff
    return claims.filter(fits)


def by_remedy(claims, text, person):
    if text not in REMEDY_CODES:
        raise invalid("remedy", _("There is no such remedy."))
    return claims.filter(remedy=text)


def by_incident(claims, text, person):
    incident = Incident.objects.public().filter(code=text).first()
    if incident is None:
        raise invalid("incident", _("There is no such incident."))
    return claims.filter(incident=incident)


def by_reviewer(claims, text, person):
    """Only for those who read every case, and never about their own claim."""
    if not person.has_role(*CASE_READERS):
        raise invalid("assigned_to", _("There is no such filter here."))
    claims = claims.exclude(claimant=person)
    return claims.filter(assigned_to=person) if text == "me" else claims.filter(assigned_to__email=text.lower())


def by_text(claims, text, person):
    if not text.strip():
        return claims
    if len(text) > LONGEST:
        raise invalid("q", _("Search for at most 200 characters."))
    return claims.matching(text)


def by_due_date(claims, text, person):
    if text not in ("true", "false"):
        raise invalid("overdue", _("Say true or false."))
    late = Q(status__in=UNDECIDED, due__lt=timezone.now().astimezone(ROME).date()) & ~clock_stands()
    return claims.filter(late) if text == "true" else claims.exclude(late)


NARROW = {
    "status": by_status,
    "remedy": by_remedy,
    "incident": by_incident,
    "assigned_to": by_reviewer,
    "q": by_text,
    "overdue": by_due_date,
}
