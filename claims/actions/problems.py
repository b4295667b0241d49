"""Taking in what people say still does not work."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from claims.models import Incident, ProblemReport
from claims.rules.errors import Collected, Refused
from claims.rules.text import NOTE, clean_line, clean_text


@transaction.atomic
def report(*, by=None, incident_code="", login="", email="", text):
    """Stores the report of a further technical problem and returns it; `by` may be nobody.

    Raises one Refused with everything that is wrong.
    """
    problems, values = Collected(), {}
    for name, read in (
        ("text", lambda: clean_text(text, field="text", limit=NOTE)),
        ("login", lambda: clean_line(login, field="login", limit=254, required=False)),
        ("email", lambda: clean_email(email)),
        ("incident", lambda: known_incident(incident_code)),
    ):
        try:
            values[name] = read()
        except Refused as refused:
            problems.add(refused)
    problems.raise_if_any()
    return ProblemReport.objects.create(reporter=by, **values)


def clean_email(email):
    email = clean_line(email, field="email", limit=254, required=False)
    try:
        if email:
            validate_email(email)
    except ValidationError as error:
        raise Refused("invalid_email", _("Write an e-mail address such as name@example.org."), field="email") from error
    return email


def known_incident(code):
    """The incident people may speak of, None for no code."""
    if not code:
        return None
    incident = Incident.objects.public().filter(code=code).first()
    if incident is None:
        raise Refused("unknown_incident", _("There is no such incident."), field="incident")
    return incident
