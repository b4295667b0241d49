"""When reviewers are away: noted so that nobody gives them work by mistake. It forbids nothing and gives no reason."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.actions import clock, journal, rights
from claims.models import Absence
from claims.rules import permissions
from claims.rules.errors import Refused

LONGEST = timedelta(days=400)


@transaction.atomic
def note_absence(person_id, *, by, since, until):
    """Notes that a person is away from `since` to `until` (Rome dates, both included), in place of what was noted.

    Raises Refused: 403 `wrong_role`, 404 `not_found`, 422 `until_too_early` or `until_too_late`.
    """
    person = locked(person_id, by=by)
    if until < max(since, clock.today()):
        raise Refused("until_too_early", _("The last day must not be over, nor before the first."), field="until")
    if until - since > LONGEST:
        raise Refused("until_too_late", _("At most 400 days: take the role away for longer."), field="until")
    absence, _made = Absence.objects.update_or_create(person=person, defaults={"since": since, "until": until})
    facts = {"since": since.isoformat(), "until": until.isoformat()}
    journal.record(f"person:{person.pk}", "away", by=by, facts=facts)
    return absence


@transaction.atomic
def end_absence(person_id, *, by):
    """Takes the note away: back earlier, or noted by mistake. Raises Refused 409 `not_away` if there is none."""
    person = locked(person_id, by=by)
    if not Absence.objects.filter(person=person).delete()[0]:
        raise Refused("not_away", _("No absence is noted."), status=409)
    journal.record(f"person:{person.pk}", "back", by=by)


def locked(person_id, *, by):
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise Refused("not_found", _("There is no such person."), status=404)
    rights.look_again(by)
    permissions.require(permissions.may_clear_desk(by, person))
    if not permissions.may_review(person):
        raise Refused("not_a_reviewer", _("Only reviewers and supervisors have a desk."), status=409)
    return person
