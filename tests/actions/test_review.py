"""Reviewers' desks: taking the most urgent, taking this one, giving back, giving to somebody else."""

from datetime import date, timedelta

import pytest

from claims.actions import appeals, clock, decisions, holds, journal, questions, review
from claims.models import Claim
from claims.reports.history import events_of
from tests import make


def due(claim, day):
    Claim.objects.filter(pk=claim.pk).update(due=day)
    return claim


def test_only_reviewers_and_supervisors_take(anna, olga, mara, ada, incident, refused):
    claim = make.submitted(anna, incident)
    for person in (anna, olga, mara, ada):
        with refused(403, "wrong_role"):
            review.take_next(by=person)
    for person, answer in ((anna, (403, "wrong_role")), (mara, (403, "wrong_role")), (olga, (404, "not_found"))):
        with refused(*answer):
            review.take(claim.reference, by=person)


def test_the_most_urgent_claim_is_taken_first(anna, incident, rita, remo):
    later = due(make.submitted(anna, incident), date(2023, 5, 2))
    sooner = due(make.submitted(anna, incident), date(2023, 5, 1))
    assert review.take_next(by=rita) == sooner
    assert review.take_next(by=remo) == later
    assert review.take_next(by=rita) is None


def test_among_equals_the_older_claim_is_first(anna, incident, rita):
    claims = [due(make.submitted(anna, incident), date(2023, 5, 1)) for _ in range(3)]
    assert [review.take_next(by=rita) for _ in range(3)] == claims


def test_only_submitted_claims_are_free(anna, incident, rita, remo):
    make.draft(anna, incident)
    make.taken(anna, incident, remo)
    make.decided(anna, incident, remo)
    assert review.take_next(by=rita) is None


def test_nobody_gets_a_claim_they_made_filed_or_gave_back(anna, incident, rita, remo):
    own = make.submitted(rita, incident)
    filed = make.submitted(anna, incident)
    Claim.objects.filter(pk=filed.pk).update(filed_by=rita)
    given_back = make.taken(anna, incident, rita)
    review.release(given_back.reference, by=rita)
    assert review.take_next(by=rita) is None
    assert {review.take_next(by=remo) for _ in range(3)} == {own, filed, given_back}


def test_the_queue_can_be_narrowed(anna, incident, rita):
    other = make.incident("other-2023")
    make.customer(other)
    mine = make.submitted(anna, other)
    make.submitted(anna, incident)
    assert review.take_next(by=rita, incident="nowhere") is None
    assert review.take_next(by=rita, remedy="refund") is None
    assert review.take_next(by=rita, incident="other-2023", remedy="damages") == mine


def test_a_taken_claim_is_on_one_desk_with_one_entry_and_no_notice(anna, incident, rita, acts, last_act, told):
    claim = make.submitted(anna, incident)
    taken = review.take_next(by=rita)
    assert (taken.pk, taken.status, taken.assigned_to, taken.version) == (claim.pk, "in_review", rita, 3)
    assert list(taken.assignments.values_list("reviewer", "ended_at")) == [(rita.pk, None)]
    assert acts(claim) == ["open", "submit", "take"]
    assert (last_act(claim).facts, last_act(claim).actor_kind) == ({"reviewer": rita.pk}, "reviewer")
    assert told(claim) == ["claim_submitted"]


def test_nobody_takes_an_own_claim(rita, anna, incident, refused):
    own = make.submitted(rita, incident)
    with refused(403, "own_claim"):
        review.take(own.reference, by=rita)
    filed = make.submitted(anna, incident)
    Claim.objects.filter(pk=filed.pk).update(filed_by=rita)
    with refused(403, "own_claim"):
        review.take(filed.reference, by=rita)


def test_a_claim_is_taken_once(anna, incident, rita, remo, refused):
    claim = make.taken(anna, incident, rita)
    for person in (remo, rita):
        with refused(409, "already_taken"):
            review.take(claim.reference, by=person)


def test_a_decided_claim_is_not_taken(anna, incident, rita, remo, refused):
    claim = make.decided(anna, incident, rita)
    with refused(409, "illegal_move"):
        review.take(claim.reference, by=remo)


def test_only_the_reviewer_or_a_supervisor_gives_back(anna, incident, rita, remo, sara, mara, refused):
    claim = make.taken(anna, incident, rita)
    for person in (remo, mara, anna):
        with refused(403, "own_claim" if person == anna else "not_assignee"):
            review.release(claim.reference, by=person)
    assert review.release(claim.reference, by=sara).status == "submitted"


