"""Reading what a caller sends: JSON of a bounded size and depth, fields that are declared, nothing else."""

import json
import re
from functools import cache

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from claims.api.problems import Problem
from claims.rules.text import is_forbidden

MALFORMED = _("Send one JSON object.")
CHARSET = re.compile(r';\s*charset="?([^";]*)"?', re.I)


class StrictJSON(BaseParser):
    """JSON in UTF-8, read into dicts and lists. 10 MB hold more than any claim may."""

    media_type = "application/json"
    most_bytes = 12 * 2**20

    def parse(self, stream, media_type=None, parser_context=None):
        charset = CHARSET.search(media_type or "")
        if charset and charset[1].strip().lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(media_type)
        body = stream.read(self.most_bytes + 1)
        if len(body) > self.most_bytes:
            raise Problem(413, "too_large", _("The request is too large."))
        return loaded(body)


class SmallJSON(StrictJSON):
    """For calls that anybody may make."""

    most_bytes = 64 * 1024


def loaded(body):
    """The object in `body`. Raises Problem `malformed_json`, for too deep a nesting too."""
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise malformed() from error
    if not isinstance(data, dict):
        raise malformed()
    if b"\\u" in body:  # only an escape can hold what no text may hold
        check_characters(data)
    return data


def no_number(name):
    raise ValueError(name)


def malformed():
    return Problem(400, "malformed_json", MALFORMED)


def check_characters(value, path=""):
    """Raises for a NUL or half a character anywhere, names of fields included: the database takes neither."""
    if isinstance(value, dict):
        for key, entry in value.items():
            check_characters(key, path)
            check_characters(entry, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for position, entry in enumerate(value):
            check_characters(entry, f"{path}.{position}")
    elif isinstance(value, str) and any(is_forbidden(character) for character in value):
        text = _("The text contains characters that cannot be stored. Type it again.")
        raise Problem(422, "invalid_characters", text, field=path or "?")


def data_of(request):
    """What was sent, as a dict. A body without a length is refused: it would be read as an empty one."""
    if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
        raise Problem(411, "length_required", _("Send the length of the body (Content-Length)."))
    return request.data


# A request: reads what it declares and refuses everything else. (A docstring would show in the schema.)
class Strict(serializers.Serializer):
    def to_internal_value(self, data):
        if not isinstance(data, dict):
            raise serializers.ValidationError(MALFORMED, code="invalid_value")
        if unknown := [name for name in data if name not in self.fields]:
            message = _("There is no such field here.")
            raise serializers.ValidationError(
                {name: serializers.ErrorDetail(message, code="unknown_field") for name in unknown[:20]}
            )
        return super().to_internal_value(data)

    @classmethod
    @cache
    def reader(cls):
        """One instance for all requests: its fields are bound once and hold nothing of a request."""
        return cls()

    @classmethod
    def read(cls, data):
        """The values in `data`. Raises DRF's ValidationError with everything that is wrong; 400 for no body at all."""
        reader = cls.reader()
        if not data and any(field.required for field in reader.fields.values()):
            raise malformed()
        return reader.run_validation(data)
