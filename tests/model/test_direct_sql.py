"""What plain SQL behind the actions' back may not do to a case. Moves: tests/actions/test_database_refuses.py.

Each statement says by which words the database must refuse it, so that a slip in the statement does not pass.
"""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from claims.actions import appeals, decisions, holds, legal_holds, letters, questions, review
from claims.actions.clock import today
from claims.models import Letter
from tests import make

IBAN = "IT60X0542811101000000123456"
KEPT, PROTECTED = "what was written is kept", "Cannot update or delete rows"
CLAIM = "(SELECT id FROM claims_claim WHERE reference = %(settled)s)"
FIRST = f"(SELECT id FROM claims_decision WHERE claim_id = {CLAIM} AND round = 1)"
LINE = (
    'INSERT INTO claims_clockevent (claim_id, round, kind, "on", days, mode, basis) VALUES'
    " ((SELECT id FROM claims_claim WHERE reference = %(asked)s), {round}, '{kind}', current_date + {days}, {number},"
    " 'calendar', 'x')"
)
DECISION = "claim_id, round, outcome, state, decider_id, note, assessment, reason_versions, total, offsets, net"
DECISION += ", signature_reasons, made_at, effective_at"
AGAIN = (
    f"INSERT INTO claims_decision ({DECISION}) SELECT claim_id, {{round}}, outcome, '{{state}}', {{decider}}, note,"
    f" assessment, reason_versions, total, offsets, net, {{reasons}}, made_at, effective_at FROM claims_decision"
    f" WHERE id = {FIRST}"
)
AWARD = (
    "INSERT INTO claims_award (decision_id, item_id, awarded, share, reduced, reasons)"
    " SELECT d.id, i.id, {amounts}, '{{}}' FROM claims_decision d, claims_lossitem i, claims_claim c"
    " WHERE d.id = (SELECT max(id) FROM claims_decision"
    " WHERE state = 'void') AND i.claim_id = c.id AND c.reference = %({item})s"
)
SIGN = "INSERT INTO claims_countersignature (decision_id, signer_id, signed_at) VALUES ({decision}, %({who})s, now())"
PROPOSED = "(SELECT id FROM claims_decision WHERE state = 'proposed')"

