"""How decided claims end, by their claimant and by the clock, and how a supervisor opens ended ones again."""

import pytest
from django.db import IntegrityError, connection, transaction

from claims.actions import appeals, banking, clock, endings, intake, review
from claims.models import Claim, JournalEntry, Notice
from claims.rules.deadlines import due_date
from claims.rules.errors import Refused
from tests import make
from tests.appeals.conftest import IBAN, days_later, decide, tell
from tests.appeals.test_appeals import appealed, refused
from tests.referee import assert_laws_hold


@pytest.fixture
def nowhere_to_pay(anna, incident, rita):
    """A claim granted in full whose claimant has given no bank details."""
    claim = decide(make.taken(anna, incident, rita), rita)
    tell()
    return claim


def acts(claim):
    return list(JournalEntry.objects.of(claim).values_list("action", flat=True))


def test_an_accepted_decision_is_due_to_be_paid_and_can_no_longer_be_appealed(partly):
    claim = endings.accept(partly.reference, by=partly.claimant)
    assert (claim.status, acts(claim)[-1]) == ("payment_due", "accept")
    refused(lambda: appealed(partly), "illegal_move", 409)
    refused(lambda: endings.accept(partly.reference, by=partly.claimant), "illegal_move", 409)
    assert_laws_hold()


def test_without_bank_details_there_is_no_accepting(nowhere_to_pay):
    refused(lambda: endings.accept(nowhere_to_pay.reference, by=nowhere_to_pay.claimant), "bank_details_missing", 409)


def test_only_the_claimant_accepts(partly, bruno, rita, sara):
    for person, status in ((bruno, 404), (rita, 403), (sara, 403)):
        with pytest.raises(Refused) as caught:
            endings.accept(partly.reference, by=person)
        assert caught.value.status == status


def test_a_rejection_cannot_be_accepted(rejected):
    refused(lambda: endings.accept(rejected.reference, by=rejected.claimant), "illegal_move", 409)


def test_nothing_ends_before_its_window_does(partly, rejected_of_bruno):
    with days_later(29):
        assert endings.pass_windows() == 0


@pytest.fixture
def rejected_of_bruno(bruno, incident, remo):
    claim = make.taken(bruno, incident, remo, login="bruno@virgilio.example")
    decide(claim, remo, awarded="0.00", reasons=["no_evidence"])
    tell()
    return claim


def test_when_the_window_is_over_grants_are_due_and_rejections_closed_however_late_the_clock_is(
    partly, rejected_of_bruno
):
    with days_later(400):
        assert (endings.pass_windows(), endings.pass_windows()) == (2, 0)
    partly.refresh_from_db()
    rejected_of_bruno.refresh_from_db()
    assert (partly.status, acts(partly)[-1]) == ("payment_due", "lapse")
    assert (rejected_of_bruno.status, acts(rejected_of_bruno)[-1]) == ("closed", "close")
    assert_laws_hold()


def test_a_window_that_has_not_begun_is_not_over(anna, incident, rita):
    claim = decide(make.taken(anna, incident, rita, iban=IBAN), rita)
    Notice.objects.filter(claim=claim).update(state="held", address="")
    with days_later(100):
        assert endings.pass_windows() == 0


def test_without_bank_details_it_waits_and_asks_once(nowhere_to_pay):
    with days_later(40):
        assert (endings.pass_windows(), endings.pass_windows()) == (1, 0)
        nowhere_to_pay.refresh_from_db()
        assert nowhere_to_pay.status == "approved"
        assert Notice.objects.filter(kind="bank_details_needed").count() == 1
        tell()
        banking.give_bank_details(nowhere_to_pay.reference, by=nowhere_to_pay.claimant, iban=IBAN, holder="Anna")
        assert endings.pass_windows() == 1
    nowhere_to_pay.refresh_from_db()
    assert nowhere_to_pay.status == "payment_due"
    assert_laws_hold()


def test_what_waits_for_bank_details_does_not_hold_up_the_others(nowhere_to_pay, rejected_of_bruno):
    with days_later(40):
        assert [endings.pass_windows(size=1) for _ in range(3)] == [1, 1, 0]


def test_a_final_decision_ends_without_waiting(partly, remo):
    appealed(partly)
    review.take(partly.reference, by=remo)
    decide(partly, remo)
    assert endings.pass_windows() == 1
    partly.refresh_from_db()
    assert partly.status == "payment_due"
    assert_laws_hold()


