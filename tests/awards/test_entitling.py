"""What a decision gives beside money is owed once, when the decision is final, and no more when it is superseded."""

import pytest
from django.db import DatabaseError, connection, transaction

from claims.actions import appeals, decisions, endings, fulfilling, review
from claims.models import Entitlement, JournalEntry
from tests import make
from tests.awards.conftest import answer

pytestmark = pytest.mark.django_db


def rows(claim):
    return [(row.kind, row.quantity, row.state) for row in claim.entitlements.order_by("id")]


def again(claim, by, **gifts):
    """The decision of a further round by `by`, accepted by the claimant."""
    make.checked(claim)
    items = make.findings(claim, awarded="0.00", reasons=("no_evidence",))
    awards = [{"kind": kind, "quantity": quantity} for kind, quantity in gifts.items()]
    decisions.decide(claim.reference, by=by, outcome="partly_approved", items=items, awards=awards)
    endings.accept(claim.reference, by=claim.claimant)


def test_nothing_is_owed_while_an_appeal_is_possible_and_then_once(counter, anna, remo):
    claim = counter.decided(anna, storage_gb=10, subscription_month=2)
    assert rows(claim) == []
    appeals.appeal(claim.reference, by=anna, grounds="Too little")
    review.take(claim.reference, by=remo)
    again(claim, remo, storage_gb=20, subscription_month=2)
    assert rows(claim) == [("storage_gb", 20, "waiting"), ("subscription_month", 2, "waiting")]
    facts = JournalEntry.objects.of(claim).get(action="accept").facts
    assert facts["awards"] == {"storage_gb": 20, "subscription_month": 2}


def test_a_reopened_claim_loses_what_had_not_left_and_is_owed_what_is_missing(counter, sara, remo):
    claim = counter.due(storage_gb=10, subscription_month=2, voucher=20)
    counter.out(kind="storage_gb")
    endings.reopen(claim.reference, by=sara, reason="An error of ours", to=remo)
    kept = [("storage_gb", 10, "listed"), ("subscription_month", 2, "cancelled"), ("voucher", 20, "cancelled")]
    assert sorted(rows(claim)) == kept
    again(claim, remo, storage_gb=25, voucher=30)
    assert sorted(rows(claim)) == sorted([*kept, ("storage_gb", 15, "waiting"), ("voucher", 30, "waiting")])


def test_what_comes_back_after_a_claim_was_reopened_is_not_given_any_more(counter, sara, remo, mara):
    claim = counter.due(storage_gb=10, subscription_month=2)
    out, early = counter.out(kind="storage_gb"), counter.file("subscription_month")
    endings.reopen(claim.reference, by=sara, reason="An error of ours", to=remo)
    assert {state for _kind, _quantity, state in rows(claim)} == {"listed"}
    fulfilling.cancel_file(early.number, by=mara, reason="Reopened")
    counter.confirm(out, answer(out, refused={out.lines.get().name}))
    assert {state for _kind, _quantity, state in rows(claim)} == {"cancelled"}
    again(claim, remo, storage_gb=10)
    assert rows(claim)[-1] == ("storage_gb", 10, "waiting")


def test_the_database_keeps_what_was_granted(counter, anna):
    claim = counter.due(anna, storage_gb=10)
    other = counter.decided(storage_gb=5)
    pending = counter.decided(voucher=20)
    insert = (
        "INSERT INTO claims_entitlement (incident_id, kind, quantity, state, claim_id, decision_id, created_at)"
        " SELECT c.incident_id, {kind}, {quantity}, {state}, {claim}, d.id, now() FROM claims_decision d"
        " JOIN claims_claim c ON c.id = d.claim_id WHERE d.claim_id = {of}"
    )
    values = {"kind": "'storage_gb'", "quantity": "5", "state": "'waiting'", "claim": other.pk, "of": other.pk}
    forbidden = {
        "UPDATE claims_entitlement SET quantity = 99": "Cannot update",
        "UPDATE claims_entitlement SET state = 'given'": "waiting may not become given",
        "DELETE FROM claims_entitlement": "Cannot delete",
        "TRUNCATE claims_entitlement CASCADE": "what was written is kept",
        insert.format(**values | {"claim": claim.pk, "of": claim.pk}): "one_live_entitlement_per_decision",
        insert.format(**values | {"quantity": "6"}): "at most as much",
        insert.format(**values | {"kind": "'voucher'"}): "at most as much",
        insert.format(**values | {"claim": pending.pk}): "at most as much",
        insert.format(**values | {"state": "'given'"}): "it starts as waiting",
        insert.format(**values | {"claim": "NULL"}): "at most as much",
    }
    wrong = {sql: said for sql, words in forbidden.items() if words not in (said := attempt(sql))}
    assert wrong == {}
    assert Entitlement.objects.count() == 1


def attempt(sql):
    """What the database says; "" if it does as it is told."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(sql)
    except DatabaseError as error:
        return str(error)
    return ""
