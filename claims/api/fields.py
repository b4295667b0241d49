"""Fields of requests and answers. A request's field asks the rules; its description goes into the schema."""

import re
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.rules.errors import Refused
from claims.rules.money import exact_amount
from claims.rules.text import clean_text

MONEY = {"type": "string", "pattern": r"^[0-9]{1,12}\.[0-9]{2}$", "example": "120.00"}
MONEY_IN = {"type": "string", "pattern": r"^[0-9]{1,9}\.[0-9]{2}$", "example": "120.00"}
MOMENT = {"type": "string", "format": "date-time", "example": "2023-01-24T09:30:00Z"}
NAME = {"type": "string", "maxLength": 254}
ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
BIGGEST_ID = 2**63 - 1


class Ruled(serializers.Field):
    """A field whose check() may say no in the words of the rules."""

    def to_internal_value(self, data):
        try:
            return self.check(data)
        except Refused as refused:
            raise serializers.ValidationError(refused.message, code=refused.code) from refused


class Text(Ruled, serializers.CharField):
    """Text as it is stored. Numbers are no text; blank is only what `allow_blank` allows."""

    def run_validation(self, data=serializers.empty):
        return serializers.Field.run_validation(self, data)

    def check(self, data):
        return clean_text(data, field=self.field_name, limit=self.max_length, required=not self.allow_blank)


@extend_schema_field({**NAME, "minLength": 1})
class Word(Ruled):
    """A code, address or name that an action looks up: text of a sane length, as it came."""

    def check(self, data):
        return clean_text(data, field=self.field_name, limit=254)


@extend_schema_field(NAME)
class MaybeWord(Ruled):
    """As Word, or nothing."""

    def check(self, data):
        return clean_text(data, field=self.field_name, limit=254, required=False)


@extend_schema_field(MONEY_IN)
class Amount(Ruled):
    def check(self, data):
        return exact_amount(data, field=self.field_name)


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,3}\.[0-9]{2}$", "example": "25.00"})
class Percentage(Ruled):
    """The own share: 0.00 to 100.00; the range is the rule's to check."""

    def check(self, data):
        try:
            return exact_amount(data, field=self.field_name)
        except Refused as refused:
            text = _("Give the own share in per cent with two decimals, such as “25.00”.")
            raise Refused("invalid_share", text, field=self.field_name) from refused


@extend_schema_field(MOMENT)
class Moment(Ruled):
    """ISO 8601 with its zone, in UTC from here on."""

    def check(self, data):
        try:
            if not isinstance(data, str) or not ISO.fullmatch(data):
                raise ValueError
            return datetime.fromisoformat(data.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise Refused(
                "invalid_time",
                _("Give a date and a time with its zone, such as “2023-01-24T09:30:00Z”."),
                field=self.field_name,
            ) from error


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": BIGGEST_ID, "example": 1})
class Id(Ruled):
    """The id of a loss. One that cannot exist is as unknown as one that does not."""

    def check(self, data):
        if not isinstance(data, int) or isinstance(data, bool) or not 0 < data <= BIGGEST_ID:
            raise Refused("unknown_item", _("This loss is not part of the claim."), field=self.field_name)
        return data


@extend_schema_field({"type": "integer", "minimum": 1, "example": 3})
class Count(Ruled):
    """How many; how many at most is the rule's to check."""

    def check(self, data):
        if not isinstance(data, int) or isinstance(data, bool) or data < 1:
            raise Refused("invalid_quantity", _("Give a whole number of one or more."), field=self.field_name)
        return data


@extend_schema_field({"type": "boolean"})
class Yes(Ruled):
    """True or false, not "true"."""

    def check(self, data):
        if not isinstance(data, bool):
            raise Refused("invalid_value", _("Send true or false."), field=self.field_name)
        return data


@extend_schema_field({"type": "object", "additionalProperties": True})
class Anything(Ruled):
    """An object whose content the action checks."""

    def check(self, data):
        if not isinstance(data, dict):
            raise Refused("invalid_value", _("Send an object."), field=self.field_name)
        return data


@extend_schema_field(MONEY)
class Money(serializers.Field):
    """An amount in an answer."""


@extend_schema_field(MOMENT)
class Time(serializers.Field):
    """A moment in an answer, in UTC."""


def euro(amount):
    """ "120.00", or None."""
    return None if amount is None else f"{amount:.2f}"


def utc(moment):
    """ "2023-01-24T09:30:00Z", or None."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_date(day):
    return None if day is None else day.isoformat()
