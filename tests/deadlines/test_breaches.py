"""A decision that comes too late: said in the journal once for each round, and the same however late the job runs."""

from datetime import date, timedelta

import pytest

from claims.actions import appeals, deadlines, decisions, endings, holds, intake, questions
from claims.models import Claim, JournalEntry
from claims.reports.deadlines import deadline_of
from claims.reports.history import events_of
from tests import make
from tests.actions.test_clock import day
from tests.referee import assert_laws_hold

MONDAY = date(2023, 3, 20)
DUE = date(2023, 5, 4)


@pytest.fixture
def claim(anna, incident, rita):
    with day(MONDAY):
        return make.taken(anna, incident, rita)


def test_a_breach_is_recorded_once_however_often_and_late_the_job_runs(claim):
    with day(DUE):
        assert deadlines.record_breaches() == 0
    with day(DUE + timedelta(days=9)):
        assert deadlines.record_breaches() == 1
        assert deadlines.record_breaches() == 0
    with day(DUE + timedelta(days=90)):
        assert deadlines.record_breaches() == 0
    entry = JournalEntry.objects.get(action="overdue")
    assert entry.facts == {"round": 1, "due": "2023-05-04"}
    assert "overdue" not in [event.action for event in events_of(claim, for_staff=False)]
    assert_laws_hold()


def breaches():
    """[(round, day it was due)] of what the journal says was late, oldest first."""
    entries = JournalEntry.objects.filter(action="overdue").order_by("id")
    return [(entry.facts["round"], entry.facts["due"]) for entry in entries]


def late_decision(claim, by, **more):
    with day(DUE + timedelta(days=1)):
        decisions.decide(claim.reference, by=by, outcome="approved", items=make.findings(claim), **more)


def acts(claim):
    return list(JournalEntry.objects.of(claim).values_list("action", flat=True))


def nothing_is_left_to_find():
    with day(DUE + timedelta(days=400)):
        assert deadlines.record_breaches() == 0
    assert_laws_hold()


def test_a_decision_after_its_day_says_so_itself(claim, rita):
    late_decision(claim, rita)
    assert breaches() == [(1, "2023-05-04")]
    assert acts(claim)[-2:] == ["overdue", "decide"]
    nothing_is_left_to_find()


def test_a_signature_after_the_day_says_so_itself(claim, rita, sara):
    with day(DUE):
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), ask_signature=True)
    with day(DUE + timedelta(days=1)):
        decisions.countersign(claim.reference, by=sara)
    assert breaches() == [(1, "2023-05-04")]
    nothing_is_left_to_find()


def test_an_appeal_does_not_wipe_out_that_the_first_decision_was_late(claim, rita, anna, remo):
    late_decision(claim, rita)
    with day(DUE + timedelta(days=2)):
        appeals.appeal(claim.reference, by=anna, grounds="Too late as well")
        assert deadlines.record_breaches() == 0
    assert breaches() == [(1, "2023-05-04")]
    with day(DUE + timedelta(days=90)):  # the clock of the second round is another one
        assert deadlines.record_breaches() == 1
    assert [number for number, _due in breaches()] == [1, 2]
    assert_laws_hold()


def test_a_withdrawn_claim_was_late_before_it_was_withdrawn_and_stays_so_when_reopened(claim, anna, sara):
    with day(DUE + timedelta(days=1)):
        intake.withdraw(claim.reference, by=anna)
    with day(DUE + timedelta(days=2)):
        endings.reopen(claim.reference, by=sara, reason="By mistake")
        assert deadlines.record_breaches() == 0
    assert breaches() == [(1, "2023-05-04")]
    assert acts(claim)[-3:] == ["overdue", "withdraw", "reopen"]


def test_a_deadline_prolonged_too_late_was_missed_all_the_same(claim, sara):
    with day(DUE + timedelta(days=1)):
        deadlines.extend(claim.reference, by=sara, days=15, basis="agreed")
        assert deadlines.record_breaches() == 0
    assert breaches() == [(1, "2023-05-04")]


@pytest.mark.parametrize(("withdrawn", "late"), [(date(2023, 5, 15), []), (date(2023, 5, 16), [(1, "2023-05-15")])])
def test_a_hold_that_no_job_ended_is_over_on_its_day(claim, rita, anna, withdrawn, late):
    """On hold from 28 April to 8 May, six days before the 4th: due on the 14th, a Sunday."""
    with day(date(2023, 4, 28)):
        holds.hold(claim.reference, by=rita, until=date(2023, 5, 8), reason="expert")
    with day(withdrawn):
        intake.withdraw(claim.reference, by=anna)
    assert breaches() == late


@pytest.mark.parametrize(("withdrawn", "late"), [(date(2023, 5, 15), []), (date(2023, 5, 16), [(1, "2023-05-15")])])
def test_a_question_that_no_job_ended_is_over_after_its_day(claim, rita, anna, withdrawn, late):
    """Asked on 28 April, to be answered by 8 May: the clock runs again from the 9th."""
    with day(date(2023, 4, 28)):
        questions.ask(claim.reference, by=rita, items=["Why"], days=10)
    with day(withdrawn):
        intake.withdraw(claim.reference, by=anna)
    assert breaches() == late


def test_a_claim_that_waits_is_not_late_however_long(claim, rita, anna):
    with day(date(2023, 4, 28)):
        holds.hold(claim.reference, by=rita, until=date(2023, 7, 20), reason="expert")
    with day(date(2023, 7, 19)):
        intake.withdraw(claim.reference, by=anna)
    assert breaches() == []


def test_a_decision_in_time_is_no_breach(claim, rita):
    with day(DUE):
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    with day(DUE + timedelta(days=30)):
        assert deadlines.record_breaches() == 0


@pytest.mark.parametrize(("reason", "overdue"), [("expert", False), ("workload", True)])
def test_a_clock_that_stands_still_is_never_overdue(claim, rita, sara, reason, overdue):
    with day(date(2023, 4, 28)):
        holds.hold(claim.reference, by=rita, until=date(2023, 6, 20), reason=reason)
    with day(date(2023, 6, 1)):
        assert Claim.objects.overdue(date(2023, 6, 1)).exists() is overdue
        assert deadlines.record_breaches() == overdue
        claim.refresh_from_db()
        assert deadline_of(claim).overdue is overdue
