"""What a reviewer had begun to write as a decision ends with the reviewer's part in the claim."""

import pytest

from claims.actions import decisions, drafting, intake, review
from claims.models import DecisionDraft
from tests import make


@pytest.fixture
def begun(anna, incident, rita):
    claim = make.taken(anna, incident, rita)
    drafting.save_draft(claim.reference, by=rita, values={"note": ["As far as I see"]})
    return claim


def leave(claim, how, *, rita, sara, remo):
    if how == "withdrawn":
        intake.withdraw(claim.reference, by=claim.claimant)
    elif how == "released":
        review.release(claim.reference, by=rita)
    elif how == "handed over":
        review.assign(claim.reference, by=sara, to=remo)
    else:
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))


@pytest.mark.parametrize("how", ["withdrawn", "released", "handed over", "decided"])
def test_the_draft_is_gone_when_the_claim_leaves_the_desk(begun, rita, sara, remo, how):
    leave(begun, how, rita=rita, sara=sara, remo=remo)
    assert not DecisionDraft.objects.exists()


def test_the_draft_stays_while_the_claim_does(begun, rita):
    drafting.save_draft(begun.reference, by=rita, values={"note": ["As far as I can see"]})
    assert DecisionDraft.objects.get().values == {"note": ["As far as I can see"]}
