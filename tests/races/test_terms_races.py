"""Two managers write, and answer, the terms of one incident at the same time: one of them, and nothing is lost."""

import re
from functools import partial

import pytest

from claims.actions import terms
from claims.models import IncidentTerms, JournalEntry, TermsDraft
from claims.rules.terms import Terms
from tests import make
from tests.races.together import at_once, split

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]
INCIDENT = re.compile(r'\s*SELECT "claims_incident"\."id"')
CODE = "libero-2023"


def save(by, days, revision):
    return partial(terms.save, CODE, by=by, terms=Terms(appeal_days=days), revision=revision)


def test_two_managers_begin_save_propose_and_approve_at_once(mara, marco, tally):
    """Each step is done once; who comes second hears that somebody was there."""
    tally.tried("terms written by two at once")
    make.incident()
    moritz = make.person("moritz", "manager")
    for revision in (0, 1, 2):
        both = at_once(save(mara, 40 + revision, revision), save(marco, 60 + revision, revision), moment=INCIDENT)
        done, refused = split(both)
        assert ([each.revision for each in done], refused) == ([revision + 1], [(409, "stale")])
    assert TermsDraft.objects.get().rules.appeal_days == done[0].rules.appeal_days
    proposing = [partial(terms.propose, CODE, by=mara, revision=3, reason=reason) for reason in ("One", "Two")]
    done, refused = split(at_once(*proposing, moment=INCIDENT))
    assert (len(done), refused) == (1, [(409, "illegal_move")])
    answers = [
        partial(terms.approve, CODE, by=marco, draft_id=done[0].pk),
        partial(terms.reject, CODE, by=moritz, draft_id=done[0].pk, note="No"),
    ]
    done, refused = split(at_once(*answers, moment=INCIDENT))
    assert (len(done), refused) == (1, [(409, "no_draft")])
    assert IncidentTerms.objects.count() == 1 + (done[0].state == "approved")
    assert JournalEntry.objects.filter(action__in=("approve terms", "reject terms")).count() == 1
    tally.held("terms written by two at once")
