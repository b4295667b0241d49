"""The referee finds every way in which a mass run could lie, and the database refuses what it can."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from claims.actions import mass_runs
from claims.models import Customer, MassRun, Notice, Payout
from claims.reports import referee
from tests import make
from tests.mass.test_mass_runs import approved, walk
from tests.reports.test_referee import plant


def broken():
    return "; ".join({verdict.law: verdict for verdict in referee.judge()}["L18"].examples)


@pytest.fixture
def done(mara, marco):
    return walk(approved(make.crowd(5), mara, marco), size=2)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "UPDATE claims_payout SET amount = amount + 0.01 WHERE id = (SELECT max(id) FROM claims_payout)",
            "it counted",
        ),
        (
            "DELETE FROM claims_notice; DELETE FROM claims_payout WHERE id = (SELECT max(id) FROM claims_payout)",
            "for 4",
        ),
        ("UPDATE claims_massrun SET granted_total = granted_total + 24", "it counted 144.00"),
        ("DELETE FROM claims_notice WHERE id = (SELECT max(id) FROM claims_notice)", "4 notices for 5 people"),
        ("UPDATE claims_massrun SET walked = 4", "it is done after 4 of 5"),
        ("UPDATE claims_massrun SET cursor = 1", "beyond its cursor"),
        (
            "DELETE FROM claims_journalentry WHERE action = 'grant' AND (facts ->> 'walked')::int = 1",
            "the journal tells of 96.00 for 4",
        ),
    ],
)
def test_l18_a_run_that_lies(done, sql, says):
    assert broken() == ""
    plant(sql)
    assert says in broken()


def test_l18_an_account_that_is_paid_twice(done):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_live_payout_per_customer")
    plant(
        "INSERT INTO claims_payout (incident_id, remedy, amount, state, customer_id, run_id, created_at)"
        " SELECT incident_id, remedy, amount, state, customer_id, run_id, created_at FROM claims_payout LIMIT 1"
    )
    assert "2 payouts of indemnity" in broken()


PAY = (
    "INSERT INTO claims_payout (incident_id, remedy, amount, state, customer_id, run_id, created_at)"
    " SELECT {incident}, {remedy}, 24, 'owed', {customer}, run.id, now() FROM claims_massrun run"
)
MINE = {"incident": "run.incident_id", "remedy": "'indemnity'", "customer": "(SELECT min(id) FROM claims_customer)"}


@pytest.mark.parametrize("state", ["proposed", "paused", "done", "cancelled"])
def test_only_an_approved_run_grants(mara, marco, state):
    run = mass_runs.propose(make.crowd(1).code, "indemnity", by=mara)
    if state in ("paused", "done"):
        mass_runs.approve(run.pk, by=marco)
    if state == "done":
        walk(run)
        Payout.objects.update(state="cancelled")
    elif state != "proposed":
        (mass_runs.pause if state == "paused" else mass_runs.cancel)(run.pk, by=marco)
    refused(PAY.format(**MINE), "grants its remedy to its roster")


@pytest.mark.parametrize(
    "other",
    [
        {"remedy": "'refund'"},
        {"incident": "(SELECT max(id) FROM claims_incident)"},
        {"customer": "(SELECT max(id) FROM claims_customer)"},
    ],
)
def test_a_payout_is_of_its_runs_incident_remedy_and_roster(mara, marco, other):
    run = approved(make.crowd(1), mara, marco)
    assert run.state == "approved"
    make.customer(make.incident("other-1"), "x@libero.example")
    refused(PAY.format(**MINE | other), "grants its remedy to its roster")


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (PAY.format(**MINE), "one_live_payout_per_customer"),
        ("UPDATE claims_massrun SET granted_total = granted_total + 1", "walks_when_approved|Cannot update"),
        ("UPDATE claims_massrun SET people = 6", "Cannot update|read-only|as_proposed"),
        ("UPDATE claims_massrun SET approved_by_id = NULL", "Cannot update|approved_by_somebody"),
        ("UPDATE claims_massrun SET state = 'approved'", "done may not become approved"),
        ("DELETE FROM claims_massrun", "Cannot delete"),
        ("TRUNCATE claims_massrun CASCADE", "is kept"),
        ("UPDATE claims_payout SET amount = 25", "Cannot update|read-only"),
    ],
)
def test_what_was_granted_is_not_changed_by_sql(done, sql, says):
    if "INSERT" in sql:
        says += "|grants its remedy"
    refused(sql, says)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("approved_by_id = proposed_by_id, approved_at = now(), state = 'approved'", "mass_run_second_person"),
        ("state = 'approved'", "mass_run_approved_by_somebody"),
        ("state = 'done', approved_by_id = %(other)s, approved_at = now()", "proposed may not become done"),
        ("granted = 1", "Cannot update"),
        ("approved_by_id = %(paid)s, approved_at = now(), state = 'approved'", "nobody approves a mass run that pays"),
    ],
)
def test_nobody_goes_round_the_second_manager_by_sql(mara, marco, ada, sql, says):
    incident = make.crowd(1)
    make.customer(incident, "x@libero.example", contact=ada.email.upper())
    mass_runs.propose(incident.code, "indemnity", by=mara)
    refused(f"UPDATE claims_massrun SET {sql}", says, {"other": marco.pk, "paid": ada.pk})


def test_a_run_is_not_done_with_other_sums_than_its_payouts(mara, marco):
    run = approved(make.crowd(3), mara, marco)
    mass_runs.grant_chunk(run.pk, size=2)
    refused("UPDATE claims_massrun SET granted_total = granted_total + 1, state = 'done'", "is done when its payouts")


def test_a_second_unfinished_run_is_refused(mara):
    run = mass_runs.propose(make.crowd(1).code, "indemnity", by=mara)
    run.pk, run.state = None, "counting"
    with pytest.raises(DatabaseError, match="one_mass_run_at_a_time"), transaction.atomic():
        run.save(force_insert=True)
    assert MassRun.objects.count() == 1


def refused(sql, says, parameters=None):
    before = counted()
    with pytest.raises(DatabaseError, match=says):
        execute(sql, parameters)
    assert counted() == before


def execute(sql, parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # of what was right until now
        cursor.execute(sql, parameters)


def counted():
    sums = [str(sum(Payout.objects.values_list("amount", flat=True), Decimal(0))), Customer.objects.count()]
    return [*sums, Payout.objects.count(), Notice.objects.count(), list(MassRun.objects.values())]
