"""If-Match: a change is made only to the version that the caller saw."""

import re
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from claims.api.problems import Problem
from claims.rules.errors import Refused

VERSION = re.compile(r'"([0-9]{1,9})"|([0-9]{1,9})', re.ASCII)


def if_match(request, *, required=False):
    """The version in If-Match, or None. Raises Problem 428 where it is missing or `*`, 400 for anything else."""
    text = request.META.get("HTTP_IF_MATCH", "").strip()
    if not text and not required:
        return None
    if text in ("", "*"):
        raise Problem(
            428, "precondition_required", _("Send the version you saw as If-Match: it is in the ETag of the claim.")
        )
    match = VERSION.fullmatch(text)
    if not match:
        raise Problem(400, "invalid_if_match", _('If-Match is one version, such as "3".'))
    return int(match[1] or match[2])


@contextmanager
def only_if(version):
    """A claim that changed since answers 412 when the caller said which version it saw."""
    try:
        yield
    except Refused as refused:
        if refused.code == "stale" and version is not None:
            raise Problem(412, refused.code, refused.message) from refused
        raise
