"""The words of reasons: every change is a new version, so that old decisions keep the words they were made with."""

import re

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from claims.actions import journal, rights
from claims.models import ReasonText
from claims.rules import permissions
from claims.rules.errors import Collected, Refused
from claims.rules.text import DESCRIPTION, LINE, clean_line, clean_text

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
STAFF, CLAIMANT = ("staff_it", "staff_en"), ("claimant_it", "claimant_en")


@transaction.atomic
def write_reason(code, *, by, version=0, retired=False, **texts):
    """Writes the next version of the reason `code`: {staff_it, staff_en, claimant_it, claimant_en}.

    `version` is the one it was written from, 0 for a new reason; a `retired` one is no longer offered but still
    explains what was decided with it. Returns the ReasonText. Raises Refused: 403 for all but managers, 409 `stale`
    when somebody wrote a version in the meantime, 422 at the text that is not right.
    """
    permissions.require(permissions.may_word_reasons(by))
    check_code(code)
    journal.lock(chain_of(code))
    rights.look_again(by)
    permissions.require(permissions.may_word_reasons(by))
    last = ReasonText.objects.filter(code=code).order_by("-version").first()
    if version != (last.version if last else 0):
        raise Refused(
            "stale", _("Somebody changed this reason in the meantime. Look at it again before you go on."), status=409
        )
    made = ReasonText.objects.create(
        code=code, version=version + 1, retired=retired, written_by=by, **clean_texts(texts)
    )
    action = "retire" if retired else "write"
    journal.record(chain_of(code), action, by=by, facts={"version": made.version}, chain_locked=True)
    return made


def chain_of(code):
    return f"reason:{code}"


def check_code(code):
    if not isinstance(code, str) or len(code) > 40 or not CODE.fullmatch(code):
        raise Refused(
            "invalid_code", _("A code has small letters, digits and single underscores, at most 40."), field="code"
        )


def clean_texts(texts):
    """The four texts as they are stored. Raises one Refused with everything that is wrong."""
    problems, cleaned = Collected(), {}
    for name in (*STAFF, *CLAIMANT):
        try:
            text = texts.get(name, "")
            if name in STAFF:
                cleaned[name] = clean_line(text, field=name, limit=LINE)
            else:
                cleaned[name] = clean_text(text, field=name, limit=DESCRIPTION)
        except Refused as refused:
            problems.add(refused)
    problems.raise_if_any()
    return cleaned
