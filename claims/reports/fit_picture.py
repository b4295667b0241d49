"""The picture of a Fit: where bars, days and marks lie, in the units of an SVG. What the template draws is all here."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from claims.reports.fit_words import CODES, fact_name, moment, sentence, zone_of
from claims.reports.outage_fit import fit_of
from claims.rules.fit import TAKEN, is_inside
from claims.rules.outage import ROME

WIDTH, LEFT, RIGHT, TOP, LANE = 720, 118, 14, 30, 26
AROUND = timedelta(days=1)
FARTHEST = timedelta(days=7)  # from the outage; what lies beyond stands at the edge
MOST_LABELS = 9
LANES = {
    "outage": _("Outage"), "harm": _("Harm"), "mail": _("Mail"), "bounce": _("Delivery failure"),
    "picture": _("Pictures"), "file": _("Files"), "claim": _("Claim"),
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    x: int
    y: int
    kind: str
    title: str
    flagged: bool = False
    beyond: str = ""  # "before" or "after" what is drawn


@dataclass(frozen=True)
class Line:
    """A fact in the table beside the picture."""

    fact: object
    name: str
    zone: str
    inside: bool
    document: str
    document_name: str
    flags: list


@dataclass(frozen=True)
class Picture:
    height: int
    days: list  # (x, label or "")
    bars: list  # (x, width, title)
    restored: int | None
    lanes: list  # (y, label)
    marks: list
    lines: list
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT

    @property
    def inner(self):
        """How high the days are drawn."""
        return self.height - 24


def shown_fit(claim):
    """What a page shows: {"picture", "flags": [(its name, sentence, document, document's name)], "restored"}."""
    fit = fit_of(claim)
    flags = [
        (CODES[flag.code], sentence(flag.as_json()), flag.document, fit.names.get(flag.document, ""))
        for flag in fit.flags
    ]
    return {"picture": picture_of(fit), "flags": flags, "restored": fit.restored}


def picture_of(fit):
    """The Picture of a Fit, None of an account without any outage."""
    if not fit.outage:
        return None
    scale = Scale(fit)
    flagged = {}
    for flag in fit.flags:
        flagged.setdefault((flag.document, flag.head), []).append(flag)
    used = {"outage", *(lane_of(fact, fit) for fact in fit.facts)}
    heights = {
        lane: TOP + LANE * place + LANE // 2 for place, lane in enumerate(lane for lane in LANES if lane in used)
    }
    lines = [line_of(fact, fit, flagged) for fact in fit.facts]
    return Picture(
        height=TOP + LANE * len(heights) + 8,
        days=scale.days(),
        bars=[
            (scale.x(start), max(2, scale.x(end) - scale.x(start)), f"{said(start)} – {said(end)}")
            for start, end in fit.outage
        ],
        restored=scale.x(fit.restored),
        lanes=[(y, LANES[lane]) for lane, y in heights.items()],
        marks=[
            Mark(
                x=scale.x(line.fact.at),
                y=heights[lane_of(line.fact, fit)],
                kind=lane_of(line.fact, fit),
                title=title_of(line),
                flagged=bool(line.flags),
                beyond=scale.beyond(line.fact.at),
            )
            for line in lines
        ],
        lines=lines,
    )


class Scale:
    """Moments as places: from the midnight in Rome before all that is drawn to the one after it, counted in UTC."""

    def __init__(self, fit):
        first, last = fit.outage[0][0], fit.outage[-1][1]
        near = [fact.at for fact in fit.facts if first - FARTHEST <= fact.at <= last + FARTHEST]
        self.first = midnight(min([first - AROUND, *near]))
        self.last = midnight(max([last + AROUND, *near]) + timedelta(days=1))

    def x(self, at):
        share = (min(max(at, self.first), self.last) - self.first) / (self.last - self.first)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT))

    def beyond(self, at):
        return "before" if at < self.first else "after" if at > self.last else ""

    def days(self):
        """(x, label) of each midnight in Rome; where there are many only some have a label."""
        dates, day = [], self.first.astimezone(ROME).date()
        while (at := at_midnight(day)) < self.last:
            dates.append((at, day))
            day += timedelta(days=1)
        step = -(-len(dates) // MOST_LABELS)
        form = pgettext("date format", "j M")
        return [
            (self.x(at), date_format(day, form) if not place % step else "") for place, (at, day) in enumerate(dates)
        ]


def at_midnight(day):
    return datetime.combine(day, time(), ROME).astimezone(UTC)


def midnight(at):
    return at_midnight(at.astimezone(ROME).date())


def lane_of(fact, fit):
    if fact.what == "loss":
        return "harm"
    if fact.what == "restored":
        return "outage"
    if fact.what == "submitted":
        return "claim"
    if fact.what in ("mail_date", "received"):
        return "bounce" if fact.document in fit.bounces else "mail"
    return "bounce" if fact.what == "bounced_mail" else "picture" if fact.what in TAKEN else "file"


def line_of(fact, fit, flagged):
    found = flagged.get((fact.document, fact.head), []) if fact.document or fact.head else []
    found = [flag for flag in found if flag.facts.get("at") in (None, fact.at.isoformat())]
    return Line(
        fact=fact,
        name=fact_name(fact),
        zone=zone_of(fact),
        inside=is_inside(fact, fit.outage),
        document=fact.document,
        document_name=fit.names.get(fact.document, ""),
        flags=[sentence(flag.as_json()) for flag in found],
    )


def title_of(line):
    parts = [f"{line.name}, {said(line.fact.at)}", line.zone, line.document_name, *line.flags]
    return "; ".join(part for part in parts if part)


def said(at):
    return moment(at.isoformat())