def paid(claim):
    """As a file of the bank will do it."""
    endings.accept(claim.reference, by=claim.claimant)
    with transaction.atomic():
        from_bank = Claim.objects.select_related("claimant", "terms").get(pk=claim.pk)
        return endings.lifecycle.advance(from_bank, "paid", by=None, move="settle")


def test_a_paid_claim_is_closed_when_no_payment_can_come_back_any_more(partly):
    paid(partly)
    with days_later(59):
        assert endings.pass_windows() == 0
    with days_later(61):
        assert endings.pass_windows() == 1
    partly.refresh_from_db()
    assert partly.status == "closed"


def test_bank_details_are_replaced_until_the_payment_and_the_journal_names_the_editor(partly, anna):
    endings.accept(partly.reference, by=anna)
    claim = banking.give_bank_details(partly.reference, by=anna, iban="DE89370400440532013000", holder="Anna")
    assert (claim.status, claim.iban_hint) == ("payment_due", "DE** 3000")
    entry = JournalEntry.objects.of(claim).last()
    assert (entry.action, entry.actor, entry.facts) == ("bank details", anna, {"changed": True})
    assert_laws_hold()


def test_new_bank_details_after_a_returned_payment_make_it_due_again(partly, anna):
    claim = paid(partly)
    with transaction.atomic():
        endings.lifecycle.advance(claim, "payment_returned", by=None, move="payment returned")
    claim = banking.give_bank_details(partly.reference, by=anna, iban="DE89370400440532013000")
    assert (claim.status, acts(claim)[-1]) == ("payment_due", "new bank details")


@pytest.mark.parametrize("iban", ["", "  ", "IT60X0542811101000000123457", "IT60", None])
def test_bank_details_that_are_none_are_refused(partly, iban):
    with pytest.raises(Refused) as caught:
        banking.give_bank_details(partly.reference, by=partly.claimant, iban=iban)
    assert (caught.value.status, caught.value.field) == (422, "iban")


def test_nobody_else_gives_bank_details_and_nobody_when_nothing_is_to_be_paid(rejected, olga, sara, bruno):
    for person, status in ((bruno, 404), (sara, 403)):
        with pytest.raises(Refused) as caught:
            banking.give_bank_details(rejected.reference, by=person, iban=IBAN)
        assert caught.value.status == status
    refused(lambda: banking.give_bank_details(rejected.reference, by=rejected.claimant, iban=IBAN), "wrong_state", 409)


def test_a_supervisor_reopens_a_rejection_in_the_next_round_with_a_new_clock_and_another_reviewer(
    rejected, sara, rita, remo
):
    reopen = endings.reopen
    refused(lambda: reopen(rejected.reference, by=sara, reason="New facts.", to=rita), "decided_before", 403)
    claim = reopen(rejected.reference, by=sara, reason="New facts.", to=remo)
    assert (claim.status, claim.round, claim.assigned_to) == ("in_review", 2, remo)
    assert claim.due == due_date(clock.today(), 45)
    assert [(line.kind, line.basis) for line in clock.ledger_of(claim)] == [("start", "reopen")]
    assert claim.assignments.get(ended_at=None).reviewer == remo
    assert JournalEntry.objects.of(claim).last().facts == {"reviewer": remo.pk, "round": 2}
    tell()
    assert Notice.objects.get(kind="claim_reopened").state == "sent"
    assert decide(claim, remo).status == "approved"
    assert Notice.objects.filter(claim=claim, kind="claim_decided").count() == 2
    assert_laws_hold()


def test_what_was_reopened_without_an_appeal_may_still_be_appealed_and_released_as_submitted(
    rejected, sara, remo, rita
):
    claim = endings.reopen(rejected.reference, by=sara, reason="New facts.", to=remo)
    assert review.release(claim.reference, by=remo).status == "submitted"
    review.take(claim.reference, by=sara)
    claim = decide(claim, sara, awarded="0.00", reasons=["no_evidence"])
    assert not claim.decisions.latest("round").is_final
    assert appealed(claim).status == "appealed"
    assert claim.decisions.latest("round").pk == Claim.objects.get(pk=claim.pk).appeal.against_id
    assert_laws_hold()


