"""Which claim is the next one: by urgency, and past what a reviewer is barred from."""

from datetime import date, timedelta
from itertools import product

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from claims.actions import appeals, clock, decisions, endings, review
from claims.models import Claim, Countersignature, Decision
from claims.reports import risk
from claims.reports.bars import know_bars
from claims.rules import permissions, urgency
from tests import make

IBANS = ("IT60X0542811101000000123456", "DE89370400440532013000")
SUBMITTED = timezone.now()


@pytest.fixture
def free(anna, incident):
    """free(due in days, risk, days since it was submitted) is a claim that nobody has."""

    def build(days=40, risk=0, age=0, terms=None):
        claim = make.submitted(anna, incident)
        columns = {"due": clock.today() + timedelta(days=days), "risk": risk}
        columns["submitted_at"] = SUBMITTED - timedelta(days=age)
        make.put(claim, claim.status, **columns, **({"terms": terms} if terms else {}))
        return Claim.objects.get(pk=claim.pk)

    return build


def all_of(reviewer):
    """What the reviewer is given one after the other until there is nothing left."""
    given = []
    while claim := review.take_next(by=reviewer):
        given.append(claim)
    return given


def test_overdue_comes_before_due_soon_before_risk_before_age(free, rita):
    young, old = free(40), free(40, age=9)
    risky, riskier = free(40, risk=1), free(40, risk=2)
    last_day, later = free(3), free(4)
    today, yesterday = free(0), free(-1)
    long_ago = free(-30)
    wanted = [long_ago, yesterday, today, last_day, riskier, risky, old, young, later]
    assert list(Claim.objects.waiting().by_urgency(clock.today())) == wanted
    assert all_of(rita) == wanted


def test_what_is_due_on_one_day_goes_by_risk_and_then_by_age(free, rita):
    claims = [free(1), free(1, age=5), free(1, risk=1), free(1, risk=1, age=1)]
    assert all_of(rita) == claims[::-1]


def test_due_soon_is_what_a_claims_own_terms_call_soon(free, incident, rita):
    patient = make.later_terms(incident, reminder_days=1)
    eager = make.later_terms(incident, reminder_days=20)
    far, near = free(18, terms=eager), free(2, terms=patient)
    risky = free(40, risk=1)
    assert list(Claim.objects.waiting().by_urgency(clock.today())) == [far, risky, near]
    assert all_of(rita) == [far, risky, near]


def test_statement_list_and_rule_agree_on_every_mixture(free, rita):
    for days, points, age in product((-2, 0, 3, 4, 30), (0, 1, 2), (0, 3)):
        free(days, points, age)
    today = clock.today()
    by_rule = sorted(Claim.objects.waiting(), key=lambda claim: urgency.place(claim, today, reminder_days=3))
    assert list(Claim.objects.waiting().by_urgency(today)) == by_rule
    assert all_of(rita) == by_rule


def test_without_risk_and_extensions_it_is_the_order_of_due_dates_and_with_them_it_is_not(anna, incident):
    """Claims of one set of terms fall due in the order in which they came: their age says the same as their date."""

    def by_urgency():
        return list(Claim.objects.by_urgency(clock.today()).values_list("pk", flat=True))

    with time_machine.travel("2026-03-02 10:00", tick=False) as now:
        claims = []
        for _ in range(8):
            claims.append(make.submitted(anna, incident).pk)
            now.shift(timedelta(days=8))
        assert by_urgency() == list(Claim.objects.order_by("due", "id").values_list("pk", flat=True)) == claims
        pressing = [pk for pk in claims if Claim.objects.get(pk=pk).due <= clock.today() + timedelta(days=3)]
        assert 0 < len(pressing) < 7
        Claim.objects.filter(pk=claims[-1]).update(risk=1)
        assert by_urgency() == [*pressing, claims[-1], *claims[len(pressing) : -1]]
        prolonged = claims[len(pressing)]
        Claim.objects.filter(pk=prolonged).update(due=date(2027, 1, 1))
        assert by_urgency().index(prolonged) == len(pressing) + 1  # it came first, although it is due last


def test_the_rest_is_not_even_looked_at_while_something_presses(free, rita):
    free(-1)
    plan = explained(rita)
    assert "Index Scan using claim_waiting on" in plan
    assert "never executed" in plan[plan.index("Subquery Scan on rest") :].split("\n", 1)[0]


def explained(reviewer):
    values = {
        "by": reviewer.pk,
        "addresses": [reviewer.email],
        "today": clock.today(),
        "usual": 3,
    }
    statement = review.MOST_URGENT.format(wishes="").format(columns="id")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN ANALYZE {statement}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_an_appeal_competes_by_its_own_due_date_and_is_riskier_than_a_first_look(anna, incident, rita, remo):
    ours = make.decided(anna, incident, rita)
    assert ours.risk == 0
    appealed = appeals.appeal(ours.reference, by=anna, grounds="You overlooked the second invoice.")
    assert (appealed.risk, appealed.due) == (1, Claim.objects.get(pk=ours.pk).due)
    first = make.submitted(anna, incident)
    assert [claim.pk for claim in Claim.objects.waiting().by_urgency(clock.today())] == [appealed.pk, first.pk]
    Claim.objects.filter(pk=first.pk).update(due=clock.today())
    assert [claim.pk for claim in all_of(remo)] == [first.pk, appealed.pk]


