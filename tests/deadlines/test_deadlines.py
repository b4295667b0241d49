"""Prolonging, reminding and escalating: once each, and the same however late the job runs."""

from datetime import date, timedelta

import pytest

from accounts.models import User
from claims.actions import deadlines, holds, mails
from claims.models import Hold, Notice
from claims.reports.deadlines import deadline_of
from claims.reports.history import events_of
from claims.rules.errors import Refused
from claims.rules.holding import HOLD_REASONS
from tests import make
from tests.actions.test_clock import day
from tests.referee import assert_laws_hold

MONDAY = date(2023, 3, 20)
DUE = date(2023, 5, 4)


@pytest.fixture
def claim(anna, incident, rita):
    with day(MONDAY):
        return make.taken(anna, incident, rita)


def refused(act):
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.status, caught.value.code


def extend(claim, by, *, on=date(2023, 4, 3), days=15, basis="complex_case", **more):
    with day(on):
        return deadlines.extend(claim.reference, by=by, days=days, basis=basis, **more)


@pytest.mark.parametrize("days", [0, -1, 91, 10**9, True, 1.5, "15", None])
def test_i_28_a_deadline_is_prolonged_by_1_to_90_days(claim, sara, days):
    assert refused(lambda: extend(claim, sara, days=days)) == (422, "invalid_days")
    assert claim.clock_events.count() == 1


def test_it_rests_on_something(claim, sara):
    assert refused(lambda: extend(claim, sara, basis="because")) == (422, "unknown_basis")


def test_only_a_supervisor_prolongs_and_not_in_an_own_case(claim, rita, mara, anna, incident):
    assert refused(lambda: extend(claim, rita)) == (403, "wrong_role")
    assert refused(lambda: extend(claim, mara)) == (403, "wrong_role")
    both = make.person("tina", "claimant", "supervisor")
    make.customer(incident, "tina@libero.example")
    own = make.submitted(both, incident, login="tina@libero.example")
    assert refused(lambda: extend(own, both)) == (403, "own_claim")


def test_nothing_decided_is_prolonged(anna, incident, rita, sara):
    decided = make.decided(anna, incident, rita)
    assert refused(lambda: deadlines.extend(decided.reference, by=sara, days=5, basis="agreed")) == (
        409,
        "illegal_move",
    )


def test_the_claimant_is_told_each_time_and_reads_why(claim, sara):
    User.objects.filter(pk=claim.claimant_id).update(language="en")
    assert extend(claim, sara).due == date(2023, 5, 19)
    assert extend(claim, sara, on=date(2023, 4, 4), days=5).due == date(2023, 5, 24)
    first, second = Notice.objects.filter(kind="deadline_extended").order_by("id")
    assert first.recipient == claim.claimant
    subject, text, html = mails.contents(first)
    assert claim.reference in subject
    assert "19 May 2023" in text
    assert "unusually complex" in text
    assert "19 May 2023" in html
    assert "24 May 2023" in mails.contents(second)[1]
    assert [event.action for event in events_of(claim, for_staff=False)][-2:] == ["extend", "extend"]
    assert_laws_hold()


def test_a_note_stays_inside(claim, sara):
    extend(claim, sara, note="Rita was ill")
    assert events_of(claim, for_staff=True)[-1].note == "Rita was ill"
    assert events_of(claim, for_staff=False)[-1].note == ""


def test_the_reviewer_is_reminded_once_for_each_date(claim, rita, sara):
    with day(date(2023, 4, 30)):
        assert deadlines.remind() == 0
    with day(date(2023, 5, 2)):
        assert deadlines.remind() == 1
        assert deadlines.remind() == 0
    reminder = Notice.objects.get(kind="decision_due")
    assert (reminder.recipient, reminder.address) == (rita, rita.email)
    subject, text, _html = mails.contents(reminder)
    assert "4 May 2023" in subject
    assert f"/admin/cases/{claim.reference}/" in text
    extend(claim, sara, on=date(2023, 5, 3))
    with day(date(2023, 5, 17)):
        assert deadlines.remind() == 1
    assert_laws_hold()


def test_nobody_is_reminded_of_what_waits_or_of_what_is_late_already(claim, rita):
    with day(DUE + timedelta(days=1)):
        assert deadlines.remind() == 0
    with day(date(2023, 5, 2)):
        holds.hold(claim.reference, by=rita, until=date(2023, 6, 20), reason="court")
        assert deadlines.remind() == 0


def test_reminders_come_in_batches(anna, incident, rita):
    for _number in range(3):
        with day(MONDAY):
            make.taken(anna, incident, rita)
    with day(date(2023, 5, 3)):
        assert [deadlines.remind(size=2) for _turn in range(3)] == [2, 1, 0]


def test_supervisors_hear_once_a_day_of_what_is_late_and_of_what_nobody_took(claim, anna, incident, sara):
    with day(date(2023, 3, 25)):
        free = make.submitted(anna, incident)
    with day(DUE):
        assert deadlines.escalate() == 0
    with day(date(2023, 5, 7)):
        assert deadlines.escalate() == 1
        assert deadlines.escalate() == 0
    notice = Notice.objects.get(kind="escalation")
    assert notice.recipient == sara
    for part in mails.contents(notice)[1:]:
        assert claim.reference in part
        assert free.reference in part
    with day(date(2023, 5, 8)):
        assert deadlines.escalate() == 1
    assert_laws_hold()


def test_both_sides_read_the_days_used_and_paused(claim, rita):
    with day(date(2023, 4, 3)):
        holds.hold(claim.reference, by=rita, until=date(2023, 4, 18), reason="court")
    with day(date(2023, 4, 20)):
        claim.refresh_from_db()
        before = deadline_of(claim)  # the job that ends holds has not run yet
        holds.end_holds()
        claim.refresh_from_db()
        after = deadline_of(claim)
    assert before.clock == after.clock
    assert (after.clock.used, after.clock.paused, after.clock.due) == (16, 15, date(2023, 5, 19))
    assert [str(line.why) for line in after.lines][1:] == [
        "A court or an authority decides first",
        "The hold is over",
    ]


def test_a_draft_has_no_deadline(anna, incident, django_assert_num_queries):
    draft = make.draft(anna, incident)
    with django_assert_num_queries(1):
        assert deadline_of(draft) is None


def test_every_reason_of_a_hold_can_be_stored_and_has_the_same_words():
    assert {code: str(label) for code, label in Hold.Reason.choices} == {
        code: str(label) for code, label in HOLD_REASONS.items()
    }