FORBIDDEN = {
    "a claim": {
        "UPDATE claims_claim SET status = 'in_review', assigned_to_id = %(rita)s"
        " WHERE reference = %(free)s": "without a journal entry",
        "UPDATE claims_claim SET round = 1 WHERE reference = %(settled)s": "a round does not come back",
        f"UPDATE claims_claim SET reference = 'x' WHERE id = {CLAIM}": "Cannot update",
        f"UPDATE claims_claim SET claimant_id = %(bruno)s WHERE id = {CLAIM}": "Cannot update",
        f"UPDATE claims_claim SET terms_id = %(later)s WHERE id = {CLAIM}": "Cannot update",
        f"UPDATE claims_claim SET due = NULL WHERE id = {CLAIM}": "claim_submitted_has_due",
        "UPDATE claims_claim SET status = 'paid' WHERE reference = %(free)s": "may not move from submitted to paid",
        "INSERT INTO claims_claim (reference, incident_id, terms_id, claimant_id, filed_by_id, login,"
        " login_explanation, narrative, late_reason, identity_check, channel, remedy, iban_index, iban_hint, flags,"
        " claimed, risk, round,"
        " version, created_at, updated_at, submitted_at, due, status) SELECT 'x', incident_id, terms_id, claimant_id,"
        " filed_by_id, login, '', '', '', '', channel, remedy, '', '', '{}', claimed, 0, 1, 1, created_at, updated_at,"
        f" submitted_at, due, 'submitted' FROM claims_claim WHERE id = {CLAIM}": "a claim starts as a draft",
        f"DELETE FROM claims_claim WHERE id = {CLAIM}": "Cannot delete",
        "TRUNCATE claims_claim CASCADE": KEPT,
        "INSERT INTO claims_appeal (claim_id, against_id, grounds, filed_at) SELECT claim_id, against_id, 'x', now()"
        " FROM claims_appeal": "duplicate key",
        "UPDATE claims_appeal SET grounds = 'x'": PROTECTED,
        "DELETE FROM claims_appeal": PROTECTED,
        "TRUNCATE claims_appeal": KEPT,
    },
    "what is claimed": {
        f"UPDATE claims_lossitem SET amount = amount + 1 WHERE claim_id = {CLAIM}": "settled when it is submitted",
        f"DELETE FROM claims_lossitem WHERE claim_id = {CLAIM}": "settled when it is submitted",
        "INSERT INTO claims_lossitem (claim_id, head, description, amount, occurred_at)"
        " SELECT claim_id, head, 'x', 9, now() FROM claims_lossitem"
        f" WHERE claim_id = {CLAIM}": "settled when it is submitted",
        "UPDATE claims_lossitem SET claim_id = (SELECT id FROM claims_claim WHERE reference = %(draft)s)"
        f" WHERE claim_id = {CLAIM}": "settled when it is submitted",
    },
    "a decision": {
        f"UPDATE claims_decision SET outcome = 'rejected' WHERE id = {FIRST}": "Cannot update",
        f"UPDATE claims_decision SET total = total + 1, net = net + 1 WHERE id = {FIRST}": "Cannot update",
        f"UPDATE claims_decision SET note = 'x' WHERE id = {FIRST}": "Cannot update",
        f"UPDATE claims_decision SET effective_at = now() WHERE id = {FIRST}": "Cannot update",
        f"UPDATE claims_decision SET state = 'void' WHERE id = {FIRST}": "Cannot update",
        "UPDATE claims_decision SET signature_reasons = '{}', state = 'effective'"
        f" WHERE id = {PROPOSED}": "Cannot update",
        f"UPDATE claims_decision SET state = 'effective' WHERE id = {PROPOSED}": "a second person must sign",
        f"DELETE FROM claims_decision WHERE id = {FIRST}": "Cannot delete",
        "TRUNCATE claims_decision CASCADE": KEPT,
        AGAIN.format(round=1, state="effective", decider="%(remo)s", reasons="'{}'"): "one_standing_decision_per_round",
        AGAIN.format(round=2, state="effective", decider="%(rita)s", reasons="'{}'"): "another reviewer decides",
        AGAIN.format(round=2, state="effective", decider="%(sara)s", reasons="'{}'"): "another reviewer decides",
        AGAIN.format(round=2, state="proposed", decider="%(anna)s", reasons="'{}'"): "nobody decides an own claim",
        AGAIN.format(
            round=2, state="effective", decider="%(bruno)s", reasons="'{amount}'"
        ): "a second person must sign",
        AGAIN.format(round=2, state="proposed", decider="%(kin)s", reasons="'{amount}'"): "for their own household",
        AGAIN.format(round=3, state="effective", decider="%(bruno)s", reasons="'{}'"): "checklist of this round",
    },
    "an award": {
        "UPDATE claims_award SET awarded = awarded - 1": PROTECTED,
        "DELETE FROM claims_award": PROTECTED,
        "TRUNCATE claims_award": KEPT,
        AWARD.format(amounts="i.amount + 0.01, 0, i.amount + 0.01", item="settled"): "at most what is claimed",
        AWARD.format(amounts="i.amount, 50, i.amount", item="settled"): "less the own share",
        AWARD.format(amounts="1, 0, 1", item="free"): "for a loss of the claim",
        "UPDATE claims_benefit SET quantity = 99": PROTECTED,
        "DELETE FROM claims_benefit": PROTECTED,
        "TRUNCATE claims_benefit": KEPT,
    },
    "a signature": {
        SIGN.format(decision=PROPOSED, who="remo"): "a second person must countersign",
        SIGN.format(decision=PROPOSED, who="bruno"): "nobody decides for their own",
        f"UPDATE claims_countersignature SET signer_id = %(sonia)s WHERE decision_id = {FIRST}": PROTECTED,
        f"DELETE FROM claims_countersignature WHERE decision_id = {FIRST}": PROTECTED,
        "TRUNCATE claims_countersignature": KEPT,
    },
    "a clock": {
        LINE.format(round=1, kind="pause", days=1, number=0): "does not fit the ledger",
        LINE.format(round=1, kind="resume", days=-1, number=0): "does not fit the ledger",
        LINE.format(round=1, kind="extend", days=-9, number=5): "does not fit the ledger",
        LINE.format(round=1, kind="start", days=1, number=5): "does not fit the ledger",
        LINE.format(round=2, kind="resume", days=1, number=0): "does not fit the ledger",
        LINE.format(round=2, kind="extend", days=1, number=5): "does not fit the ledger",
        LINE.format(round=1, kind="resume", days=1, number=5): "clock_event_days",
        LINE.format(round=2, kind="start", days=1, number=0): "clock_event_days",
        "UPDATE claims_clockevent SET days = 90 WHERE kind = 'start'": PROTECTED,
        "DELETE FROM claims_clockevent": PROTECTED,
        "TRUNCATE claims_clockevent": KEPT,
        "INSERT INTO claims_hold (claim_id, reason, until, pauses, by_id, started_at) SELECT claim_id, reason, until,"
        " pauses, by_id, now() FROM claims_hold": "one_open_hold",
        "INSERT INTO claims_informationrequest (claim_id, asked_by_id, text, state, due, asked_at, answer)"
        " SELECT claim_id, asked_by_id, text, state, due, now(), '' FROM claims_informationrequest": "one_open_request",
    },
    "a checklist": {
        f"UPDATE claims_check SET note = 'x' WHERE claim_id = {CLAIM}": "stays as it is",
        "DELETE FROM claims_check": "Cannot delete",
    },
    "a legal hold": {
        "UPDATE claims_legalhold SET reason = 'x' WHERE lifted_at IS NULL": "Cannot update",
        "UPDATE claims_legalhold SET lifted_at = NULL, lifted_by_id = NULL"
        " WHERE lifted_at IS NOT NULL": "Cannot update",
        "DELETE FROM claims_legalhold": "Cannot delete",
    },
    "a letter": {
        "UPDATE claims_letter SET content = '{}' WHERE document_id IS NULL": "Cannot update",
        "UPDATE claims_letter SET code = 'x'": "Cannot update",
        "UPDATE claims_letter SET document_id = NULL WHERE document_id IS NOT NULL": "Cannot update",
        "DELETE FROM claims_letter": "Cannot delete",
        "TRUNCATE claims_letter": KEPT,
        "UPDATE claims_lettertext SET opening = 'x'": PROTECTED,
        "DELETE FROM claims_reasontext": PROTECTED,
        "UPDATE claims_incidentterms SET values = '{}'": PROTECTED,
        "DELETE FROM claims_incidentterms WHERE id = %(later)s": PROTECTED,
        "UPDATE claims_notice SET key = (SELECT min(key) FROM claims_notice)": "duplicate key",
    },
}