def test_a_supervisor_does_not_take_an_own_claim_away_from_its_reviewer(sara, incident, rita, refused):
    claim = make.taken(sara, incident, rita)
    with refused(403, "own_claim"):
        review.release(claim.reference, by=sara)


def test_a_claim_is_given_back_once_and_is_free_again(anna, incident, rita, remo, acts, last_act, told, refused):
    claim = make.taken(anna, incident, rita)
    claim = review.release(claim.reference, by=rita, reason="I know the family.")
    assert (claim.status, claim.assigned_to) == ("submitted", None)
    assert list(claim.assignments.values_list("ended_as", flat=True)) == ["released"]
    assert acts(claim) == ["open", "submit", "take", "release"]
    assert journal.words_of(last_act(claim)) == "I know the family."
    assert told(claim) == ["claim_submitted"]
    with refused(403, "not_assignee"):
        review.release(claim.reference, by=rita)
    assert review.take_next(by=remo) == claim


def test_a_decided_claim_is_not_given_back(anna, incident, rita, refused):
    claim = make.decided(anna, incident, rita)
    with refused(409, "illegal_move"):
        review.release(claim.reference, by=rita)


def test_only_a_supervisor_gives_claims_to_others(anna, incident, rita, remo, mara, refused):
    claim = make.submitted(anna, incident)
    for person in (rita, mara, anna):
        with refused(403, "wrong_role"):
            review.assign(claim.reference, by=person, to=remo)


@pytest.mark.parametrize("name", ["mara", "olga", "ada", "bruno"])
def test_a_claim_goes_only_to_somebody_who_may_decide(anna, incident, sara, request, refused, name):
    claim = make.submitted(anna, incident)
    with refused(403, "wrong_role"):
        review.assign(claim.reference, by=sara, to=request.getfixturevalue(name))


def test_a_claim_never_goes_to_its_claimant_nor_is_given_by_them(rita, remo, sara, incident, refused):
    of_rita, of_sara = make.submitted(rita, incident), make.submitted(sara, incident)
    with refused(403, "own_claim"):
        review.assign(of_rita.reference, by=sara, to=rita)
    with refused(403, "own_claim"):
        review.assign(of_sara.reference, by=sara, to=remo)


def test_a_claim_does_not_go_to_somebody_who_has_left(anna, incident, sara, rita, refused):
    claim = make.submitted(anna, incident)
    rita.is_active = False
    rita.save()
    with refused(403, "wrong_role"):
        review.assign(claim.reference, by=sara, to=rita)


def test_a_free_claim_is_given_to_a_reviewer(anna, incident, sara, rita, acts, last_act):
    claim = review.assign(make.submitted(anna, incident).reference, by=sara, to=rita)
    assert (claim.status, claim.assigned_to) == ("in_review", rita)
    assert acts(claim)[-1] == "take"
    assert (last_act(claim).actor, last_act(claim).facts) == (sara, {"reviewer": rita.pk})


def test_a_taken_claim_moves_to_another_desk(anna, incident, sara, rita, remo, acts, last_act, told):
    claim = make.taken(anna, incident, rita)
    claim = review.assign(claim.reference, by=sara, to=remo)
    assert (claim.status, claim.assigned_to, claim.version) == ("in_review", remo, 4)
    assert list(claim.assignments.order_by("pk").values_list("reviewer", "ended_as")) == [
        (rita.pk, "reassigned"),
        (remo.pk, ""),
    ]
    assert acts(claim) == ["open", "submit", "take", "assign"]
    assert (last_act(claim).old, last_act(claim).new) == ("in_review", "in_review")
    assert told(claim) == ["claim_submitted"]


def test_a_decided_claim_is_not_given_to_anybody(anna, incident, rita, remo, sara, refused):
    claim = make.decided(anna, incident, rita)
    with refused(409, "illegal_move"):
        review.assign(claim.reference, by=sara, to=remo)


def waiting_on_desk(claim, reviewer, state):
    if state == "on_hold":
        holds.hold(claim.reference, by=reviewer, until=clock.today() + timedelta(days=9), reason="expert")
    if state == "information_requested":
        questions.ask(claim.reference, by=reviewer, items=["The contract"])


