"""A mass run: proposed, approved by another manager, granted by chunks to everybody once, to the cent."""

import io
from decimal import Decimal

import pytest

from claims.actions import mass_runs, notices, roster
from claims.models import Customer, JournalEntry, MassRun, Notice, Payout
from claims.rules.errors import Refused
from tests import make
from tests.referee import assert_laws_hold

HEADER = "login,service,fee,paid_from,paid_to,contact,second_contact,language\n"
FREE, PAID, BUSINESS = Decimal("6.00"), Decimal("24.00"), Decimal("48.00")


@pytest.fixture
def many(db):
    """Nine accounts on the roster, three of each service; none of theirs is one of the staff's."""
    incident = make.incident()
    rows = "".join(
        f"m{number}@{domain},{service},,,,m{number}@example.net,,it\n"
        for number, (service, domain) in enumerate(
            [("free", "virgilio.example"), ("paid", "libero.example"), ("business", "affari.example")] * 3
        )
    )
    roster.load(incident.code, io.BytesIO((HEADER + rows).encode()))
    return incident


def approved(incident, mara, marco, remedy="indemnity"):
    return mass_runs.approve(mass_runs.propose(incident.code, remedy, by=mara).pk, by=marco)


def walk(run, size=4):
    """Grants to its end; the run as it is then."""
    chunks = 0
    while mass_runs.grant_chunk(run.pk, size=size) is not None:
        chunks += 1
    run.refresh_from_db()
    assert chunks == run.chunks
    return run


def acts(run):
    return list(JournalEntry.objects.of(run).values_list("action", flat=True))


# --- what is refused


@pytest.mark.parametrize("who", ["anna", "olga", "rita", "sara", "ada"])
def test_only_managers_propose(many, who, request):
    with pytest.raises(Refused, match="wrong_role"):
        mass_runs.propose(many.code, "indemnity", by=request.getfixturevalue(who))
    assert not MassRun.objects.exists()


@pytest.mark.parametrize(
    ("remedy", "code"), [("damages", "unknown_remedy"), ("", "unknown_remedy"), ("refund", "nothing_to_grant")]
)
def test_what_nobody_would_get_is_not_proposed(many, mara, remedy, code):
    with pytest.raises(Refused, match=code):
        mass_runs.propose(many.code, remedy, by=mara)


def test_an_incident_whose_terms_are_not_frozen_has_no_runs(mara, db):
    made = make.incident(terms_frozen=False, state="draft")
    make.customer(made)
    with pytest.raises(Refused, match="no_terms"):
        mass_runs.propose(made.code, "indemnity", by=mara)
    with pytest.raises(Refused, match="unknown_incident"):
        mass_runs.propose("nothing", "indemnity", by=mara)


def test_a_remedy_that_is_claimed_is_not_granted_to_everybody(many, mara):
    make.later_terms(many, remedies_to_claim=("damages", "indemnity"))
    with pytest.raises(Refused, match="claimed_only"):
        mass_runs.propose(many.code, "indemnity", by=mara)


def test_one_run_of_a_remedy_at_a_time(many, mara, marco):
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    with pytest.raises(Refused, match="run_exists"):
        mass_runs.propose(many.code, "indemnity", by=marco)
    mass_runs.cancel(run.pk, by=marco)
    assert mass_runs.propose(many.code, "indemnity", by=marco).state == "proposed"


def test_the_proposer_does_not_approve(many, mara):
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    with pytest.raises(Refused, match="four_eyes"):
        mass_runs.approve(run.pk, by=mara)


@pytest.mark.parametrize("role", ["anna", "sara", "ada"])
def test_only_a_manager_approves(many, mara, role, request):
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    with pytest.raises(Refused, match="wrong_role"):
        mass_runs.approve(run.pk, by=request.getfixturevalue(role))


