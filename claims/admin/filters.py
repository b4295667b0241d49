"""The filters of the queue: read from the address, shown as chips that can be taken away, applied to claims."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import BadRequest
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils.translation import gettext as _

from claims.admin.words import FLAGS, STATUSES
from claims.models import Attachment, Incident, LossItem
from claims.models.claim import clock_stands
from claims.reports.alike_found import with_others
from claims.reports.desks import reviewers
from claims.rules.statuses import UNDECIDED
from claims.rules.terms import HEADS

SOON = timedelta(days=7)
NAMES = ("q", "incident", "status", "head", "flag", "assignee", "overdue", "soon", "alike", "files")
LONGEST = 200


@dataclass(frozen=True)
class Chip:
    """One filter in force: what it says and the address without it."""

    label: str
    value: str
    without: str


class QueueFilters:
    """What `query` (the GET parameters) asks for. Raises BadRequest for a filter or a value that does not exist."""

    def __init__(self, query, *, person, today):
        if unknown := set(query) - {*NAMES, "page"}:
            raise BadRequest(f"unknown filter {sorted(unknown)[0]}")
        self.person, self.today = person, today
        self.values = {name: query.get(name, "").strip() for name in NAMES}
        self.choices = choices(person)
        for name, options in self.choices.items():
            if self.values[name] and self.values[name] not in options:
                raise BadRequest(f"unknown value for {name}")
        if len(self.values["q"]) > LONGEST or "\x00" in self.values["q"]:
            raise BadRequest("search too long")

    def applied_to(self, claims):
        values = self.values
        if values["status"] == "":
            claims = claims.undecided()
        elif values["status"] != "all":
            claims = claims.filter(status=values["status"])
        if values["incident"]:
            claims = claims.filter(incident__code=values["incident"])
        if values["head"]:
            claims = claims.filter(Exists(LossItem.objects.filter(claim=OuterRef("pk"), head=values["head"])))
        if values["flag"]:
            claims = claims.filter(flags__contains=[values["flag"]])
        if values["assignee"]:
            claims = claims.filter(assigned_to=self.assignee())
        if values["overdue"]:
            claims = claims.overdue(self.today)
        if values["soon"]:
            claims = claims.undecided().filter(due__range=(self.today, self.today + SOON)).exclude(clock_stands())
        if values["alike"]:
            claims = with_others(claims, values["alike"])
        if values["files"]:
            waiting = Attachment.objects.filter(claim=OuterRef("pk"), document__state="pending")
            claims = claims.filter(Exists(waiting))
        return claims.matching(values["q"]) if values["q"] else claims

    def assignee(self):
        asked = self.values["assignee"]
        return {"me": self.person.pk, "nobody": None}.get(asked, asked)

    @property
    def chips(self):
        return [Chip(LABEL[name](), self.shown(name), self.without(name)) for name in NAMES if self.values[name]]

    def shown(self, name):
        value = self.values[name]
        return str(self.choices[name][value]) if name in self.choices else value

    def without(self, name):
        return self.encoded({other: value for other, value in self.values.items() if value and other != name})

    @property
    def query(self):
        """The filters in force, as they stand in an address."""
        return self.encoded({name: value for name, value in self.values.items() if value})

    @staticmethod
    def encoded(values):
        query = QueryDict(mutable=True)
        query.update(values)
        return query.urlencode()


LABEL = {
    "q": lambda: _("Search"),
    "incident": lambda: _("Incident"),
    "status": lambda: _("Status"),
    "head": lambda: _("Kind of loss"),
    "flag": lambda: _("Flag"),
    "assignee": lambda: _("With"),
    "overdue": lambda: _("Due"),
    "soon": lambda: _("Due"),
    "alike": lambda: _("Shared with others"),
    "files": lambda: _("Documents"),
}


def choices(person):
    """{filter: {value: label}}; what is not in here cannot be asked for."""
    open_states = {status.value: STATUSES[status] for status in UNDECIDED}
    others = {code: label for code, label in STATUSES.items() if code not in UNDECIDED and code != "draft"}
    return {
        "incident": {incident.code: incident.title for incident in Incident.objects.all()},
        "status": {**open_states, **others, "all": _("All")},
        "head": HEADS,
        "flag": {code: label for code, (label, _help) in FLAGS.items()},
        "assignee": {
            "me": _("me"),
            "nobody": _("nobody"),
            **{str(other.pk): str(other) for other in reviewers() if other != person},
        },
        "overdue": {"1": _("overdue")},
        "soon": {"1": _("within 7 days")},
        "alike": {"document": _("a document, or nearly"), "story": _("the story, or nearly")},
        "files": {"checking": _("being checked")},
    }
