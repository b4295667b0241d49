"""Handing over all of one reviewer's cases, taking that back, and noting who is away."""

from datetime import date, timedelta

import pytest

from claims.actions import absence, clearing, clock, decisions, holds, journal, questions, review
from claims.models import Absence, Claim, Clearing, JournalEntry
from claims.reports import desks
from claims.rules.sharing import share
from tests import make


@pytest.fixture
def desk(incident, rita):
    """desk(3) is so many claims of as many people on rita's desk."""
    numbers = iter(range(1000))

    def fill(count):
        people = [make.person(f"claimant{next(numbers)}", "claimant") for _ in range(count)]
        return [make.taken(person, incident, rita) for person in people]

    return fill


def planned(by, person, *receivers):
    return desks.plan(person, receivers, by=by, today=clock.today())


def carry_out(by, person, *receivers):
    moves = {claim.reference: to for claim, to in planned(by, person, *receivers).moves}
    return clearing.clear_desk(person.pk, by=by, moves=moves, note="Rita is away.")


def now(*claims):
    return [Claim.objects.get(pk=claim.pk) for claim in claims]


def test_only_a_supervisor_or_the_reviewer_clears_a_desk(desk, rita, remo, mara, anna, sara, refused):
    [claim] = desk(1)
    for person in (remo, mara, anna):
        with refused(403, "wrong_role"):
            clearing.clear_desk(rita.pk, by=person, moves={claim.reference: remo}, note="Away.")
    with refused(404, "not_found"):
        clearing.clear_desk(987654, by=sara, moves={claim.reference: remo}, note="Away.")
    with refused(422, "required", "note"):
        clearing.clear_desk(rita.pk, by=rita, moves={claim.reference: remo}, note="")
    assert len(carry_out(rita, rita, remo).moved) == 1


def test_all_of_a_desk_goes_to_one_colleague_whatever_it_waits_for(desk, rita, remo, sara, acts, told):
    working, held, asked = claims = desk(3)
    holds.hold(held.reference, by=rita, until=clock.today() + timedelta(days=9), reason="expert")
    questions.ask(asked.reference, by=rita, items=["The contract"])
    before = [(len(acts(claim)), told(claim)) for claim in claims]
    assert len(carry_out(sara, rita, remo).moved) == 3
    assert [(claim.status, claim.assigned_to) for claim in now(*claims)] == [
        ("in_review", remo),
        ("on_hold", remo),
        ("information_requested", remo),
    ]
    assert [(len(acts(claim)) - 1, told(claim)) for claim in claims] == before
    entry = JournalEntry.objects.filter(chain=f"claim:{working.pk}").last()
    assert (entry.action, entry.actor, entry.facts) == ("hand over", sara, {"to": remo.pk})
    assert journal.words_of(entry) == "Rita is away."
    assert not rita.assigned_claims.exists()


def test_several_colleagues_share_evenly_and_nobody_gets_what_they_may_not_have(desk, rita, remo, sara, incident):
    desk(6)
    kin = make.taken(make.person("carla", "claimant", second_email=remo.email), incident, rita)
    plan = planned(sara, rita, remo, sara)
    got = [to for _claim, to in plan.moves]
    assert sorted([got.count(remo), got.count(sara)]) == [3, 4]
    assert (kin, sara) in plan.moves
    assert not plan.kept


def test_shares_differ_by_one_at_most_and_what_nobody_may_have_is_left():
    shared = share(range(11), "abc", lambda receiver, case: case != 10 and (receiver != "a" or case > 5))
    counts = [[receiver for _case, receiver in shared].count(each) for each in "abc"]
    assert sorted(counts) == [3, 3, 4]
    assert shared[10] == (10, None)
    assert share([], "a", None) == []


