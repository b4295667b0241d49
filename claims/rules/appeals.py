"""The claimant's second word: until when a decision may be appealed against, and what the second one may not do.

Days are Europe/Rome dates, amounts euro.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from claims.rules.deadlines import due_date
from claims.rules.errors import Refused


@dataclass(frozen=True)
class Window:
    """Whether a decision may still be appealed against: `until` is the last day, `over` that it has passed.

    `final` is a decision against which there is no appeal any more, because there was one.
    """

    until: date
    final: bool
    over: bool

    @property
    def open(self):
        return not self.final and not self.over


def window(decided, told, days, *, today, final):
    """The Window of a decision made on `decided`, of which its claimant was told on `told`, None for not yet.

    The days run from the notice, never from before the decision; until the notice has left they have not begun.
    """
    until = due_date(max(decided, told or today), days)
    return Window(until, final, over=told is not None and today > until)


def check_window(window):
    """Raises Refused 409 `appealed_before` or `appeal_window_closed`."""
    if window.final:
        raise Refused("appealed_before", _("There was an appeal already. The decision on it is final."), status=409)
    if window.over:
        raise Refused("appeal_window_closed", _("The time to appeal is over."), status=409)


@dataclass(frozen=True)
class Result:
    """What a decision gives: `net` euro after `offsets` of what was granted elsewhere, and {kind: quantity} beside."""

    net: Decimal
    offsets: Decimal
    benefits: dict


def is_worse(first, second):
    """Whether `second` gives its claimant less than `first`.

    What was granted elsewhere in the meantime, and is therefore taken off now, has reached the claimant too.
    """
    granted_since = max(second.offsets - first.offsets, Decimal(0))
    less_money = second.net + granted_since < first.net
    return less_money or any(second.benefits.get(kind, 0) < count for kind, count in first.benefits.items())


def check_not_worse(first, second, terms):
    """Raises Refused 422 `worse_on_appeal` if the terms do not let an appeal end worse than it began."""
    if not terms.appeal_may_worsen and is_worse(first, second):
        raise Refused(
            "worse_on_appeal",
            _("On appeal the claimant may not get less than the first decision gave: %(net)s € and what was beside it.")
            % {"net": first.net},
            field="items",
        )


def has_changed(first, second):
    """Whether the appeal changed anything for its claimant."""
    return is_worse(first, second) or is_worse(second, first)