@pytest.fixture
def world(anna, bruno, incident, rita, remo, sara):
    """One claim through two rounds and decided, one with a question, one on hold, one proposed, one free, a draft."""
    sonia = make.person("sonia", "supervisor")
    settled = make.taken(anna, incident, rita, items=[make.item("600.00")], iban=IBAN)
    full = {"outcome": "approved", "items": make.findings(settled)}
    decisions.decide(settled.reference, by=rita, **full, awards=[{"kind": "storage_gb", "quantity": 1}])
    decisions.countersign(settled.reference, by=sara)
    appeals.appeal(settled.reference, by=anna, grounds="Too little")
    review.take(settled.reference, by=remo)
    make.checked(settled)
    decisions.decide(settled.reference, by=remo, **full, awards=[{"kind": "storage_gb", "quantity": 2}])
    decisions.recall(settled.reference, by=remo)
    decisions.decide(settled.reference, by=remo, **full, awards=[{"kind": "storage_gb", "quantity": 2}])
    decisions.countersign(settled.reference, by=sonia)
    letters.print_one(Letter.objects.order_by("id").first().pk)
    asked = questions.ask(make.taken(anna, incident, rita).reference, by=rita, items=["Why"])
    held = make.taken(anna, incident, rita)
    holds.hold(held.reference, by=rita, until=today() + timedelta(days=5), reason="expert")
    others = make.taken(bruno, incident, remo, login="bruno@virgilio.example", items=[make.item("600.00")])
    decisions.decide(others.reference, by=remo, outcome="approved", items=make.findings(others))
    for claim in (settled, asked):
        legal_holds.place(claim.reference, by=sara, reason="Inspection")
    legal_holds.lift(asked.reference, by=sara, reason="It is over")
    kin = make.person("kin", "reviewer", second_email=anna.email)
    made = {
        "settled": settled.reference,
        "asked": asked.reference,
        "held": held.reference,
        "free": make.submitted(anna, incident).reference,
        "draft": make.draft(anna, incident).reference,
        "later": make.later_terms(incident).pk,
        **{person.email.partition("@")[0]: person.pk for person in (anna, bruno, rita, remo, sara, sonia, kin)},
    }
    with connection.cursor() as cursor:  # as if all of this had been committed
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return made


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_database_refuses_whatever_would_change_what_was_settled_about(what, world):
    wrong = {}
    for sql, words in FORBIDDEN[what].items():
        answer = attempt(sql, world)
        if words not in answer:
            wrong[sql] = answer
    assert wrong == {}