@pytest.mark.parametrize("state", ["in_review", "on_hold", "information_requested"])
def test_a_claim_moves_to_another_desk_whatever_it_waits_for(
    anna, incident, sara, rita, remo, acts, told, refused, state
):
    claim = make.taken(anna, incident, rita)
    waiting_on_desk(claim, rita, state)
    due, mails = Claim.objects.get(pk=claim.pk).due, told(claim)
    claim = review.assign(claim.reference, by=sara, to=remo)
    assert (claim.status, claim.assigned_to, claim.due) == (state, remo, due)
    with refused(409, "already_taken"):
        review.assign(claim.reference, by=sara, to=remo)
    claim = review.hand_over(claim.reference, by=remo, to=rita, note="You speak German.")
    assert (claim.status, claim.assigned_to, claim.due) == (state, rita, due)
    assert acts(claim)[-2:] == ["assign", "hand over"]
    assert list(claim.assignments.order_by("pk").values_list("reviewer", "ended_as")) == [
        (rita.pk, "reassigned"),
        (remo.pk, "reassigned"),
        (rita.pk, ""),
    ]
    assert told(claim) == mails


def test_who_has_a_claim_hands_it_to_a_colleague_and_says_why(anna, incident, rita, remo, last_act):
    claim = make.taken(anna, incident, rita)
    review.hand_over(claim.reference, by=rita, to=remo, note="You know this insurer.")
    entry = last_act(claim)
    assert (entry.action, entry.actor, entry.facts) == ("hand over", rita, {"to": remo.pk})
    assert journal.words_of(entry) == "You know this insurer."
    [event] = [event for event in events_of(claim, for_staff=True) if event.action == "hand over"]
    assert (str(event.label), event.note) == ("Given to Remo", "You know this insurer.")
    assert "hand over" not in {event.action for event in events_of(claim, for_staff=False)}


def test_nobody_else_hands_a_claim_over_nor_to_who_may_not_have_it(
    anna, incident, rita, remo, sara, mara, olga, refused
):
    claim = make.taken(anna, incident, rita)
    for by, to, code in (
        (remo, remo, "not_assignee"),
        (mara, remo, "not_assignee"),
        (anna, remo, "own_claim"),
        (rita, mara, "wrong_role"),
        (sara, olga, "wrong_role"),
    ):
        with refused(403, code):
            review.hand_over(claim.reference, by=by, to=to, note="Take it.")
    with refused(409, "already_taken"):
        review.hand_over(claim.reference, by=rita, to=rita, note="Mine.")
    with refused(422, "required", "note"):
        review.hand_over(claim.reference, by=rita, to=remo, note=" ")
    with refused(409, "stale"):
        review.hand_over(claim.reference, by=rita, to=remo, note="Take it.", version=claim.version - 1)
    review.release(claim.reference, by=rita)
    with refused(409, "not_on_a_desk"):
        review.hand_over(claim.reference, by=sara, to=remo, note="Take it.")


def test_each_bar_holds_for_being_handed_a_claim(anna, incident, rita, remo, sara, refused):
    own = make.taken(remo, incident, rita)
    with refused(403, "own_claim"):
        review.hand_over(own.reference, by=rita, to=remo, note="Take it.")
    kin = make.taken(anna, incident, rita)
    anna.second_email = remo.email
    anna.save()
    with refused(403, "same_household"):
        review.hand_over(kin.reference, by=sara, to=remo, note="Take it.")
    decided = make.decided(make.person("dora", "claimant"), incident, remo)
    appeals.appeal(decided.reference, by=decided.claimant, grounds="Too little.")
    review.take(decided.reference, by=rita)
    with refused(403, "decided_before"):
        review.hand_over(decided.reference, by=rita, to=remo, note="Take it.")


def test_who_was_handed_a_claim_decides_it_and_who_gave_it_does_not(anna, incident, rita, remo, sara, refused):
    claim = make.taken(anna, incident, rita)
    review.hand_over(claim.reference, by=rita, to=remo, note="Take it.")
    for person in (rita, sara):
        with refused(403, "not_assignee"):
            decisions.decide(claim.reference, by=person, outcome="approved", items=make.findings(claim))
    assert (
        decisions.decide(claim.reference, by=remo, outcome="approved", items=make.findings(claim)).assigned_to == remo
    )


def test_what_a_supervisor_puts_back_comes_to_its_reviewer_again_and_what_was_given_back_does_not(
    anna, incident, rita, sara
):
    relieved, given_back = make.taken(anna, incident, rita), make.taken(anna, incident, rita)
    review.release(relieved.reference, by=sara)
    review.release(given_back.reference, by=rita)
    assert review.take_next(by=rita) == relieved
    assert review.take_next(by=rita) is None
