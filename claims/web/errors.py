"""What a form that was open too long gets back: its own text, and another try."""

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import UnreadablePostError
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import render

from claims.web.kept import typed

UNSEEN = ("next", "opened", "website")  # fields of our forms that nobody types: sent again, but not shown
REFUSED_BODY = (RequestDataTooBig, SuspiciousOperation, UnreadablePostError)


def csrf_failure(request, reason=""):
    """403 that shows all that was typed but passwords and tokens, and offers to send it again."""
    try:
        post = request.POST
    except REFUSED_BODY:
        return render(request, "403_csrf.html", {"text": [], "whole": False}, status=403)
    if getattr(request, "upload_problem", None):  # the body was too large to be read, its token too
        return render(request, "413.html", status=413)
    text = typed(post)
    whole = bool(text) and not request.FILES and len(text) == sum(len(v) for k, v in post.lists() if "csrf" not in k)
    foreign = request.headers.get("Origin", "") if reason.startswith(REASON_BAD_ORIGIN.partition("%")[0]) else ""
    seen = [(name, value) for name, value in text if value.strip() and name not in UNSEEN]
    context = {"text": text, "seen": seen, "whole": whole, "foreign": foreign}
    return render(request, "403_csrf.html", context, status=403)