def test_a_claim_that_stands_still_never_presses(free, rita, anna, incident):
    asked, running = free(-2), free(40, risk=1)
    make.put(asked, "information_requested", assigned_to=rita)
    assert list(Claim.objects.by_urgency(clock.today())) == [running, asked]


def test_risk_counts_what_makes_a_claim_dear_or_was_wrong_before(anna, incident, rita, sara):
    dear = make.taken(anna, incident, rita, items=[make.item("500.01")])
    limit = make.taken(anna, incident, rita, items=[make.item("500.00")])
    assert (dear.risk, limit.risk) == (1, 0)
    decisions.decide(dear.reference, by=rita, outcome="approved", items=make.findings(dear))
    returned = decisions.return_to_reviewer(dear.reference, by=sara, note="Look at the second invoice.")
    assert returned.risk == 2
    assert risk.reasons_of([returned, limit]) == {returned.pk: ("over_limit", "returned"), limit.pk: ()}
    decisions.decide(
        limit.reference, by=rita, outcome="rejected", items=make.findings(limit, awarded="0", reasons=["late"])
    )
    assert endings.reopen(limit.reference, by=sara, reason="An error of ours.").risk == 1


BARS = {
    "own_claim": lambda claim, reviewer: Claim.objects.filter(pk=claim.pk).update(filed_by=reviewer),
    "same_household": lambda claim, reviewer: (
        type(reviewer).objects.filter(pk=claim.claimant_id).update(second_email=reviewer.email.upper())
    ),
    "same_iban": lambda claim, reviewer: same_iban(claim, reviewer),
}


def same_iban(claim, reviewer):
    """The reviewer has a claim of their own for the same bank account."""
    make.draft(reviewer, claim.incident, login="own@elsewhere.example", login_explanation="Mine", iban=IBANS[0])
    with_iban = make.draft(claim.claimant, claim.incident, iban=IBANS[0])
    Claim.objects.filter(pk=claim.pk).update(iban_index=with_iban.iban_index)


@pytest.mark.parametrize("code", BARS)
def test_each_bar_holds_for_taking_and_being_given_and_the_next_one_is_somebody_elses(
    anna, incident, rita, remo, sara, refused, code
):
    claim = make.submitted(anna, incident)
    BARS[code](claim, rita)
    assert review.take_next(by=rita) is None
    with refused(403, code):
        review.take(claim.reference, by=rita)
    with refused(403, code):
        review.assign(claim.reference, by=sara, to=rita)
    assert review.take_next(by=remo) == claim


@pytest.mark.parametrize("code", BARS)
def test_each_bar_holds_for_deciding_what_was_taken_before_it_arose(anna, incident, rita, refused, code):
    claim = make.taken(anna, incident, rita)
    BARS[code](claim, rita)
    with refused(403, code):
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))


@pytest.mark.parametrize("code", BARS)
def test_each_bar_holds_for_the_second_signature(anna, incident, rita, sara, refused, code):
    claim = make.taken(anna, incident, rita, items=[make.item("900.00")])
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    BARS[code](claim, sara)
    with refused(403, code):
        decisions.countersign(claim.reference, by=sara)


def test_any_two_addresses_of_reviewer_and_claimant_bar_but_empty_ones_do_not(anna, incident, rita, refused):
    claim = make.submitted(anna, incident)
    assert permissions.may_take(rita, claim)
    for theirs in ("email", "second_email"):
        rita.second_email = "Home@family.example" if theirs == "second_email" else anna.email.upper()
        rita.save()
        anna.second_email = "home@FAMILY.example"
        anna.save()
        with refused(403, "same_household"):
            review.take(claim.reference, by=rita)
        assert review.take_next(by=rita) is None
    rita.second_email = claim.login
    rita.save()
    with refused(403, "same_household"):
        review.take(claim.reference, by=rita)
    assert review.take_next(by=rita) is None


@pytest.mark.parametrize("code", ["same_household", "same_iban"])
def test_the_database_refuses_the_hands_of_kin_too(anna, incident, rita, sara, code):
    claim = make.taken(anna, incident, rita, items=[make.item("900.00")])
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    decision = claim.decisions.get()
    BARS[code](claim, sara)
    with pytest.raises(DatabaseError, match="their own household or account"), transaction.atomic():
        Countersignature.objects.create(decision=decision, signer=sara)
    Decision.objects.filter(pk=decision.pk).update(state="void")
    decision.pk, decision.decider, decision._state.adding = None, sara, True
    with pytest.raises(DatabaseError, match="their own household or account"), transaction.atomic():
        decision.save()


def test_bars_read_for_many_are_those_read_one_by_one(anna, incident, rita, remo, sara):
    ours = make.decided(anna, incident, rita, items=[make.item("50.00")])
    appeals.appeal(ours.reference, by=anna, grounds="Too little.")
    kin = make.submitted(anna, incident)
    same_iban(kin, remo)
    many = list(Claim.objects.exclude(status="draft").order_by("pk"))
    know_bars(many)
    for claim in many:
        alone = Claim.objects.get(pk=claim.pk)
        assert (*map(set, claim.earlier_hands), set(claim.payees)) == (
            *map(set, alone.earlier_hands),
            set(alone.payees),
        )
        for person in (rita, remo, sara):
            assert permissions.may_take(person, claim) == permissions.may_take(person, alone)
    assert {claim.pk: claim.earlier_hands for claim in many}[ours.pk][0] == {rita.pk}