def test_a_closed_and_a_withdrawn_claim_are_reopened_as_often_as_need_be(rejected, sara, remo):
    with days_later(40):
        endings.pass_windows()
        endings.reopen(rejected.reference, by=sara, reason="An error.", to=remo)
        intake.withdraw(rejected.reference, by=rejected.claimant)
        claim = endings.reopen(rejected.reference, by=sara, reason="Withdrawn by mistake.", to=remo)
        assert (claim.round, claim.status) == (3, "in_review")
        intake.withdraw(rejected.reference, by=rejected.claimant)
        assert Notice.objects.filter(kind="claim_withdrawn").count() == 2
        assert_laws_hold()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 5001])
def test_reopening_wants_a_reason(rejected, sara, remo, reason):
    with pytest.raises(Refused) as caught:
        endings.reopen(rejected.reference, by=sara, reason=reason, to=remo)
    assert (caught.value.status, caught.value.field) == (422, "reason")
    rejected.refresh_from_db()
    assert (rejected.status, rejected.round) == ("rejected", 1)


def test_only_a_supervisor_reopens_and_never_an_own_claim(rejected, remo, anna, sara, mara, incident, rita):
    for person in (remo, anna, mara):
        refused(
            lambda person=person: endings.reopen(rejected.reference, by=person, reason="Why not"), "wrong_role", 403
        )
    own = make.submitted(sara, incident)
    intake.withdraw(own.reference, by=sara)
    refused(lambda: endings.reopen(own.reference, by=sara, reason="Mine", to=rita), "own_claim", 403)


def test_what_has_not_ended_is_not_reopened(partly, sara, remo):
    refused(lambda: endings.reopen(partly.reference, by=sara, reason="Why", to=remo), "illegal_move", 409)


def expired(claimant, incident):
    claim = make.draft(claimant, incident)
    Claim.objects.filter(pk=claim.pk).update(updated_at="2020-01-01T00:00:00Z")
    assert intake.expire_drafts() == 1
    return claim


def test_an_expired_draft_becomes_a_draft_again_as_often_as_need_be(anna, incident, sara):
    claim = expired(anna, incident)
    assert endings.reopen(claim.reference, by=sara, reason="She was ill.").status == "draft"
    assert intake.expire_drafts() == 0
    Claim.objects.filter(pk=claim.pk).update(updated_at="2020-01-01T00:00:00Z")
    assert intake.expire_drafts() == 1
    endings.reopen(claim.reference, by=sara, reason="Still ill.")
    tell()
    assert list(Notice.objects.values_list("kind", "state")) == [("draft_restored", "sent")] * 2
    make.attachment(claim)
    assert intake.submit_claim(claim.reference, by=anna, declaration=True).round == 1
    assert_laws_hold()


def test_a_discarded_draft_was_never_submitted_and_is_not_reopened(anna, incident, sara):
    claim = make.draft(anna, incident)
    intake.withdraw(claim.reference, by=anna)
    refused(lambda: endings.reopen(claim.reference, by=sara, reason="Please"), "never_submitted", 409)


def test_a_draft_is_discarded_by_its_claimant_without_a_notice(anna, incident):
    claim = make.draft(anna, incident)
    claim = intake.withdraw(claim.reference, by=anna, reason="I changed my mind.")
    assert (claim.status, acts(claim)) == ("withdrawn", ["open", "discard"])
    assert not Notice.objects.exists()


def test_an_operator_does_not_withdraw_what_was_submitted(olga, incident):
    who = {"email": "carla@example.org", "name": "Carla", "identity_check": "tax code"}
    claim = make.draft(None, incident, by=olga, on_behalf_of=who)
    make.attachment(claim)
    intake.submit_claim(claim.reference, by=olga, declaration=True)
    refused(lambda: intake.withdraw(claim.reference, by=olga), "not_yours", 403)


@pytest.mark.parametrize("target", ["in_review", "submitted", "closed"])
def test_the_database_lets_an_expired_draft_become_nothing_but_a_draft(anna, incident, target):
    claim = expired(anna, incident)
    with pytest.raises(IntegrityError, match="may not move"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE claims_claim SET status = %s WHERE id = %s", [target, claim.pk])


def test_the_decision_of_an_appeal_is_not_to_be_waited_for_by_the_appeal_itself(partly):
    appealed(partly)
    with days_later(100):
        assert endings.pass_windows() == 0
    assert appeals.has_one(Claim.objects.get(pk=partly.pk))
