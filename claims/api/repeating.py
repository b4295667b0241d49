"""POST: done once for each Idempotency-Key, and answered the same as often as it is sent again.

The key counts for one person and one route. The same key with another body, or on another address of
that route, is refused with 409. Only what had an effect (2xx) is kept: a refusal changed nothing, so the
same request may be tried again, corrected or not, under the same key.
"""

import json
import re
from hashlib import sha256

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from claims.actions import idempotency
from claims.actions.idempotency import Earlier
from claims.api.body import data_of
from claims.api.door import Door
from claims.api.problems import Problem
from claims.rules.errors import Refused

# Printable ASCII; a comma would be two headers that became one on the way.
KEY = re.compile(r"[\x20-\x2b\x2d-\x7e]{1,200}")


class Acting(Door):
    """A view whose POST changes something. Subclasses define act(request, data, **kwargs) -> (status, content)."""

    key_required = False

    def post(self, request, **kwargs):
        key = key_of(request, required=self.key_required)
        data = self.data_of(request)
        if key is None:
            return answered(*self.act(request, data, **kwargs))
        with transaction.atomic():
            started = begin(request, key, data)
            if isinstance(started, Earlier):
                return repeated(started)
            status, content = self.act(request, data, **kwargs)
            text = as_text(content)
            idempotency.finish(started, status, text)
        return answer(status, text, content)

    def data_of(self, request):
        """What was sent: with the address it is what makes two requests the same."""
        return data_of(request)

    def act(self, request, data, **kwargs):
        raise NotImplementedError


def begin(request, key, data):
    try:
        return idempotency.begin(request.user, request.resolver_match.view_name, key, fingerprint(request.path, data))
    except Refused as refused:
        if refused.code == "in_progress":
            raise Problem(409, refused.code, refused.message, headers={"Retry-After": "1"}) from refused
        raise


def repeated(earlier):
    """The first answer, byte for byte."""
    content = json.loads(earlier.answer) if earlier.answer else None
    return answer(earlier.status, earlier.answer, content, {"Idempotency-Replayed": "true"})


def key_of(request, *, required):
    """The Idempotency-Key, or None. Raises Problem 400 `idempotency_key_required` or `invalid_key`."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        if required:
            raise Problem(
                400,
                "idempotency_key_required",
                _("Send an Idempotency-Key header, a fresh one for each thing you do: then it is never done twice."),
            )
        return None
    if not KEY.fullmatch(key):
        text = _("An Idempotency-Key is one header of 1 to 200 printable ASCII characters without commas.")
        raise Problem(400, "invalid_key", text)
    return key


def fingerprint(path, data):
    """A digest of address and content; a file counts by its own hash, which was made while it came in."""
    if hasattr(data, "getlist"):
        data = {name: [getattr(part, "sha256", part) for part in data.getlist(name)] for name in data}
    return sha256(json.dumps([path, data], sort_keys=True).encode()).hexdigest()


def as_text(content):
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def answered(status, content):
    return answer(status, as_text(content), content)


def answer(status, text, content, headers=None):
    """An answer of the API. A claim's version is its ETag as well."""
    response = HttpResponse(text, status=status, content_type="application/json", headers=headers)
    response.headers["Cache-Control"] = "no-store"
    if content and "version" in content:
        response.headers["ETag"] = f'"{content["version"]}"'
    return response
