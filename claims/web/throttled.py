"""Forms that anybody may send, and how often: too many answers 429 with clear words."""

from math import ceil

from django.shortcuts import render

from accounts.throttling import wait


def too_many(request, scope, *, limit, seconds):
    """The 429 page (htmx: a fragment of it) if this address has tried too often, else None. Counts the try."""
    pause = wait(scope, request.META["REMOTE_ADDR"], limit=limit, seconds=seconds)
    if not pause:
        return None
    template = "parts/too_many.html" if request.htmx else "429.html"
    context = {"seconds": pause, "minutes": ceil(pause / 60)}
    response = render(request, template, context, status=429)
    response.headers["Retry-After"] = str(pause)
    return response
