"""The referee finds decisions over a checklist that is open, that is not there, or that was changed after them."""

import pytest

from claims.models import Check
from tests import make
from tests.reports.test_referee import broken, plant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def decided(anna, incident, rita):
    claim = make.decided(anna, incident, rita)
    assert "L16" not in broken()
    return claim


def test_l16_a_decision_over_an_open_check(decided):
    plant("UPDATE claims_check SET result = 'open' WHERE claim_id = %s AND code = 'harm'", decided.pk)
    assert broken()["L16"] == [f"{decided.reference}, round 1: decided with 1 open checks"]


def test_l16_a_decision_without_a_checklist(decided):
    plant("DELETE FROM claims_check WHERE claim_id = %s", decided.pk)
    assert broken()["L16"] == [f"{decided.reference}, round 1: decided without a checklist"]


def test_l16_a_decision_from_before_there_were_checklists_needs_none(decided):
    plant("DELETE FROM claims_check WHERE claim_id = %s", decided.pk)
    plant("UPDATE claims_decision SET made_at = '2023-05-01' WHERE claim_id = %s", decided.pk)
    assert "L16" not in broken()


def test_l16_a_checklist_changed_after_the_decision(decided):
    assert Check.objects.filter(by=None).count() == 0
    plant("UPDATE claims_check SET at = now() + interval '1 hour' WHERE claim_id = %s AND code = 'harm'", decided.pk)
    assert broken()["L16"] == [f"{decided.reference}, round 1: its checklist was changed after the decision"]


def test_l16_a_decision_that_was_taken_back_does_not_count(decided):
    plant("UPDATE claims_decision SET state = 'void' WHERE claim_id = %s", decided.pk)
    plant("UPDATE claims_check SET result = 'open' WHERE claim_id = %s", decided.pk)
    assert "L16" not in broken()
