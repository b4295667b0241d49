"""What PostgreSQL itself refuses, whoever asks: tried by plain SQL behind the actions' back."""

from itertools import product

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from claims.actions import decisions
from claims.models import Claim, Decision, JournalEntry
from claims.rules.statuses import CLAIM_MOVES, Status
from tests import make

PAIRS = sorted(product(map(str, Status), map(str, Status)))
ILLEGAL = [pair for pair in PAIRS if pair[0] != pair[1] and pair not in CLAIM_MOVES]


def execute(sql, *values):
    """Runs `sql` in a savepoint; how many rows it changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def without_triggers(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


def is_refused(sql, *values):
    try:
        execute(sql, *values)
    except DatabaseError:
        return True
    return False


def test_i_27_all_256_pairs_of_states_are_tried_and_each_that_is_no_move_is_refused(anna, incident, rita):
    """A claim is put into each state with triggers off; then each target is tried with them on."""
    claim = make.taken(anna, incident, rita)
    wrong = []
    for source, target in PAIRS:
        without_triggers("UPDATE claims_claim SET status = %s WHERE id = %s", source, claim.pk)
        legal = source == target or (source, target) in CLAIM_MOVES
        if is_refused("UPDATE claims_claim SET status = %s WHERE id = %s", target, claim.pk) is legal:
            wrong.append((source, target))
    without_triggers("UPDATE claims_claim SET status = 'in_review' WHERE id = %s", claim.pk)  # as its journal says
    assert wrong == []
    assert len(PAIRS) == 256
    assert len(ILLEGAL) == 256 - 16 - 42


def test_a_refused_move_says_which_one(anna, incident):
    claim = make.draft(anna, incident)
    with pytest.raises(IntegrityError, match="a claim may not move from draft to paid"):
        execute("UPDATE claims_claim SET status = 'paid' WHERE id = %s", claim.pk)


def test_a_status_nobody_knows_is_refused(anna, incident):
    assert is_refused("UPDATE claims_claim SET status = 'won' WHERE id = %s", make.draft(anna, incident).pk)


def test_a_claim_begins_as_a_draft(anna, incident):
    claim = make.submitted(anna, incident)
    columns = [field.column for field in Claim._meta.fields if field.column not in ("id", "reference")]
    names = ", ".join(columns)
    copy = f"INSERT INTO claims_claim (reference, {names}) SELECT 'x', {names} FROM claims_claim WHERE id = %s"
    assert is_refused(copy, claim.pk)


def test_a_claim_is_never_deleted(anna, incident):
    claim = make.draft(anna, incident)
    assert is_refused("DELETE FROM claims_claim WHERE id = %s", claim.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        claim.delete()
    assert Claim.objects.filter(pk=claim.pk).exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE claims_journalentry SET action = 'nothing'",
        "UPDATE claims_journalentry SET at = now()",
        "UPDATE claims_journalentry SET hash = hash",
        "DELETE FROM claims_journalentry",
        "TRUNCATE claims_journalentry",
        "TRUNCATE claims_journalentry CASCADE",
    ],
)
def test_the_journal_is_written_once(anna, incident, rita, sql):
    make.decided(anna, incident, rita)
    before = list(JournalEntry.objects.values_list())
    assert is_refused(sql)
    assert list(JournalEntry.objects.values_list()) == before


def test_two_entries_never_share_a_number(anna, incident):
    make.draft(anna, incident)
    columns = ", ".join(field.column for field in JournalEntry._meta.fields if field.column != "id")
    assert is_refused(f"INSERT INTO claims_journalentry ({columns}) SELECT {columns} FROM claims_journalentry")


def test_the_claimant_never_reviews_the_own_claim(anna, incident, rita):
    claim = make.taken(anna, incident, rita)
    assert is_refused("UPDATE claims_claim SET assigned_to_id = claimant_id WHERE id = %s", claim.pk)
    assert is_refused("UPDATE claims_claim SET assigned_to_id = NULL WHERE id = %s", claim.pk)


def test_nobody_decides_an_own_claim(anna, incident, rita):
    claim = make.decided(anna, incident, rita)
    assert is_refused("UPDATE claims_decision SET decider_id = %s WHERE claim_id = %s", anna.pk, claim.pk)
    decision = claim.decisions.get()
    decision.pk, decision.decider = None, anna
    with pytest.raises(IntegrityError, match="nobody decides an own claim"), transaction.atomic():
        decision.save(force_insert=True)


def test_one_round_has_one_standing_decision(anna, incident, rita):
    claim = make.decided(anna, incident, rita)
    for state in ("proposed", "effective"):
        decision = claim.decisions.get()
        decision.pk, decision.state = None, state
        with pytest.raises(IntegrityError, match="one_standing_decision_per_round"), transaction.atomic():
            decision.save(force_insert=True)


def test_the_arithmetic_of_a_decision_adds_up(anna, incident, rita):
    make.decided(anna, incident, rita)
    assert is_refused("UPDATE claims_decision SET net = net + 0.01")
    assert is_refused("UPDATE claims_decision SET offsets = -1, net = total + 1")
    assert is_refused("UPDATE claims_decision SET total = -1, net = -1")


def test_decisions_and_signatures_are_kept(anna, incident, rita, sara):
    claim = over_the_limit(anna, incident, rita)
    decisions.countersign(claim.reference, by=sara)
    assert is_refused("DELETE FROM claims_countersignature")
    assert is_refused("DELETE FROM claims_decision")
    assert Decision.objects.count() == 1


def over_the_limit(anna, incident, rita):
    claim = make.taken(anna, incident, rita, items=[make.item("600.00")])
    return decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))


def test_i_26_neither_decider_nor_claimant_countersigns(anna, incident, rita, sara):
    decision = over_the_limit(anna, incident, rita).decisions.get()
    sign = "INSERT INTO claims_countersignature (decision_id, signer_id, signed_at) VALUES (%s, %s, now())"
    assert is_refused(sign, decision.pk, rita.pk)
    assert is_refused(sign, decision.pk, anna.pk)
    assert execute(sign, decision.pk, sara.pk) == 1
    assert is_refused(sign, decision.pk, sara.pk)
    assert is_refused("UPDATE claims_countersignature SET signer_id = %s", rita.pk)


def test_an_amount_is_above_zero_and_an_own_share_a_percentage(anna, incident, rita):
    claim = make.decided(anna, incident, rita)
    assert is_refused("UPDATE claims_lossitem SET amount = 0 WHERE claim_id = %s", claim.pk)
    assert is_refused("UPDATE claims_award SET share = 100.01")
    assert is_refused("UPDATE claims_award SET awarded = -0.01")


def test_a_claim_has_one_open_desk(anna, incident, rita, remo):
    claim = make.taken(anna, incident, rita)
    with pytest.raises(IntegrityError), transaction.atomic():
        claim.assignments.create(reviewer=remo)


def test_a_notice_is_written_once_for_each_fact(anna, incident):
    claim = make.submitted(anna, incident)
    assert is_refused(
        "INSERT INTO claims_notice (key, kind, language, context, code, state, tries, created_at, next_try_at, address,"
        " last_error) SELECT key, kind, language, context, 'x', state, 0, now(), now(), address, '' FROM claims_notice"
        " WHERE claim_id = %s",
        claim.pk,
    )
