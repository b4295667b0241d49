"""What people see when a request goes wrong outside of a view: a page, or a problem document under /api/."""

import logging
import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import JsonResponse
from django.shortcuts import render

log = logging.getLogger(__name__)

TEXTS = {
    400: ("bad_request", "Bad request", "The request could not be read."),
    403: ("forbidden", "Forbidden", "You may not do this."),
    404: ("not_found", "Not found", "There is nothing at this address."),
    413: ("too_large", "Content too large", "This request is larger than we take."),
    500: ("internal_error", "Internal error", "Something went wrong on our side. Nothing was stored."),
    503: (
        "database_away",
        "Service unavailable",
        "The database does not answer. Nothing was stored; send the same request again in a moment.",
    ),
}


def answer(request, status, headers=None):
    """A problem document (RFC 9457) for the API, a page in the person's language for everybody else."""
    if request.path.startswith("/api/"):
        code, title, detail = TEXTS[status]
        problem = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "code": code,
            "detail": detail,
            "errors": [],
        }
        return JsonResponse(problem, status=status, headers=headers, content_type="application/problem+json")
    response = render(request, f"{status}.html", status=status)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def bad_request(request, exception=None):
    return answer(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request, exception=None):
    return answer(request, 403)


def not_found(request, exception=None):
    return answer(request, 404)


def server_error(request):
    """500; or 503 with Retry-After when it was PostgreSQL that did not answer."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        log.error("PostgreSQL did not answer: %s", sys.exc_info()[0].__name__)
        return answer(request, 503, {"Retry-After": "5"})
    return answer(request, 500)
