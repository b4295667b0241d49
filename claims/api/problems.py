"""Every error of the API as a problem document (RFC 9457). Nothing about our insides leaves here."""

import json
import logging

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled
from rest_framework import exceptions

from claims.rules.errors import Refused
from evidence.errors import FileRefused

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: _("Bad request"),
    401: _("Sign-in needed"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Not acceptable"),
    409: _("Conflict"),
    410: _("Gone"),
    411: _("Length required"),
    412: _("Changed in the meantime"),
    413: _("Too large"),
    415: _("Kind of content not accepted"),
    422: _("Something needs to be corrected"),
    423: _("Locked"),
    428: _("Condition required"),
    429: _("Too many requests"),
    460: _("Checksum mismatch"),
    503: _("Not available at the moment"),
    507: _("No room"),
}
# DRF's own errors, by class; the first that fits.
CODES = (
    (exceptions.ParseError, "malformed_request"),
    (exceptions.AuthenticationFailed, "invalid_token"),
    (exceptions.NotAuthenticated, "token_required"),
    (exceptions.PermissionDenied, "wrong_role"),
    (exceptions.NotFound, "not_found"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "too_many_requests"),
)
AWAY = _("The database does not answer. Nothing was stored; send the same request again in a moment.")
SLOW = _("This search takes too long. Search for a longer or more exact text.")
BUSY = _("Somebody else is changing the same thing. Nothing was stored; send the same request again in a moment.")


class Problem(Exception):
    """An error that only the API knows: `status`, `code`, `detail`, and headers to go with it."""

    def __init__(self, status, code, detail, *, field=None, headers=None):
        super().__init__(code)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers or {}
        self.errors = [(field, code, detail)] if field else []


def handle(exception, context):
    """The problem document for `exception`; None for what is a fault of ours: config.errors answers that."""
    if isinstance(exception, Problem):
        return document(exception.status, exception.code, exception.detail, exception.errors, exception.headers)
    if isinstance(exception, Refused):
        return document(exception.status, exception.code, exception.message, exception.errors)
    if isinstance(exception, FileRefused):
        errors = [("file", exception.code, exception.message)]
        return document(exception.status, exception.code, exception.message, errors)
    if isinstance(exception, exceptions.ValidationError):
        errors = list(flattened(exception.detail))
        return document(422, errors[0][1], errors[0][2], errors)
    if isinstance(exception, exceptions.APIException):
        return of_rest_framework(exception)
    if isinstance(exception, Http404):
        return document(404, "not_found", _("There is nothing at this address."))
    if isinstance(exception, PermissionDenied):
        return document(403, "wrong_role", _("Your role does not allow this."))
    if isinstance(exception, RequestDataTooBig):
        return document(413, "too_large", _("The request is too large."))
    if isinstance(exception, TooManyFieldsSent | SuspiciousOperation):
        return document(400, "malformed_request", _("The request could not be read."))
    if isinstance(exception, OperationalError | InterfaceError):
        return of_database(exception)
    return None


def of_rest_framework(exception):
    code = next((code for kind, code in CODES if isinstance(exception, kind)), "error")
    headers = {}
    if header := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(exception.wait))
    return document(exception.status_code, code, exception.detail, headers=headers)


def of_database(exception):
    """503 with the time to come back; nothing was stored."""
    log.error("PostgreSQL: %s", type(exception.__cause__ or exception).__name__)
    if isinstance(exception.__cause__, QueryCanceled):
        return document(503, "too_slow", SLOW, headers={"Retry-After": "5"})
    if isinstance(exception.__cause__, LockNotAvailable | DeadlockDetected):
        return document(503, "busy", BUSY, headers={"Retry-After": "1"})
    return document(503, "database_away", AWAY, headers={"Retry-After": "5"})


def document(status, code, detail, errors=(), headers=None):
    content = {
        "type": "about:blank",
        "title": str(TITLES.get(status, _("Error"))),
        "status": status,
        "detail": str(detail),
        "code": code,
        "errors": [
            {"field": printable(field), "code": each_code, "message": str(message)}
            for field, each_code, message in errors
        ],
    }
    headers = {"Retry-After": "60", **(headers or {})} if status == 503 else headers or {}
    text = json.dumps(content, ensure_ascii=False)
    return HttpResponse(text, status=status, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", **headers})


def printable(field):
    """The name of a field, which may be one somebody invented: bounded, and without what no answer can hold."""
    return None if field is None else str(field)[:100].encode("utf-8", "replace").decode()


# What DRF calls its checks, in the words of the rules.
WORDS = {
    "blank": "required",
    "null": "required",
    "empty": "required",
    "max_length": "too_many_items",
    "invalid_choice": "unknown_value",
    "not_a_list": "invalid_list",
    "invalid": "invalid_value",
}


def flattened(detail, path=""):
    """(field, code, message) for every error in DRF's nested detail: items.1.amount, not {"items": [{}, …]}."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            own = key == "non_field_errors"
            yield from flattened(value, path if own else f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list):
        for position, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from flattened(value, f"{path}.{position}" if nested else path)
    else:
        yield path or None, WORDS.get(detail.code, detail.code), detail