def test_what_the_colleague_is_barred_from_is_named_with_the_reason_and_stays(desk, rita, remo, sara, incident):
    [plain] = desk(1)
    kin = make.taken(make.person("carla", "claimant", second_email=remo.email), incident, rita)
    [(kept, why)] = planned(sara, rita, remo).kept
    assert (kept, why.startswith("Remo: Nobody works on")) == (kin, True)
    moves = {plain.reference: remo, kin.reference: remo}
    cleared = clearing.clear_desk(rita.pk, by=sara, moves=moves, note="Away.")
    assert [claim.pk for claim, _to in cleared.moved] == [plain.pk]
    assert [(claim.pk, refused.code) for claim, refused in cleared.kept] == [(kin.pk, "same_household")]
    assert Claim.objects.get(pk=kin.pk).assigned_to == rita


def test_a_supervisor_neither_sees_nor_moves_their_own_case(sara, rita, remo, incident, refused):
    own = make.taken(sara, incident, rita)
    assert planned(sara, rita, remo) == desks.Plan([], [])
    with refused(409, "nothing_moved"):
        clearing.clear_desk(rita.pk, by=sara, moves={own.reference: remo}, note="Away.")


def test_to_the_queue_goes_what_is_in_review_and_rita_may_get_it_again(desk, rita, sara, acts):
    working, held = desk(2)
    holds.hold(held.reference, by=rita, until=clock.today() + timedelta(days=9), reason="expert")
    plan = planned(sara, rita)
    assert [(claim.pk, to) for claim, to in plan.moves] == [(working.pk, None)]
    assert [claim.pk for claim, _why in plan.kept] == [held.pk]
    moves = {claim.reference: None for claim in (working, held)}
    cleared = clearing.clear_desk(rita.pk, by=sara, moves=moves, note="Away.")
    assert [(claim.pk, refused.code) for claim, refused in cleared.kept] == [(held.pk, "it_waits")]
    assert [(claim.status, claim.assigned_to) for claim in now(working, held)] == [
        ("submitted", None),
        ("on_hold", rita),
    ]
    assert acts(working)[-1] == "release"
    assert review.take_next(by=rita).pk == working.pk


def test_what_went_on_since_the_plan_stays_and_if_that_is_all_nothing_happens(desk, rita, remo, sara, refused):
    decided, open_one = desk(2)
    moves = {decided.reference: remo, open_one.reference: remo}
    decisions.decide(decided.reference, by=rita, outcome="approved", items=make.findings(decided))
    cleared = clearing.clear_desk(rita.pk, by=sara, moves=moves, note="Away.")
    assert [(claim.pk, no.code) for claim, no in cleared.kept] == [(decided.pk, "not_on_this_desk")]
    with refused(409, "nothing_moved"):
        clearing.clear_desk(rita.pk, by=sara, moves=moves, note="Away.")
    assert Clearing.objects.count() == 1


def test_it_is_taken_back_where_nothing_else_happened(desk, rita, remo, sara, acts, refused):
    back, asked, decided, passed_on, queued = claims = desk(5)
    moves = {claim.reference: None if claim == queued else remo for claim in claims}
    done = clearing.clear_desk(rita.pk, by=sara, moves=moves, note="Away.").clearing
    questions.ask(asked.reference, by=remo, items=["The contract"])
    decisions.decide(decided.reference, by=remo, outcome="approved", items=make.findings(decided))
    review.hand_over(passed_on.reference, by=remo, to=sara, note="Yours.")
    undone = clearing.take_back(done.pk, by=sara)
    assert {claim.pk for claim, _to in undone.moved} == {back.pk, asked.pk, queued.pk}
    assert {(claim.pk, no.code) for claim, no in undone.kept} == {(decided.pk, "went_on"), (passed_on.pk, "went_on")}
    assert [claim.assigned_to for claim in now(*claims)] == [rita, rita, remo, sara, rita]
    assert [claim.status for claim in now(back, asked, queued)] == ["in_review", "information_requested", "in_review"]
    assert acts(back)[-2:] == ["hand over", "hand over"]
    with refused(409, "already_undone"):
        clearing.take_back(done.pk, by=sara)


