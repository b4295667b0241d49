"""Putting a claim on hold, and its coming back: on its day, late, early, or with two hands at once."""

from datetime import date, timedelta

import pytest

from claims.actions import clock, deadlines, decisions, holds, intake, review
from claims.models import Claim, Hold, JournalEntry
from claims.rules.errors import Refused
from tests import make
from tests.actions.test_clock import day
from tests.referee import assert_laws_hold

MONDAY = date(2023, 3, 20)


@pytest.fixture
def claim(anna, incident, rita):
    with day(MONDAY):
        return make.taken(anna, incident, rita)


def hold(claim, by, *, on=date(2023, 4, 3), until=date(2023, 4, 18), reason="expert", **more):
    with day(on):
        return holds.hold(claim.reference, by=by, until=until, reason=reason, **more)


def refused(act):
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.status, caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (date(2023, 4, 2), "until_too_early"),
        (date(2023, 4, 3), "until_too_early"),
        (date(2023, 7, 3), "until_too_late"),
        (date(2028, 4, 3), "until_too_late"),
    ],
)
def test_i_28_a_hold_ends_on_a_day_to_come_and_not_in_years(claim, rita, until, code):
    assert refused(lambda: hold(claim, rita, until=until)) == (422, code, "until")
    assert not Hold.objects.exists()


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_it_needs_a_reason(claim, rita, reason):
    assert refused(lambda: hold(claim, rita, reason=reason)) == (422, "required", "reason")


def test_only_the_reviewer_who_has_it_or_a_supervisor_may(claim, anna, remo, sara, mara, rita):
    for person, answer in (
        (remo, (403, "not_assignee", None)),
        (mara, (403, "not_assignee", None)),
        (anna, (403, "own_claim", None)),
    ):
        assert refused(lambda person=person: hold(claim, person)) == answer
    assert hold(claim, sara).status == "on_hold"
    assert refused(lambda: holds.resume(claim.reference, by=remo)) == (403, "not_assignee", None)
    with day(date(2023, 4, 4)):
        assert holds.resume(claim.reference, by=rita).status == "in_review"


def test_only_a_claim_in_review_can_wait(claim, rita, anna, incident):
    hold(claim, rita)
    assert refused(lambda: hold(claim, rita, on=date(2023, 4, 4)))[:2] == (409, "illegal_move")
    free = make.submitted(anna, incident)
    assert refused(lambda: hold(free, rita))[:2] == (403, "not_assignee")


def test_one_on_hold_is_not_decided_nor_ended_twice(claim, rita):
    assert refused(lambda: holds.resume(claim.reference, by=rita))[:2] == (409, "illegal_move")
    hold(claim, rita)
    answer = refused(lambda: decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim)))
    assert answer[:2] == (409, "illegal_move")
    with day(date(2023, 4, 5)):
        holds.resume(claim.reference, by=rita)
    assert refused(lambda: holds.resume(claim.reference, by=rita))[:2] == (409, "illegal_move")


@pytest.mark.parametrize(
    ("reason", "stored", "pauses"),
    [
        ("court", "court", True),
        ("expert", "expert", True),
        ("third_party", "third_party", True),
        ("workload", "workload", False),
        ("The lawyer is on holiday", "workload", False),
    ],
)
def test_the_clock_stands_still_only_if_the_terms_let_this_reason_stop_it(claim, rita, reason, stored, pauses):
    hold(claim, rita, reason=reason)
    kept = Hold.objects.get()
    assert (kept.reason, kept.pauses) == (stored, pauses)
    assert clock.running(clock.ledger_of(claim)) is not pauses
    assert_laws_hold()


def test_own_words_are_kept_for_colleagues_only(claim, rita):
    hold(claim, rita, reason="The lawyer is on holiday", note="Back on Monday")
    entry = JournalEntry.objects.of(claim).last()
    assert entry.words() == "The lawyer is on holiday\nBack on Monday"
    assert "lawyer" not in str(entry.facts)


def test_it_comes_back_on_its_day_and_the_days_do_not_count(claim, rita):
    hold(claim, rita)
    with day(date(2023, 4, 17)):
        assert holds.end_holds() == 0
    with day(date(2023, 4, 18)):
        assert holds.end_holds() == 1
        assert holds.end_holds() == 0
    claim.refresh_from_db()
    assert (claim.status, claim.due, claim.assigned_to) == ("in_review", date(2023, 5, 19), rita)
    assert claim.holds.get().ended_at is not None
    assert_laws_hold()


@pytest.mark.parametrize("late", [0, 1, 12, 200])
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_job_that_missed_its_nights_changes_nothing_in_what_is_due(claim, rita, late, by_hand):
    hold(claim, rita)
    with day(date(2023, 4, 18) + timedelta(days=late)):
        if by_hand:
            holds.resume(claim.reference, by=rita)
        else:
            holds.end_holds()
    claim.refresh_from_db()
    assert claim.due == date(2023, 5, 19)
    assert_laws_hold()


def test_an_extension_between_its_day_and_the_late_job_does_not_make_it_longer(claim, rita, sara):
    hold(claim, rita)
    with day(date(2023, 4, 25)):
        deadlines.extend(claim.reference, by=sara, days=5, basis="agreed")
    with day(date(2023, 4, 26)):
        assert holds.end_holds() == 1
    claim.refresh_from_db()
    assert claim.due == date(2023, 5, 24)  # 19 May and five days
    assert_laws_hold()


def test_ending_it_early_gives_back_the_days_that_were_not_needed(claim, rita):
    hold(claim, rita, until=date(2023, 6, 1))
    with day(date(2023, 4, 18)):
        assert holds.resume(claim.reference, by=rita).due == date(2023, 5, 19)


def test_a_claim_that_is_taken_back_leaves_no_open_hold(claim, rita, anna):
    hold(claim, rita)
    with day(date(2023, 4, 5)):
        intake.withdraw(claim.reference, by=anna)
    assert claim.holds.get().ended_at is not None
    with day(date(2023, 5, 5)):
        assert holds.end_holds() == 0
    assert_laws_hold()


def test_many_are_ended_in_batches(anna, incident, rita):
    for _number in range(3):
        with day(MONDAY):
            held = make.taken(anna, incident, rita)
        hold(held, rita)
    with day(date(2023, 4, 20)):
        assert [holds.end_holds(size=2) for _turn in range(3)] == [2, 1, 0]


def test_a_hold_leaves_the_claim_on_its_desk(claim, rita, remo):
    hold(claim, rita)
    assert review.take_next(by=remo) is None
    assert Claim.objects.get().assigned_to == rita
