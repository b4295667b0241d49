"""Six figures with what they were in the period before, and the claims behind each."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from claims.admin.tags import euro
from claims.models import Incident
from claims.reports import figures
from claims.reports.figures import Scope

PERIODS = ("7", "30", "90")  # days
WIDTH, HEIGHT = 120, 28  # of a spark line


@dataclass(frozen=True)
class Figure:
    """`change` is the difference to the period before, signed, or "" where there is nothing to compare."""

    label: str
    value: str
    link: str
    note: str = ""
    change: str = ""
    spark: str = ""


def dashboard(query):
    """Everything managers see first. `query` chooses ?days= and ?incident=; raises BadRequest for others."""
    days, incident = query.get("days") or "30", query.get("incident", "")
    incidents = {each.code: each.title for each in Incident.objects.all()}
    if days not in PERIODS or (incident and incident not in incidents):
        raise BadRequest("unknown period or incident")
    last = figures.today()
    first = last - timedelta(days=int(days) - 1)
    now = Scope(incident=incident, first=first, last=last)
    before = Scope(incident=incident, first=first - timedelta(days=int(days)), last=first - timedelta(days=1))
    return {
        "days": days,
        "periods": PERIODS,
        "incident": incident,
        "incidents": incidents,
        "first": first,
        "last": last,
        "figures": six(now, before),
        "ages": ages(now),
        "load": load(now),
    }


def six(now, before):
    decided, decided_before = sum(figures.outcomes(now).values()), sum(figures.outcomes(before).values())
    inflow = figures.inflow(now)
    median, p90 = figures.days_to_decision(now)
    median_before, _p90 = figures.days_to_decision(before)
    rate = figures.acceptance_rate(now)
    backlog = figures.backlog(now)
    overdue = now.claims().overdue(now.today).count()
    by_state = figures.notices_by_state(Scope(incident=now.incident))
    failed, bounced = by_state.get("failed", 0), by_state.get("bounced", 0)
    return [
        Figure(
            _("Open claims"),
            number(backlog),
            queue(now),
            note=_("%(euro)s claimed") % {"euro": euro(figures.exposure(now))},
            change=signed(backlog - figures.backlog(before)),
        ),
        Figure(
            pgettext("figure", "Submitted"),
            number(inflow),
            listed(now, "submitted_at"),
            change=signed(inflow - figures.inflow(before)),
            spark=spark(now),
        ),
        Figure(
            pgettext("figure", "Decided"),
            number(decided),
            listed(now, "decided_at"),
            note="; ".join(filter(None, (granted(rate), on_appeal(now)))),
            change=signed(decided - decided_before),
        ),
        Figure(_("Overdue"), number(overdue), queue(now, overdue="1"), note=_("open and past their date")),
        Figure(
            _("Days to a decision"),
            "–" if median is None else number(median),
            listed(now, "decided_at"),
            note=_("half of them; nine in ten within %(days)s") % {"days": "–" if p90 is None else p90},
            change="" if None in (median, median_before) else signed(median - median_before),
        ),
        Figure(
            _("Notices that failed"),
            number(failed),
            f"{reverse('admin:claims_notice_changelist')}?{urlencode({'state__exact': 'failed'})}",
            note=_("%(number)d more came back") % {"number": bounced} if bounced else _("send them again from there"),
        ),
    ]


def granted(rate):
    return "" if rate is None else _("%(rate)d %% granted, wholly or in part") % {"rate": round(rate * 100)}


def on_appeal(scope):
    """How many appeals came in, and how many of those decided changed anything; nothing where there are none."""
    filed, (decided, changed) = figures.appeals_filed(scope), figures.decided_on_appeal(scope)
    if not filed and not decided:
        return ""
    words = [_("%(filed)d appealed") % {"filed": filed}]
    if decided:
        words.append(_("%(changed)d of %(decided)d appeals changed it") % {"changed": changed, "decided": decided})
    return ", ".join(words)


def number(value):
    return number_format(value, use_l10n=True, force_grouping=True)


def signed(difference):
    """+3, −2, ±0."""
    return f"{'+' if difference > 0 else '−' if difference < 0 else '±'}{number(abs(difference))}"


def queue(scope, **filters):
    chosen = {**filters, **({"incident": scope.incident} if scope.incident else {})}
    return reverse("admin:queue") + (f"?{urlencode(chosen)}" if chosen else "")


def listed(scope, column):
    """The claims whose moment in `column` lies in the period."""
    chosen = {
        f"{column}__gte": figures.midnight(scope.first).isoformat(),
        f"{column}__lt": figures.midnight(scope.last + timedelta(days=1)).isoformat(),
        **({"incident__code": scope.incident} if scope.incident else {}),
    }
    return f"{reverse('admin:claims_claim_changelist')}?{urlencode(chosen)}"


def spark(scope):
    """The points of a line of submissions a day."""
    per_day = dict(figures.inflow_by_day(scope))
    days = (scope.last - scope.first).days
    counts = [per_day.get(scope.first + timedelta(days=day), 0) for day in range(days + 1)]
    most = max([*counts, 1])
    return " ".join(
        f"{day * WIDTH / days:.1f},{HEIGHT - 2 - count * (HEIGHT - 4) / most:.1f}" for day, count in enumerate(counts)
    )


def ages(scope):
    """[(words, how many, per cent of the longest bar)] of what is undecided."""
    counted = figures.ageing(scope)
    most = max([count for _low, _high, count in counted] + [1])
    return [
        (
            _("over %(days)d days") % {"days": low - 1} if high is None else f"{low}–{high}",
            count,
            round(100 * count / most),
        )
        for low, high, count in counted
    ]


def load(scope):
    """[(name, claims, overdue, address of the list)] of each desk."""
    desks = figures.load(scope)
    ids = dict(User.objects.filter(email__in=[email for _name, email, *_rest in desks]).values_list("email", "pk"))
    return [
        (name or email, claims, overdue, queue(scope, assignee=ids[email])) for name, email, claims, overdue in desks
    ]
