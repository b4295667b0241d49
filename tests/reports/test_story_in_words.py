"""Every state and every act in plain words for the claimant, and the way of a claim through all of them."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone, translation

from claims.actions import appeals, banking, decisions, endings, holds, intake, lifecycle, review
from claims.models import Claim
from claims.reports import history, stories
from claims.reports.history import events_of, story
from claims.rules.statuses import LABELS, MOVES, Status
from tests import make
from tests.appeals.conftest import IBAN, days_later, decide, tell

ROOT = Path(history.__file__).parents[1]
STAFF = ("Rita", "Remo", "Sara", "rita", "remo", "sara", "example.org")


def acts():
    """Every action that code writes into a claim's journal: the moves, and what changes a claim without moving it."""
    found = {move.name for move in MOVES}
    for path in ROOT.glob("actions/*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in ("touch", "pass_on"):
                named = [each.value for each in call.keywords if each.arg == "action"]
                either = [
                    part for value in named if isinstance(value, ast.IfExp) for part in (value.body, value.orelse)
                ]
                found |= {value.value for value in named + either if isinstance(value, ast.Constant)}
    return found


def test_every_act_has_a_label_and_no_label_is_without_its_act():
    assert {"edit", "message", "extend"} <= acts() <= set(history.ACTIONS)
    assert set(history.ACTIONS) == acts()


@pytest.mark.parametrize("language", ["en", "it"])
def test_labels_are_words_and_not_codes(language):
    with translation.override(language):
        labels = {action: str(label) for action, label in (history.ACTIONS | history.GROUPS).items()}
    for action, label in labels.items():
        assert label[0].isupper(), label
        assert "_" not in label
        assert label != action


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("status", list(Status))
def test_every_state_says_where_it_stands_and_what_comes_next(status, language):
    with translation.override(language):
        for words in (stories.NOW[status], stories.NEXT[status]):
            text = str(words)
            assert text[0].isupper(), text
            assert text.endswith(".")
            assert "_" not in text
    waits_for_claimant = {Status.DRAFT, Status.INFORMATION_REQUESTED, Status.PAYMENT_RETURNED}
    assert (status in stories.YOU) is (status in waits_for_claimant)


def way(claim):
    """[(step, state)] and that dates are there exactly for what was reached, in order."""
    claim = Claim.objects.get(pk=claim.pk)
    steps = story(claim).steps
    reached = [step.at for step in steps if step.state != "ahead"]
    assert [step.at for step in steps if step.state == "ahead"] == [None] * (len(steps) - len(reached))
    dates = [at for at in reached if at]
    assert dates == sorted(dates)
    assert all(step.at for step in steps if step.state == "done")
    said = " ".join(
        [str(step.label) for step in steps] + [f"{e.label} {e.who}" for e in events_of(claim, for_staff=False)]
    )
    assert not [name for name in STAFF if name in said]
    return [f"{step.label} {step.state}" for step in steps]


def forced(claim, target, move):
    """A move that the bank makes, each time by another transfer."""
    with transaction.atomic():
        row = Claim.objects.select_for_update().select_related("claimant", "incident").get(pk=claim.pk)
        return lifecycle.advance(row, target, by=None, move=move, told={"about": f"transfer {row.version}"})


def done(*labels):
    return [f"{label} done" for label in labels]


def test_from_the_draft_to_the_money(anna, incident, rita):
    claim = make.draft(anna, incident, iban=IBAN)
    assert way(claim) == ["Draft current", "Submitted ahead", "In review ahead", "Decision ahead"]
    make.attachment(claim)
    claim = intake.submit_claim(claim.reference, by=anna, declaration=True)
    assert way(claim) == ["Draft done", "Submitted current", "In review ahead", "Decision ahead"]
    review.take(claim.reference, by=rita)
    assert way(claim) == [*done("Draft", "Submitted"), "In review current", "Decision ahead"]
    decide(claim, rita)
    assert way(claim) == done("Draft", "Submitted", "In review", "Decision")
    endings.accept(claim.reference, by=anna)
    assert way(claim) == [*done("Draft", "Submitted", "In review", "Decision"), "Payment current"]
    forced(claim, Status.PAID, "settle")
    assert way(claim) == done("Draft", "Submitted", "In review", "Decision", "Payment")
    forced(claim, Status.PAYMENT_RETURNED, "payment returned")
    reached = done("Draft", "Submitted", "In review", "Decision", "Payment")
    assert way(claim) == [*reached, "Payment came back current", "Payment ahead"]
    banking.give_bank_details(claim.reference, by=anna, iban=IBAN, holder="Anna")
    assert way(claim) == [*reached, "Payment came back done", "Payment current"]
    forced(claim, Status.PAID, "settle")
    forced(claim, Status.CLOSED, "close")
    assert way(claim) == [*reached, *done("Payment came back", "Payment", "Closed")]


def test_given_back_held_and_asked_it_is_where_it_is(anna, incident, rita, remo):
    claim = make.taken(anna, incident, rita)
    review.release(claim.reference, by=rita)
    assert way(claim) == ["Draft done", "Submitted current", "In review ahead", "Decision ahead"]
    review.take(claim.reference, by=remo)
    in_review = [*done("Draft", "Submitted"), "In review current", "Decision ahead"]
    holds.hold(claim.reference, by=remo, until=timezone.localdate() + timedelta(days=9), reason="expert")
    assert way(claim) == in_review
    holds.resume(claim.reference, by=remo)
    decisions.decide(
        claim.reference, by=remo, outcome="approved", items=make.findings(claim), note="n", ask_signature=True
    )
    assert way(claim) == in_review


def test_an_appeal_keeps_the_first_decision_and_ends_finally(anna, incident, rita, remo):
    claim = decide(make.taken(anna, incident, rita, iban=IBAN), rita, awarded="50.00")
    tell()
    appeals.appeal(claim.reference, by=anna, grounds="The second invoice was overlooked, please look again.")
    first = done("Draft", "Submitted", "Decision")
    assert way(claim) == [*first, "Appeal current", "In review ahead", "Final decision ahead"]
    review.take(claim.reference, by=remo)
    assert way(claim) == [*first, "Appeal done", "In review current", "Final decision ahead"]
    decide(claim, remo)
    final = [*first, *done("Appeal", "In review", "Final decision")]
    assert way(claim) == final
    endings.accept(claim.reference, by=anna)
    forced(claim, Status.PAID, "settle")
    forced(claim, Status.CLOSED, "close")
    assert way(claim) == [*final, *done("Payment", "Closed")]


def test_a_withdrawn_appeal_shows_what_was_decided_before(anna, incident, rita):
    claim = decide(make.taken(anna, incident, rita, iban=IBAN), rita, awarded="50.00")
    tell()
    appeals.appeal(claim.reference, by=anna, grounds="The second invoice was overlooked, please look again.")
    intake.withdraw(claim.reference, by=anna)
    assert way(claim) == done("Draft", "Submitted", "Decision", "Appeal", "Withdrawn")


def test_a_rejected_claim_that_is_closed_and_opened_again(anna, incident, rita, remo, sara):
    claim = decide(make.taken(anna, incident, rita), rita, awarded="0.00", reasons=["no_evidence"])
    tell()
    with days_later(40):
        endings.pass_windows()
        assert way(claim) == done("Draft", "Submitted", "In review", "Decision", "Closed")
        endings.reopen(claim.reference, by=sara, reason="The court asked us to look again.", to=remo)
        again = done("Draft", "Submitted", "Decision", "Closed", "Opened again")
        assert way(claim) == [*again, "In review current", "Decision ahead"]
        decide(claim, remo)
        assert way(claim) == [*again, *done("In review", "Decision")]


def test_drafts_that_end_and_one_that_goes_on(anna, incident, sara):
    claim = make.draft(anna, incident)
    with days_later(100):
        intake.expire_drafts()
        assert way(claim) == done("Draft", "Expired")
        endings.reopen(claim.reference, by=sara, reason="The claimant was in hospital.")
        assert way(claim) == ["Draft current", "Submitted ahead", "In review ahead", "Decision ahead"]
        intake.withdraw(claim.reference, by=anna)
        assert way(claim) == done("Draft", "Withdrawn")


@pytest.mark.parametrize("status", list(LABELS))
def test_a_way_never_fails_whatever_the_journal_lacks(anna, incident, status):
    claim = make.draft(anna, incident)
    claim.status = status
    assert story(claim).steps[0].label == stories.DRAFT