@pytest.mark.parametrize(
    "account",
    [
        {"login": "marco@example.org"},
        {"contact": "Marco@Example.org"},
        {"second_contact": "marco@example.org"},
        {"second_contact": "marco.private@example.org"},
    ],
)
def test_nobody_approves_a_run_that_pays_them(many, mara, marco, account):
    marco.second_email = "Marco.Private@example.org"
    marco.save()
    make.customer(many, **{"login": "x@libero.example", **account})
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    with pytest.raises(Refused, match="own_payment"):
        mass_runs.approve(run.pk, by=marco)


def test_nor_one_that_pays_an_account_they_claim_for(many, mara, marco):
    make.draft(marco, many, login="m0@virgilio.example")
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    with pytest.raises(Refused, match="own_payment"):
        mass_runs.approve(run.pk, by=marco)


def test_a_run_is_proposed_anew_when_the_roster_or_the_terms_changed(many, mara, marco):
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    roster.load(many.code, io.BytesIO((HEADER + "new@libero.example,paid,,,,,,\n").encode()))
    with pytest.raises(Refused, match="stale_run"):
        mass_runs.approve(run.pk, by=marco)
    mass_runs.cancel(run.pk, by=marco)
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    assert run.people == 10
    make.later_terms(many)
    with pytest.raises(Refused, match="stale_run"):
        mass_runs.approve(run.pk, by=marco)


def test_the_roster_stays_as_it_is_while_a_run_is_on(many, mara, marco):
    row = (HEADER + "new@libero.example,paid,,,,,,\n").encode()
    run = approved(many, mara, marco)
    with pytest.raises(Refused, match="run_on"):
        roster.load(many.code, io.BytesIO(row))
    assert roster.load(many.code, io.BytesIO(row), dry_run=True).added == 1
    mass_runs.pause(run.pk, by=mara)
    with pytest.raises(Refused, match="run_on"):
        roster.load(many.code, io.BytesIO(row))
    mass_runs.resume(run.pk, by=mara)
    walk(run)
    assert roster.load(many.code, io.BytesIO(row)).added == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ((), ("pause", "resume")),
        (("approve",), ("approve", "resume")),
        (("approve", "pause"), ("approve", "pause")),
        (("cancel",), ("approve", "pause", "resume", "cancel")),
        (("approve", "walk"), ("approve", "pause", "resume", "cancel")),
    ],
)
def test_no_move_but_those_of_the_table(many, mara, marco, first, then):
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    for step in first:
        walk(run) if step == "walk" else getattr(mass_runs, step)(run.pk, by=marco)
    before = acts(run)
    for step in then:
        with pytest.raises(Refused, match="illegal_move"):
            getattr(mass_runs, step)(run.pk, by=marco)
    assert acts(run) == before


def test_a_run_nobody_knows(mara, db):
    for step in (mass_runs.approve, mass_runs.pause, mass_runs.resume, mass_runs.cancel):
        with pytest.raises(Refused, match="not_found"):
            step(987654321, by=mara)


# --- what is granted


def test_everybody_gets_it_once_to_the_cent(many, mara, marco):
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    assert (run.people, run.total, run.roster, run.excluded) == (9, 3 * (FREE + PAID + BUSINESS), 9, {})
    assert mass_runs.grant_chunk(run.pk) is None  # not approved yet
    mass_runs.approve(run.pk, by=marco)
    run = walk(run)
    assert (run.state, run.granted, run.granted_total, run.walked) == ("done", 9, run.total, 9)
    assert run.percent == 100
    amounts = dict(Payout.objects.values_list("customer__login", "amount"))
    assert amounts == {each.login: {"free": FREE, "paid": PAID, "business": BUSINESS}[each.service.code]
                       for each in Customer.objects.select_related("service")}  # fmt: skip
    assert set(Payout.objects.values_list("state", "run", "remedy", "incident")) == {
        ("owed", run.pk, "indemnity", many.pk)
    }
    assert acts(run) == ["propose", "count", "approve", "grant", "grant", "grant", "finish"]
    facts = JournalEntry.objects.of(run).last().facts
    assert facts == {"granted": 9, "total": "234.00", "walked": 9, "chunks": 3}
    assert_laws_hold()


