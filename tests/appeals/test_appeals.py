"""The appeal: once, in time, by the claimant; another reviewer; never worse; final."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from claims.actions import appeals, attachments, clock, decisions, holds, intake, review
from claims.models import Appeal, Check, Decision, JournalEntry
from claims.reports import history
from claims.rules.deadlines import due_date
from claims.rules.errors import Refused
from claims.rules.terms import Terms
from evidence.uploading import StreamedUpload
from tests import make
from tests.appeals.conftest import days_later, decide, tell
from tests.referee import assert_laws_hold

GROUNDS = "You did not read the second invoice."


def refused(call, code, status):
    with pytest.raises(Refused) as caught:
        call()
    assert (caught.value.code, caught.value.status) == (code, status)


def attach(claim, content):
    file = StreamedUpload.of("b.txt", [content])
    try:
        return attachments.attach(claim.reference, file, by=claim.claimant)
    finally:
        file.close()


def appealed(claim, **more):
    return appeals.appeal(claim.reference, by=claim.claimant, grounds=GROUNDS, **more)


def test_an_appeal_starts_the_next_round_with_its_own_clock_and_is_confirmed(partly, rita):
    claim = appealed(partly)
    assert (claim.status, claim.round, claim.assigned_to) == ("appealed", 2, None)
    assert claim.due == due_date(clock.today(), 30)
    ledger = clock.ledger_of(claim)
    assert [(line.kind, line.days, line.basis) for line in ledger] == [("start", 30, "appeal")]
    entry = JournalEntry.objects.of(claim).last()
    assert (entry.action, entry.old, entry.new, entry.facts["round"]) == ("appeal", "partly_approved", "appealed", 2)
    first = claim.decisions.get()
    assert (claim.appeal.against, claim.appeal.grounds, first.state) == (first, GROUNDS, "effective")
    tell()
    notice = claim.notices.get(kind="appeal_received")
    assert (notice.state, notice.context["due_on"]) == ("sent", claim.due.isoformat())
    assert_laws_hold()


@pytest.mark.parametrize("grounds", ["", "  \n ", "\x00", "x" * 20_001])
def test_an_appeal_needs_grounds_that_can_be_stored(partly, grounds):
    with pytest.raises(Refused) as caught:
        appeals.appeal(partly.reference, by=partly.claimant, grounds=grounds)
    assert (caught.value.status, caught.value.field) == (422, "grounds")
    assert not Appeal.objects.exists()


def test_only_the_claimant_appeals_not_the_operator_who_filed_nor_anybody_else(olga, incident, rita, bruno, sara):
    who = {"email": "carla@example.org", "name": "Carla", "identity_check": "tax code"}
    draft = make.draft(None, incident, by=olga, on_behalf_of=who)
    make.attachment(draft)
    intake.submit_claim(draft.reference, by=olga, declaration=True)
    claim = review.take(draft.reference, by=rita)
    decide(claim, rita, awarded="0.00", reasons=["no_evidence"])
    for person, status in ((olga, 403), (bruno, 404), (sara, 403), (rita, 403)):
        with pytest.raises(Refused) as caught:
            appeals.appeal(claim.reference, by=person, grounds=GROUNDS)
        assert caught.value.status == status
    claim.refresh_from_db()
    assert (claim.status, claim.round) == ("rejected", 1)


@pytest.mark.parametrize("moment", ["2023-03-20T22:40:00Z", "2023-03-21T09:00:00Z", "2023-04-19T21:59:59Z"])
def test_the_window_runs_from_the_day_of_the_notice_to_the_end_of_its_thirtieth(anna, incident, rita, moment):
    with time_machine.travel("2023-03-20T22:30:00Z"):  # 23:30 in Rome, a Monday
        claim = decide(make.taken(anna, incident, rita), rita, awarded="50.00")
        tell()
    with time_machine.travel(moment):
        assert appealed(claim).status == "appealed"


def test_the_window_ends_at_midnight_in_rome_after_the_next_working_day(anna, incident, rita):
    """30 days from Friday 31 March 2023 is Sunday 30 April, then comes 1 May, a holiday: it ends with 2 May."""
    with time_machine.travel("2023-03-31T10:00:00Z"):
        claim = decide(make.taken(anna, incident, rita), rita, awarded="50.00")
        tell()
    with time_machine.travel("2023-05-02T22:00:00Z"):  # 3 May, 00:00 in Rome
        refused(lambda: appealed(claim), "appeal_window_closed", 409)
    with time_machine.travel("2023-05-02T21:59:59Z"):
        assert appealed(claim).status == "appealed"


def test_the_window_does_not_run_while_the_notice_has_not_left(anna, incident, rita):
    claim = decide(make.taken(anna, incident, rita), rita, awarded="50.00")
    with days_later(100):
        tell()
    with days_later(120):
        assert appealed(claim).status == "appealed"


def test_after_the_last_day_an_appeal_is_refused_and_writes_nothing(partly):
    with days_later(40):
        refused(lambda: appealed(partly), "appeal_window_closed", 409)
    partly.refresh_from_db()
    assert (partly.status, partly.round, Appeal.objects.count()) == ("partly_approved", 1, 0)


def test_there_is_one_appeal_and_the_decision_on_it_is_final(partly, remo):
    appealed(partly)
    review.take(partly.reference, by=remo)
    decide(partly, remo, awarded="60.00")
    refused(lambda: appealed(partly), "appealed_before", 409)
    assert partly.decisions.count() == 2


@pytest.mark.parametrize("state", ["draft", "submitted", "in_review", "withdrawn"])
def test_only_a_decided_claim_can_be_appealed(anna, incident, rita, state):
    claim = make.draft(anna, incident) if state == "draft" else make.submitted(anna, incident)
    if state == "in_review":
        review.take(claim.reference, by=rita)
    if state == "withdrawn":
        intake.withdraw(claim.reference, by=anna)
    refused(lambda: appealed(claim), "illegal_move", 409)


def test_who_decided_neither_gets_it_next_nor_takes_nor_is_given_it(partly, rita, remo, sara):
    appealed(partly)
    assert review.take_next(by=rita) is None
    refused(lambda: review.take(partly.reference, by=rita), "decided_before", 403)
    refused(lambda: review.assign(partly.reference, by=sara, to=rita), "decided_before", 403)
    assert review.take_next(by=remo).pk == partly.pk


def test_who_countersigned_does_not_take_it_either(anna, incident, rita, remo, sara):
    claim = make.taken(anna, incident, rita)
    decide(claim, rita, awarded="50.00", ask_signature=True)
    decisions.countersign(claim.reference, by=sara)
    appealed(claim)
    assert review.take_next(by=sara) is None
    refused(lambda: review.take(claim.reference, by=sara), "decided_before", 403)
    refused(lambda: review.assign(claim.reference, by=sara, to=sara), "decided_before", 403)
    assert review.assign(claim.reference, by=sara, to=remo).assigned_to == remo


def test_who_decided_first_does_not_countersign_the_decision_on_appeal(anna, incident, remo, sara):
    claim = decide(make.taken(anna, incident, sara), sara, awarded="50.00")
    appealed(claim)
    review.take(claim.reference, by=remo)
    decide(claim, remo, awarded="60.00", ask_signature=True)
    refused(lambda: decisions.countersign(claim.reference, by=sara), "decided_before", 403)


def test_the_database_refuses_a_second_decision_by_who_decided_or_signed_the_first(anna, incident, rita, remo, sara):
    claim = make.taken(anna, incident, rita)
    decide(claim, rita, awarded="50.00", ask_signature=True)
    decisions.countersign(claim.reference, by=sara)
    appealed(claim)
    values = {"outcome": "rejected", "state": "proposed", "assessment": {}, "total": 0, "offsets": 0, "net": 0}
    for person in (rita, sara):
        with pytest.raises(IntegrityError, match="another reviewer decides on appeal"), transaction.atomic():
            Decision.objects.create(claim=claim, round=2, decider=person, **values)
    Check.objects.create(claim=claim, round=2, code="harm", result="pass", by=remo)
    made = Decision.objects.create(claim=claim, round=2, decider=remo, **values)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE claims_decision SET decider_id = %s WHERE id = %s", [rita.pk, made.pk])


def test_an_appeal_cannot_be_changed_or_taken_away_in_the_database(partly):
    appealed(partly)
    for statement in ("UPDATE claims_appeal SET grounds = ''", "DELETE FROM claims_appeal"):
        with pytest.raises(Exception, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_second_decision_may_not_give_less(partly, remo):
    appealed(partly)
    review.take(partly.reference, by=remo)
    for awarded in ("0.00", "49.99"):
        refused(lambda awarded=awarded: decide(partly, remo, awarded=awarded), "worse_on_appeal", 422)
    assert decide(partly, remo, awarded="50.00").status == "partly_approved"
    first, second = partly.decisions.order_by("round")
    assert (first.net, second.net, first.state, second.state) == (Decimal(50), Decimal(50), "effective", "effective")
    assert_laws_hold()


def test_it_may_give_less_if_the_terms_say_so(anna, rita, remo):
    incident = make.incident(terms=Terms(appeal_may_worsen=True))
    make.customer(incident)
    claim = decide(make.taken(anna, incident, rita), rita, awarded="50.00")
    appealed(claim)
    review.take(claim.reference, by=remo)
    assert decide(claim, remo, awarded="0.00", reasons=["no_evidence"]).status == "rejected"


def test_what_is_given_back_waits_as_an_appeal_again(partly, remo):
    appealed(partly)
    review.take(partly.reference, by=remo)
    assert review.release(partly.reference, by=remo).status == "appealed"


def test_an_appeal_can_be_held_and_its_clock_stands_still_like_the_first(partly, remo):
    appealed(partly)
    review.take(partly.reference, by=remo)
    holds.hold(partly.reference, by=remo, until=clock.today() + timedelta(days=5), reason="court")
    assert [line.kind for line in clock.ledger_of(Decision.objects.get().claim)] == ["start", "pause"]
    assert_laws_hold()


def test_documents_are_added_while_an_appeal_can_be_filed_and_not_after(partly, bruno):
    def add(content):
        return attach(partly, content)

    kept, dropped = add(b"a new paper"), add(b"a wrong paper")
    attachments.detach(partly.reference, dropped.document_id, by=partly.claimant)
    first = partly.attachments.exclude(pk=kept.pk).get()
    refused(lambda: attachments.detach(partly.reference, first.document_id, by=partly.claimant), "wrong_state", 409)
    appealed(partly)
    assert JournalEntry.objects.of(partly).last().facts["documents"] == 1
    refused(lambda: add(b"too late"), "wrong_state", 409)
    refused(lambda: attachments.detach(partly.reference, kept.document_id, by=partly.claimant), "wrong_state", 409)


def test_no_documents_are_added_when_the_window_is_over(partly):
    with days_later(40):
        refused(lambda: attach(partly, b"paper"), "wrong_state", 409)


def test_the_claimant_reads_of_the_appeal_and_of_no_colleague(partly, remo):
    appealed(partly)
    review.take(partly.reference, by=remo)
    decide(partly, remo)
    partly.refresh_from_db()
    events = history.events_of(partly, for_staff=False)
    assert [event.action for event in events][-4:] == ["decide", "appeal", "take", "decide"]
    assert events[-3].note == GROUNDS
    assert {event.actor for event in events} == {"claimant", "reviewer"}
    steps = history.story(partly).steps
    assert [str(step.label) for step in steps] == [
        "Draft", "Submitted", "Decision", "Appeal", "In review", "Final decision",
    ]  # fmt: skip
    assert all(step.at for step in steps)


def test_a_withdrawn_appeal_ends_the_claim(partly):
    appealed(partly)
    assert intake.withdraw(partly.reference, by=partly.claimant).status == "withdrawn"
    assert_laws_hold()


def test_an_appeal_with_an_old_version_is_stale(partly):
    refused(lambda: appealed(partly, version=1), "stale", 409)


def test_the_first_decider_does_not_decide_even_if_the_claim_were_on_their_desk(partly, rita, remo):
    appealed(partly)
    review.take(partly.reference, by=remo)
    partly.assignments.filter(ended_at=None).update(reviewer=rita)
    type(partly).objects.filter(pk=partly.pk).update(assigned_to=rita)
    refused(lambda: decide(partly, rita, awarded="60.00"), "decided_before", 403)
