"""The referee finds planted violations of what holds for signatures, benefits, letters and appeals."""

from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from claims.actions import appeals, decisions, letters, review
from claims.models import Letter
from tests import make
from tests.referee import assert_laws_hold
from tests.reports.test_referee import broken, plant

pytestmark = pytest.mark.django_db(transaction=True)


def decide(claim, by, *, awarded="50.00", outcome="partly_approved", reasons=("accepted_equitably",), **more):
    items = make.findings(claim, awarded=awarded, reasons=reasons)
    return decisions.decide(claim.reference, by=by, outcome=outcome, items=items, **more)


@pytest.fixture
def partly(anna, incident, rita):
    """50.00 of 120.00, decided by rita; nobody had to sign."""
    return decide(make.taken(anna, incident, rita), rita)


@pytest.fixture
def twice(partly, remo, sara):
    """The same after an appeal: 60.00, decided by remo and signed by sara."""
    appeals.appeal(partly.reference, by=partly.claimant, grounds="Look again.")
    claim = make.checked(review.take(partly.reference, by=remo))
    decide(claim, remo, awarded="60.00", ask_signature=True)
    decisions.countersign(claim.reference, by=sara)
    assert_laws_hold()
    return claim


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE claims_decision SET signature_reasons = '{asked}'", "although somebody had to (asked)"),
        (
            'UPDATE claims_incidentterms SET "values" = "values" || \'{"countersign_remedies": ["damages"]}\'',
            "although its remedy asks for it",
        ),
        (
            'UPDATE claims_incidentterms SET "values" = "values" || \'{"sample_rates": {"damages": "1"}}\'',
            "although the sample picked it",
        ),
    ],
)
def test_l4_a_signature_that_was_due_and_is_not_there(partly, sql, says):
    assert_laws_hold()
    plant(sql)
    assert says in " ".join(broken()["L4"])


def test_l4_what_was_signed_needs_no_more(twice):
    plant("UPDATE claims_decision SET signature_reasons = '{asked}' WHERE round = 2")
    assert "L4" not in broken()


def test_l5_a_rejection_gives_nothing_beside_money_and_a_grant_gives_something(anna, incident, rita, partly):
    rejected = decide(
        make.taken(anna, incident, rita), rita, awarded="0.00", outcome="rejected", reasons=["no_evidence"]
    )
    gift = [{"kind": "storage_gb", "quantity": 5}]
    given = make.taken(anna, incident, rita)
    decide(given, rita, awarded="0.00", reasons=["no_evidence"], awards=gift)
    assert_laws_hold()
    plant(
        "INSERT INTO claims_benefit (decision_id, kind, quantity)"
        " SELECT id, 'storage_gb', 5 FROM claims_decision WHERE claim_id = %s",
        rejected.pk,
    )
    assert f"{rejected.reference}: it is “rejected” with 0.00 euro" in broken()["L5"]
    plant("DELETE FROM claims_benefit")
    assert f"{given.reference}: it is “partly_approved” with 0.00 euro" in broken()["L5"]


def test_l4_a_later_round_decided_by_an_earlier_hand(twice, rita):
    plant("UPDATE claims_decision SET decider_id = %s WHERE round = 2", rita.pk)
    assert "the appeal was decided by who decided or signed before" in " ".join(broken()["L4"])


def test_l15_a_later_round_signed_by_who_decided_an_earlier_one(twice, rita):
    plant("UPDATE claims_countersignature SET signer_id = %s", rita.pk)
    assert "who decided an earlier round signed this one" in broken()["L15"][0]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM claims_appeal", "it waits for the decision on an appeal that nobody filed"),
        ("UPDATE claims_decision SET state = 'void'", "against a decision that is “void”"),
        ("UPDATE claims_appeal SET filed_at = filed_at - interval '1 day'", "filed before the decision"),
        ("UPDATE claims_claim SET round = 1", "its appeal began no round"),
        (
            "UPDATE claims_journalentry SET action = 'take' WHERE action = 'appeal'",
            "the journal tells of another appeal",
        ),
    ],
)
def test_l15_an_appeal_that_cannot_be(partly, sql, says):
    appeals.appeal(partly.reference, by=partly.claimant, grounds="Look again.")
    assert_laws_hold()
    plant(sql)
    assert says in " ".join(broken()["L15"])


def test_l15_a_second_appeal_and_one_against_another_claims_decision(partly, bruno, incident, rita, whole_tables):
    other = decide(make.taken(bruno, incident, rita, login="bruno@virgilio.example"), rita)
    for claim in (partly, other):
        appeals.appeal(claim.reference, by=claim.claimant, grounds="Look again.")
    assert_laws_hold()
    whole_tables("claims_appeal", constraint_of("claims_appeal", "claim_id"))
    plant("UPDATE claims_appeal SET claim_id = %s WHERE claim_id = %s", partly.pk, other.pk)
    told = " ".join(broken()["L15"])
    assert "there is more than one appeal" in told
    assert "against a decision of another claim" in told


def constraint_of(table, column):
    """The name of the constraint that makes a column unique."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'"
            " AND pg_get_constraintdef(oid) = %s",
            [table, f"UNIQUE ({column})"],
        )
        return cursor.fetchone()[0]


def test_l15_a_decision_on_appeal_that_gives_less(twice):
    plant("UPDATE claims_decision SET net = 10, offsets = 0, total = 10 WHERE round = 2")
    assert "gives less than the first" in broken()["L15"][0]
    plant('UPDATE claims_incidentterms SET "values" = "values" || \'{"appeal_may_worsen": true}\'')
    assert "L15" not in broken()


def printed():
    after = 0
    while after is not None:
        after = letters.print_batch(after)


def test_l14_a_decision_without_its_letter(partly):
    plant("DELETE FROM claims_letter")
    assert broken()["L14"] == [f"{partly.reference}, round 1: its decision has no letter"]


def test_l14_a_letter_that_is_not_printed_in_time(partly):
    assert "L14" not in broken()
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert "its letter waits to be printed since" in broken()["L14"][0]
        printed()
        assert "L14" not in broken()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE evidence_document SET sha256 = repeat('0', 64) WHERE id = %s", "not the one that was printed"),
        (
            "UPDATE claims_letter SET document_id = (SELECT id FROM evidence_document WHERE id <> %s LIMIT 1)",
            "not the one that was printed",
        ),
        (
            "DELETE FROM claims_journalentry WHERE chain = (SELECT 'letter:' || id FROM claims_letter"
            " WHERE document_id = %s)",
            "the journal does not say so",
        ),
    ],
)
def test_l14_a_letter_that_is_another(partly, sql, says):
    printed()
    assert_laws_hold()
    plant(sql, Letter.objects.get().document_id)
    assert says in broken()["L14"][0]


def test_l14_a_letter_of_no_decision(partly):
    plant("UPDATE claims_decision SET state = 'void'")
    assert "a letter tells of a decision that is “void”" in " ".join(broken()["L14"])


def test_printing_before_the_referee_looks_cannot_hide_a_letter_that_will_not_print(partly):
    """The instrument itself: tests print what a clock they moved made late, and nothing else."""
    with (
        time_machine.travel(timezone.now() + timedelta(days=1)),
        mock.patch("claims.letters.page.pdf", side_effect=OSError),
        pytest.raises(AssertionError, match="L14"),
    ):
        assert_laws_hold()