def attempt(sql, values):
    """What the database says to a statement whose transaction ends; "" if it does as it is told."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            touched = cursor.rowcount
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError as error:
        return str(error)
    return "" if touched else "it found no row"


TRIGGERS = """
    SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND relname = ANY(%s) ORDER BY 1, 2
"""
TABLES = ["appeal", "award", "benefit", "check", "claim", "clockevent", "countersignature", "decision"]
TABLES += ["legalhold", "letter", "lossitem"]


TRUNCATING = f"{TRIGGERS.partition('AND relname')[0]} AND tgtype & 32 > 0"


def test_each_guard_is_needed_by_some_statement(world):
    """Switched off one at a time: then something passes, or is stopped in other words, that it alone refused.

    TRUNCATE … CASCADE is refused by all that hangs on a table, too: their guards are off while one of them is tried.
    """
    statements = {sql: words for group in FORBIDDEN.values() for sql, words in group.items()}
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS, [[f"claims_{name}" for name in TABLES]])
        guards, idle = cursor.fetchall(), []
        cursor.execute(TRUNCATING)
        truncating = cursor.fetchall()
        for table, guard in guards:
            about = [(sql, words) for sql, words in statements.items() if table in sql]
            with transaction.atomic():
                if (table, guard) in truncating:
                    switch_off(cursor, *(each for each in truncating if each != (table, guard)))
                    about = [(sql, words) for sql, words in about if f"TRUNCATE {table}" in sql]
                    assert about, table
                    assert [sql for sql, words in about if words not in attempt(sql, world)] == []
                switch_off(cursor, (table, guard))
                if all(words in attempt(sql, world) for sql, words in about):
                    idle.append((table, guard))
                transaction.set_rollback(True)
    assert len(guards) >= 35
    assert idle == []


def switch_off(cursor, *guards):
    for table, guard in guards:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")


def test_what_goes_on_as_it_should_is_not_in_the_way(world):
    allowed = (
        "UPDATE claims_claim SET round = round + 1 WHERE reference = %(settled)s",
        "UPDATE claims_lossitem SET amount = 1 FROM claims_claim c WHERE c.id = claim_id AND c.reference = %(draft)s",
        SIGN.format(decision=PROPOSED, who="sara"),
        f"UPDATE claims_decision SET state = 'returned' WHERE id = {PROPOSED}",
        LINE.format(round=1, kind="resume", days=1, number=0),
        LINE.format(round=1, kind="extend", days=1, number=5),
        LINE.format(round=2, kind="start", days=1, number=5),
    )
    assert [sql for sql in allowed if attempt(sql, world)] == []
