"""Holding a claim until a day, ending that, and prolonging the time to decide."""

import re
from datetime import date

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_view

from claims.actions import deadlines, holds
from claims.api.body import Strict
from claims.api.fields import Ruled, Text, Word
from claims.api.steps import REVIEWERS, SUPERVISORS, Step, step
from claims.rules.errors import Refused
from claims.rules.holding import EXTENSION_REASONS, HOLD_REASONS, MOST_EXTENSION
from claims.rules.text import NOTE

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@extend_schema_field({"type": "string", "format": "date", "example": "2026-12-01"})
class Day(Ruled):
    """A Rome date, as YYYY-MM-DD."""

    def check(self, data):
        try:
            if not isinstance(data, str) or not DAY.fullmatch(data):
                raise ValueError
            return date.fromisoformat(data)
        except ValueError as error:
            raise Refused("invalid_date", _("Give a day such as “2026-12-01”."), field=self.field_name) from error


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_EXTENSION, "example": 15})
class Days(Ruled):
    """The action says how many there may be."""

    def check(self, data):
        return data


class Waiting(Strict):
    until = Day(help_text="The claim comes back by itself on this day (Europe/Rome).")
    reason = Text(
        max_length=NOTE,
        help_text=f"One of {', '.join(HOLD_REASONS)}, or your own words. The terms say for which of them the clock"
        " stands still; it never does for one's own words.",
    )
    note = Text(max_length=NOTE, required=False, allow_blank=True)


class MaybeNote(Strict):
    note = Text(max_length=NOTE, required=False, allow_blank=True)


class MoreTime(Strict):
    days = Days()
    basis = Word(help_text=f"On what it rests: one of {', '.join(EXTENSION_REASONS)}. The claimant is told.")
    note = Text(max_length=NOTE, required=False, allow_blank=True)


@extend_schema_view(
    post=step("Put a claim on hold until a day", Waiting, example={"until": "2026-12-01", "reason": "expert"})
)
class OnHold(Step):
    access_rule = REVIEWERS
    body = Waiting

    def go(self, reference, **values):
        return holds.hold(reference, **values)


@extend_schema_view(post=step("End a hold before its day", MaybeNote, example={"note": "The expert has answered."}))
class Resume(Step):
    access_rule = REVIEWERS
    body = MaybeNote

    def go(self, reference, **values):
        return holds.resume(reference, **values)


@extend_schema_view(post=step("Prolong the time to decide", MoreTime, example={"days": 15, "basis": "new_evidence"}))
class Extend(Step):
    access_rule = SUPERVISORS
    body = MoreTime

    def go(self, reference, **values):
        return deadlines.extend(reference, **values)