def test_only_who_may_clear_a_desk_takes_it_back(desk, rita, remo, sara, mara, refused):
    desk(1)
    done = carry_out(sara, rita, remo).clearing
    for person in (remo, mara):
        with refused(403, "wrong_role"):
            clearing.take_back(done.pk, by=person)
    with refused(404, "not_found"):
        clearing.take_back(987654, by=sara)
    assert len(clearing.take_back(done.pk, by=rita).moved) == 1


def test_nothing_is_taken_back_when_all_went_on(desk, rita, remo, sara, refused):
    [claim] = desk(1)
    done = carry_out(sara, rita, remo).clearing
    decisions.decide(claim.reference, by=remo, outcome="approved", items=make.findings(claim))
    with refused(409, "nothing_moved"):
        clearing.take_back(done.pk, by=sara)
    assert Clearing.objects.get(pk=done.pk).undone_at is None


def test_a_desk_shows_what_was_returned_then_work_then_what_waits_and_until_when(
    anna, incident, rita, sara, desk, django_assert_num_queries
):
    work, held, asked = desk(3)
    dear = make.taken(anna, incident, rita, items=[make.item("900.00")])
    decisions.decide(dear.reference, by=rita, outcome="approved", items=make.findings(dear))
    decisions.return_to_reviewer(dear.reference, by=sara, note="Look again.")
    until = clock.today() + timedelta(days=9)
    holds.hold(held.reference, by=rita, until=until, reason="expert")
    questions.ask(asked.reference, by=rita, items=["The contract"], days=12)
    with django_assert_num_queries(1):
        shown = desks.on_desk(Claim.objects.all(), rita, clock.today())
    assert shown[:2] == [dear, work]
    assert {(claim.pk, claim.held_until, claim.answer_by) for claim in shown[2:]} == {
        (held.pk, until, None),
        (asked.pk, None, clock.today() + timedelta(days=12)),
    }


def test_absence_is_noted_once_replaced_and_ended(rita, sara, refused):
    today = clock.today()
    absence.note_absence(rita.pk, by=sara, since=today, until=today + timedelta(days=6))
    absence.note_absence(rita.pk, by=rita, since=today + timedelta(days=1), until=today + timedelta(days=6))
    assert desks.away_until(rita, today) is None
    assert desks.away_until(rita, today + timedelta(days=6)) == today + timedelta(days=6)
    assert desks.away_until(rita, today + timedelta(days=7)) is None
    absence.end_absence(rita.pk, by=sara)
    assert not Absence.objects.exists()
    entries = JournalEntry.objects.filter(chain=f"person:{rita.pk}").order_by("sequence")
    assert list(entries.values_list("action", "actor")) == [("away", sara.pk), ("away", rita.pk), ("back", sara.pk)]
    with refused(409, "not_away"):
        absence.end_absence(rita.pk, by=sara)


def test_absences_that_make_no_sense_or_of_others_are_refused(rita, remo, sara, mara, anna, refused):
    today = clock.today()
    for since, until, code in (
        (today, today - timedelta(days=1), "until_too_early"),
        (today + timedelta(days=5), today + timedelta(days=4), "until_too_early"),
        (date(2020, 1, 1), date(2020, 1, 9), "until_too_early"),
        (today, today + timedelta(days=401), "until_too_late"),
    ):
        with refused(422, code, "until"):
            absence.note_absence(rita.pk, by=sara, since=since, until=until)
    for person in (remo, mara):
        with refused(403, "wrong_role"):
            absence.note_absence(rita.pk, by=person, since=today, until=today)
    with refused(409, "not_a_reviewer"):
        absence.note_absence(anna.pk, by=sara, since=today, until=today)
    with refused(404, "not_found"):
        absence.note_absence(987654, by=sara, since=today, until=today)
