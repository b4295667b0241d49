"""The checklist of a round: what the data find is stored with what people answer, and nobody decides before it is
complete."""

import json

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claims.actions import lifecycle
from claims.reports.checking import facts_of
from claims.rules import checks, permissions
from claims.rules.errors import Refused
from claims.rules.statuses import LABELS, WITH_REVIEWER
from claims.rules.text import NOTE, clean_text

# What a person answered is never overwritten; what the data say beside it is.
FILL_IN = """
    INSERT INTO claims_check AS standing (claim_id, round, code, result, note, automatic, evidence, at)
    SELECT %(claim)s, %(round)s, code, result, '', result <> 'open', evidence, %(now)s
    FROM json_to_recordset(%(rows)s) AS found (code text, result text, evidence jsonb)
    ON CONFLICT (claim_id, round, code) DO UPDATE SET
        evidence = excluded.evidence,
        result = CASE WHEN standing.by_id IS NULL THEN excluded.result ELSE standing.result END,
        automatic = standing.by_id IS NULL AND excluded.automatic,
        at = CASE WHEN standing.by_id IS NULL THEN excluded.at ELSE standing.at END
"""


def prefill(claim):
    """Stores what the data find for every check that a locked claim needs in its round; {code: Check}."""
    found = checks.proposals(facts_of(claim))
    rows = [
        {"code": code, "result": each.result, "evidence": {"finds": each.finds, **each.evidence}}
        for code, each in found.items()
    ]
    values = {"claim": claim.pk, "round": claim.round, "now": timezone.now(), "rows": json.dumps(rows)}
    with connection.cursor() as cursor:
        cursor.execute(FILL_IN, values)
    return {check.code: check for check in claim.checks.filter(round=claim.round, code__in=found)}


@transaction.atomic
def record(reference, *, by, entries, version=None):
    """Stores what the reviewer of a claim found; returns the claim.

    `entries`: {code, result (pass, fail, not_applicable), note} each. A fail needs a note, and so does what says
    otherwise than the data. Raises Refused: 403 for all others, 409 `illegal_move` once it is decided or `stale`,
    422 at the entry that is not right.
    """
    claim = lifecycle.locked(reference, by=by, version=version)
    permissions.require(permissions.may_decide(by, claim))
    if claim.state not in WITH_REVIEWER:
        message = _("The checklist stays as it is: the claim is “%(status)s”.") % {"status": LABELS[claim.state]}
        raise Refused("illegal_move", message, status=409)
    rows = prefill(claim)
    finds = {code: check.evidence["finds"] for code, check in rows.items()}
    answers = checks.check_entries(entries, finds, clean=clean_note)
    changes, notes, now = {}, [], timezone.now()
    for code, result, note in answers:
        check = rows[code]
        if check.by_id is not None and (check.result, check.note) == (result, note):
            continue
        changes[code] = [check.result, result]
        notes += [f"{code}: {note}"] if note else []
        check.result, check.note, check.by, check.at, check.automatic = result, note, by, now, False
        check.save(update_fields=["result", "note", "by", "at", "automatic"])
    if not changes:
        return claim
    return lifecycle.touch(claim, by=by, action="check", facts={"checks": changes}, words="\n".join(notes))


def clean_note(text, *, field):
    return clean_text(text, field=field, limit=NOTE, required=False)


def demand(claim):
    """Stores what the data find now; raises Refused 422 `checklist_incomplete` if a check of the round is open."""
    checks.check_complete({code: check.result for code, check in prefill(claim).items()})
