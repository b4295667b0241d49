"""Desks of reviewers: what is on them, handing all of it over, undoing that, and who is away."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions import absence, clock, decisions, holds, review
from claims.models import Absence, Claim
from tests import make


def fill(reviewer, incident, numbers):
    people = [make.person(f"claimant{number}", "claimant") for number in numbers]
    return [make.taken(person, incident, reviewer) for person in people]


def moves_on(page):
    return [f"{claim.reference}>{to.pk if to else 'queue'}" for claim, to in page.context["plan"].moves]


def test_a_supervisor_sees_first_what_will_change_then_does_it_and_undoes_it(
    staff, at, words, sara, rita, remo, incident
):
    claims = fill(rita, incident, range(3))
    kin = make.taken(make.person("carla", "claimant", second_email=remo.email), incident, rita)
    browser = staff(sara)
    shown = browser.post(at("desk-of", rita.pk), {"to": [remo.pk], "note": "Rita is ill.", "go": "show"})
    text = words(shown)
    assert "Hand over 3 cases of Rita" in text
    assert "1 case stays where it is:" in text
    assert f"{kin.reference} : Remo: Nobody works on a claim whose claimant" in text
    assert not remo.assigned_claims.exists()
    done = browser.post(
        at("desk-of", rita.pk), {"go": "do", "note": "Rita is ill.", "move": moves_on(shown)}, follow=True
    )
    assert "3 cases were handed over." in words(done)
    assert set(remo.assigned_claims.all()) == set(claims)
    assert "Sara handed this desk over on" in words(done)
    undone = browser.post(at("desk-undo", rita.pk), follow=True)
    assert "3 cases were handed over." in words(undone)
    assert rita.assigned_claims.count() == 4
    assert browser.post(at("desk-undo", rita.pk)).status_code == 409


def test_what_was_decided_between_the_look_and_the_deed_is_named(staff, at, words, sara, rita, remo, incident):
    one, other = fill(rita, incident, range(2))
    browser = staff(sara)
    shown = browser.post(at("desk-of", rita.pk), {"to": [remo.pk, sara.pk], "note": "Away.", "go": "show"})
    decisions.decide(one.reference, by=rita, outcome="approved", items=make.findings(one))
    done = browser.post(at("desk-of", rita.pk), {"go": "do", "note": "Away.", "move": moves_on(shown)}, follow=True)
    assert f"{one.reference}: It is no longer on this desk." in words(done)
    assert Claim.objects.get(pk=other.pk).assigned_to in (remo, sara)


def test_a_desk_goes_back_to_the_queue(staff, at, words, rita, incident):
    [claim] = fill(rita, incident, [1])
    browser = staff(rita)
    shown = browser.post(at("desk-of", rita.pk), {"how": "queue", "note": "I am away.", "go": "show"})
    assert "the queue" in words(shown)
    browser.post(at("desk-of", rita.pk), {"go": "do", "note": "I am away.", "move": moves_on(shown)})
    assert Claim.objects.get(pk=claim.pk).status == "submitted"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose colleagues, or the queue."),
        ({"to": ["987654"]}, "Choose colleagues, or the queue."),
        ({"to": ["x"]}, "Choose colleagues, or the queue."),
        ({"to": "remo", "how": "queue"}, "Choose colleagues, or the queue."),
        ({"go": "do", "move": ["AAAAA-AAAAA>999999"]}, "Choose who should get these claims."),
        ({"go": "do", "move": ["AAAAA-AAAAA>queue"]}, "Nothing was handed over."),
        ({"go": "do", "move": [">"]}, "Choose who should get these claims."),
        ({"go": "do"}, "Nothing was handed over."),
    ],
)
def test_odd_forms_are_answered_in_words(staff, at, words, sara, rita, remo, incident, form, said):
    fill(rita, incident, [1])
    form = {**form, "to": [remo.pk]} if form.get("to") == "remo" else form
    answer = staff(sara).post(at("desk-of", rita.pk), {"note": "Away.", **form})
    assert answer.status_code in (409, 422)
    assert said in words(answer)
    assert rita.assigned_claims.count() == 1


def test_reviewers_open_their_own_desk_and_no_other(staff, at, rita, remo, mara, anna):
    assert staff(rita).get(at("desk-of", rita.pk)).status_code == 200
    for person in (remo, mara):
        for name in ("desk-of", "desk-away", "desk-undo"):
            assert staff(person).post(at(name, rita.pk)).status_code == 403
    assert staff(rita).get(at("desks")).status_code == 403
    assert staff(rita).get(at("desk-of", 987654)).status_code == 403
    assert staff(make.person("sura", "supervisor")).get(at("desk-of", anna.pk)).status_code == 404


def test_the_overview_counts_open_cases_and_says_who_is_away(staff, at, words, sara, rita, remo, incident):
    fill(rita, incident, range(2))
    today = clock.today()
    browser = staff(sara)
    until = {"since": today.isoformat(), "until": (today + timedelta(days=5)).isoformat()}
    assert "The absence is noted." in words(browser.post(at("desk-away", remo.pk), until, follow=True))
    page = browser.get(at("desks"))
    assert {(other.name, other.load, other.away_until) for other in page.context["people"]} == {
        ("Rita", 2, None),
        ("Remo", 0, today + timedelta(days=5)),
        ("Sara", 0, None),
    }
    assert "away until" in words(page)
    browser.post(at("desk-away", remo.pk), {"go": "back"})
    assert not Absence.objects.exists()
    wrong = browser.post(at("desk-away", remo.pk), {"since": "2026-02-30", "until": ""})
    assert wrong.status_code == 422


def test_who_gives_a_case_to_somebody_away_or_takes_one_while_away_is_warned(
    staff, at, words, sara, rita, remo, anna, incident
):
    today = clock.today()
    for person in (rita, remo):
        absence.note_absence(person.pk, by=sara, since=today, until=today)
    claim = make.submitted(anna, incident)
    page = staff(sara).post(at("case-assign", claim), {"to": remo.pk}, follow=True)
    assert "The claim is now with Remo." in words(page)
    assert "Remo is away until" in words(page)
    make.submitted(anna, incident)
    assert "You are noted as away until" in words(staff(rita).post(at("queue-next"), follow=True))


def test_a_reviewer_hands_a_case_over_from_its_page(staff, at, words, rita, remo, anna, incident):
    claim = make.taken(anna, incident, rita)
    form = {"to": remo.pk, "note": "You know this insurer.", "version": claim.version}
    assert "Hand over" in words(staff(rita).get(at("case", claim)))
    page = staff(rita).post(at("case-hand-over", claim), form, follow=True)
    assert "The claim is now with Remo." in words(page)
    assert "Given to Remo" in words(page)
    again = staff(rita).post(at("case-hand-over", claim), form)
    assert again.status_code == 409
    assert "Somebody changed this claim in the meantime." in words(again)


def test_a_supervisor_gives_chosen_claims_of_the_queue_to_one_reviewer(
    staff, at, words, sara, rita, remo, anna, incident
):
    free, held, own = make.submitted(anna, incident), make.taken(anna, incident, rita), make.submitted(remo, incident)
    holds.hold(held.reference, by=rita, until=clock.today() + timedelta(days=9), reason="expert")
    stale = make.submitted(anna, incident)
    chosen = [f"{claim.reference}@{Claim.objects.get(pk=claim.pk).version}" for claim in (free, held, own)]
    chosen.append(f"{stale.reference}@{stale.version - 1}")
    page = staff(sara).post(at("queue-assign") + "?q=", {"to": remo.pk, "claim": chosen}, follow=True)
    text = words(page)
    assert "2 claims are now with Remo." in text
    assert f"{own.reference}: You may not work on a claim of your own." in text
    assert f"{stale.reference}: Somebody changed this claim in the meantime." in text
    assert set(remo.assigned_claims.all()) == {free, held}


def test_chosen_claims_need_a_receiver_who_may_have_them_and_somebody_to_choose(
    staff, at, sara, mara, rita, anna, incident
):
    claim = make.submitted(anna, incident)
    browser = staff(sara)
    assert browser.post(at("queue-assign"), {"claim": [claim.reference]}).status_code == 422
    assert browser.post(at("queue-assign"), {"to": mara.pk, "claim": [claim.reference]}).status_code == 403
    assert browser.post(at("queue-assign"), {"to": rita.pk, "claim": ["AAAAA-AAAAA@x"]}).status_code == 404
    assert browser.post(at("queue-assign"), {"to": rita.pk}).status_code == 302
    assert staff(rita).post(at("queue-assign"), {"to": rita.pk, "claim": [claim.reference]}).status_code == 403
    assert Claim.objects.get(pk=claim.pk).status == "submitted"


def test_desk_and_queue_say_in_words_what_is_risky_returned_or_waiting(staff, at, words, sara, rita, anna, incident):
    dear = make.taken(anna, incident, rita, items=[make.item("900.00")])
    decisions.decide(dear.reference, by=rita, outcome="approved", items=make.findings(dear))
    decisions.return_to_reviewer(dear.reference, by=sara, note="Look again.")
    held = make.taken(anna, incident, rita)
    holds.hold(held.reference, by=rita, until=clock.today() + timedelta(days=9), reason="expert")
    desk = words(staff(rita).get(at("index")))
    assert desk.index(dear.reference) < desk.index(held.reference)
    assert "Returned to you" in desk
    assert "until" in desk[desk.index(held.reference) :]
    queue = words(staff(sara).get(at("queue")))
    assert "Over the limit Returned" in queue


def test_thirty_cases_cost_as_many_queries_as_three(staff, at, sara, rita, remo, incident):
    browser = staff(sara)
    counts = []
    for numbers in (range(3), range(3, 30)):
        fill(rita, incident, numbers)
        made = []
        for ask in (
            lambda: browser.get(at("desk-of", rita.pk)),
            lambda: browser.post(at("desk-of", rita.pk), {"to": [remo.pk], "note": "Away.", "go": "show"}),
            lambda: browser.get(at("desks")),
            lambda: staff(rita).get(at("index")),
            lambda: browser.get(at("queue")),
        ):
            ask()
            with CaptureQueriesContext(connection) as queries:
                assert ask().status_code == 200
            made.append(len(queries))
        counts.append(made)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 25


def test_the_queue_lists_in_the_order_in_which_claims_are_given_out(staff, at, sara, rita, anna, incident):
    claims = [make.submitted(anna, incident) for _ in range(4)]
    today = clock.today()
    for claim, days, points in zip(claims, (40, 40, -2, 3), (0, 1, 0, 0), strict=True):
        Claim.objects.filter(pk=claim.pk).update(due=today + timedelta(days=days), risk=points)
    listed = [claim.pk for claim, _free in staff(sara).get(at("queue")).context["rows"]]
    given = []
    while claim := review.take_next(by=rita):
        given.append(claim.pk)
    assert listed == given == [claims[at].pk for at in (2, 3, 1, 0)]