def test_a_second_run_grants_only_to_those_who_have_nothing_yet(many, mara, marco):
    walk(approved(many, mara, marco))
    with pytest.raises(Refused, match="nothing_to_grant"):
        mass_runs.propose(many.code, "indemnity", by=mara)
    roster.load(many.code, io.BytesIO((HEADER + "new@libero.example,paid,,,,,,\n").encode()))
    run = mass_runs.propose(many.code, "indemnity", by=mara)
    assert (run.people, run.total, run.excluded["granted"]) == (1, PAID, 9)
    run = walk(mass_runs.approve(run.pk, by=marco))
    assert (run.granted, run.granted_total) == (1, PAID)
    assert Payout.objects.count() == Notice.objects.count() == 10
    again = [entry.facts["again"] for entry in JournalEntry.objects.of(run).filter(action="grant")]
    assert sum(again) == 9
    assert_laws_hold()


def test_what_was_cancelled_may_be_granted_again(many, mara, marco):
    walk(approved(many, mara, marco))
    Payout.objects.filter(customer__login="m0@virgilio.example").update(state="cancelled")
    run = walk(approved(many, mara, marco))
    assert (run.granted, run.granted_total) == (1, FREE)


def test_pausing_stops_behind_a_chunk_and_cancelling_keeps_what_was_granted(many, mara, marco):
    run = approved(many, mara, marco)
    assert mass_runs.grant_chunk(run.pk, size=4).granted == 4
    mass_runs.pause(run.pk, by=mara)
    assert mass_runs.grant_chunk(run.pk, size=4) is None
    mass_runs.resume(run.pk, by=marco)
    assert mass_runs.grant_chunk(run.pk, size=4).granted == 4
    mass_runs.cancel(run.pk, by=marco)
    assert mass_runs.grant_chunk(run.pk, size=4) is None
    run.refresh_from_db()
    assert (run.state, run.granted, Payout.objects.count()) == ("cancelled", 8, 8)
    assert mass_runs.propose(many.code, "indemnity", by=mara).people == 1
    assert_laws_hold()


def test_the_refund_goes_to_those_who_paid(incident, mara, marco):
    run = mass_runs.propose(incident.code, "refund", by=mara)
    assert (run.people, run.total, run.excluded) == (1, Decimal("1.00"), {"outside_terms": 1, "no_channel": 1})
    walk(mass_runs.approve(run.pk, by=marco))
    assert list(Payout.objects.values_list("customer__login", "remedy", "amount")) == [
        ("anna@libero.example", "refund", Decimal("1.00"))
    ]


def test_two_remedies_run_beside_one_another(incident, mara, marco):
    runs = [approved(incident, mara, marco, remedy) for remedy in ("indemnity", "refund")]
    while mass_runs.grant_next():
        pass
    assert {run.state for run in MassRun.objects.filter(pk__in=[run.pk for run in runs])} == {"done"}
    assert Payout.objects.count() == 3


def test_an_account_whose_claim_is_in_hand_or_gave_something_is_left_to_the_reviewer(
    incident, anna, bruno, rita, mara, marco
):
    make.later_terms(incident, remedies_to_claim=("damages", "indemnity"))
    make.submitted(anna, incident, remedy="indemnity")
    make.decided(bruno, incident, rita, remedy="indemnity", login="bruno@virgilio.example")
    make.customer(incident, "third@libero.example")
    make.submitted(anna, incident, remedy="damages", login="third@libero.example")
    make.later_terms(incident)
    run = mass_runs.propose(incident.code, "indemnity", by=mara)
    assert (run.people, run.excluded["claimed"]) == (1, 2)
    walk(mass_runs.approve(run.pk, by=marco), size=2)
    assert Payout.objects.get(run__isnull=False).customer.login == "third@libero.example"


def test_the_crank_walks_every_run_to_its_end(many, mara, marco):
    run = approved(many, mara, marco)
    assert mass_runs.grant_next().granted == 9
    assert mass_runs.grant_next() is None
    run.refresh_from_db()
    assert run.state == "done"
    assert notices.deliver_batch() == 9
