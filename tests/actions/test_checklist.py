"""The checklist of a round: who answers it, what the data answer, and that nobody decides before it is complete."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.actions import checklist, decisions, holds, intake, questions, review
from claims.models import Check, Claim, Decision, JournalEntry
from claims.reports.checking import checklist_of
from claims.reports.history import events_of
from claims.rules.errors import Refused
from tests import make


@pytest.fixture
def claim(anna, incident, rita):
    """On rita's desk; nobody looked at anything yet."""
    return make.taken(anna, incident, rita, is_checked=False)


def entry(code, result="pass", note=""):
    return {"code": code, "result": result, "note": note}


def answer(claim, by, *entries, **more):
    return checklist.record(claim.reference, by=by, entries=list(entries), **more)


def decide(claim, by):
    return decisions.decide(claim.reference, by=by, outcome="approved", items=make.findings(claim))


def complete(claim, by):
    """Answers what is open, as a person would."""
    answer(claim, by, *(entry(row.code, note="Seen.") for row in checklist_of(claim).missing))


def test_only_the_reviewer_who_has_it_answers(claim, anna, remo, sara, mara, olga, ada, refused):
    for person, status, code in (
        (anna, 403, "own_claim"),
        (remo, 403, "not_assignee"),
        (sara, 403, "not_assignee"),
        (mara, 403, "wrong_role"),
        (olga, 404, "not_found"),
        (ada, 404, "not_found"),
    ):
        with refused(status, code):
            answer(claim, person, entry("harm"))
    assert not Check.objects.exists()


def test_nobody_answers_for_an_own_claim(incident, refused):
    both = make.person("bea", "claimant", "reviewer")
    claim = make.submitted(both, incident)
    with refused(403, "own_claim"):
        answer(claim, both, entry("harm"))


@pytest.mark.parametrize(
    ("entries", "code", "field"),
    [
        ([entry("harm"), entry("horoscope")], "unknown_check", "entries.1.code"),
        ([entry("harm", "open")], "unknown_result", "entries.0.result"),
        ([entry("harm"), entry("harm", "fail", "No.")], "answered_twice", "entries.1.code"),
        ([entry("harm", "fail")], "note_required", "entries.0.note"),
        ([entry("harm", "fail", " \n ")], "note_required", "entries.0.note"),
        ([entry("waiver", "fail")], "note_required", "entries.0.note"),
        ([entry("waiver", "not_applicable")], "note_required", "entries.0.note"),
        ([entry("harm", note="x" * 5001)], "too_long", "entries.0.note"),
        ([entry("harm", note="a\x00b")], "invalid_characters", "entries.0.note"),
    ],
)
def test_what_is_not_right_is_refused_at_its_entry_and_nothing_is_kept(claim, rita, entries, code, field):
    with pytest.raises(Refused) as told:
        answer(claim, rita, *entries)
    assert [(where, what) for where, what, _message in told.value.errors] == [(field, code)]
    assert not Check.objects.exists()


def test_to_overrule_the_data_a_note_is_enough(claim, rita):
    answer(claim, rita, entry("waiver", "fail", "The letter of 2023 says so."))
    row = Check.objects.get(code="waiver")
    assert (row.result, row.by, row.automatic, row.evidence["finds"]) == ("fail", rita, False, "pass")


def test_an_old_version_is_refused(claim, rita, refused):
    answer(claim, rita, entry("harm"))
    with refused(409, "stale"):
        answer(claim, rita, entry("tone"), version=claim.version)


def test_each_saving_is_one_entry_with_old_and_new(claim, rita, acts):
    answer(claim, rita, entry("harm"), entry("causation", "fail", "It came before."))
    answer(claim, rita, entry("harm", "not_applicable", "On second thoughts."))
    assert acts(claim) == ["open", "submit", "take", "check", "check"]
    first, second = JournalEntry.objects.of(claim).filter(action="check")
    assert first.facts == {"checks": {"harm": ["open", "pass"], "causation": ["open", "fail"]}}
    assert first.words() == "causation: It came before."
    assert second.facts == {"checks": {"harm": ["pass", "not_applicable"]}}
    claim.refresh_from_db()
    assert claim.version == second.sequence


def test_what_says_the_same_again_is_no_act(claim, rita, acts):
    answer(claim, rita, entry("harm"))
    answer(claim, rita, entry("harm"))
    assert acts(claim).count("check") == 1


def test_to_agree_with_the_data_is_an_answer_of_ones_own(claim, rita):
    answer(claim, rita, entry("waiver"))
    assert Check.objects.get(code="waiver").by == rita


def test_nobody_decides_over_an_open_check(claim, rita):
    with pytest.raises(Refused) as told:
        decide(claim, rita)
    assert (told.value.status, told.value.code) == (422, "checklist_incomplete")
    assert [field for field, _code, _message in told.value.errors] == [
        f"checklist.{code}" for code in ("standing", "harm", "causation", "mitigation", "tone")
    ]
    assert not Check.objects.exists()
    complete(claim, rita)
    assert decide(claim, rita).status == "approved"


def test_what_the_data_find_is_kept_with_the_decision(claim, rita):
    complete(claim, rita)
    decide(claim, rita)
    rows = {row.code: row for row in Check.objects.filter(claim=claim)}
    assert len(rows) == 12
    assert (rows["outage"].result, rows["outage"].automatic, rows["outage"].by) == ("pass", True, None)
    assert rows["outage"].evidence["days"] == 4


def test_data_that_turn_against_it_open_a_check_again(claim, anna, incident, rita):
    """A second claim over the same kind of loss comes in after the list was complete."""
    complete(claim, rita)
    second = make.submitted(anna, incident)
    with pytest.raises(Refused) as told:
        decide(claim, rita)
    assert [field for field, _code, _message in told.value.errors] == ["checklist.duplicates"]
    [row] = checklist_of(claim).missing
    assert row.claims == [second.reference]
    complete(claim, rita)
    assert decide(claim, rita).status == "approved"


def test_a_person_s_answer_outlives_what_the_data_say_later(claim, anna, incident, rita):
    complete(claim, rita)
    answer(claim, rita, entry("duplicates"))
    make.submitted(anna, incident)
    decide(claim, rita)
    row = Check.objects.get(code="duplicates")
    assert (row.result, row.by, row.evidence["finds"]) == ("pass", rita, "fail")


def test_after_a_decision_the_list_stays(claim, rita, refused):
    complete(claim, rita)
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), ask_signature=True)
    with refused(409, "illegal_move"):
        answer(claim, rita, entry("harm", "fail", "No."))
    decisions.recall(claim.reference, by=rita)
    answer(claim, rita, entry("harm", "not_applicable", "Changed my mind."))
    decide(claim, rita)
    with refused(409, "illegal_move"):
        answer(claim, rita, entry("harm"))
    assert Check.objects.get(code="harm").result == "not_applicable"


def test_a_returned_decision_keeps_its_list(claim, rita, sara):
    complete(claim, rita)
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim), ask_signature=True)
    decisions.return_to_reviewer(claim.reference, by=sara, note="Look again.")
    assert not checklist_of(Claim.objects.get()).missing
    assert decide(claim, rita).status == "approved"


def test_it_is_answered_while_the_claim_waits_for_an_answer_or_a_day(claim, rita):
    questions.ask(claim.reference, by=rita, items=["The contract"])
    answer(claim, rita, entry("harm"))
    questions.cancel(claim.reference, by=rita)
    until = timezone.localdate() + timedelta(days=5)
    holds.hold(claim.reference, by=rita, until=until, reason="expert")
    answer(claim, rita, entry("tone"))
    assert Check.objects.exclude(by=None).count() == 2


def test_who_takes_it_over_goes_on_with_the_same_list(claim, rita, remo, sara, refused):
    answer(claim, rita, entry("harm"))
    review.assign(claim.reference, by=sara, to=remo)
    with refused(403, "not_assignee"):
        answer(claim, rita, entry("tone"))
    answer(claim, remo, entry("tone"))
    said = {row.code: row.by for row in checklist_of(Claim.objects.get()).rows if row.by}
    assert said == {"harm": rita, "tone": remo}


def test_a_withdrawn_claim_shows_what_was_found_until_then(claim, anna, rita):
    answer(claim, rita, entry("harm"))
    intake.withdraw(claim.reference, by=anna)
    rows = {row.code: row.result for row in checklist_of(Claim.objects.get()).rows}
    assert (rows["harm"], rows["tone"]) == ("pass", "open")


def test_the_claimant_reads_nothing_of_it(claim, anna, rita):
    answer(claim, rita, entry("fraud", "fail", "canarynote"))
    assert "check" not in [event.action for event in events_of(claim, for_staff=False)]
    [event] = [event for event in events_of(claim, for_staff=True) if event.action == "check"]
    assert (event.actor, event.note) == ("Rita", "Signs of fraud: canarynote")


# --- what the database refuses -------------------------------------------------------------------
def row_of(claim, by, **fields):
    values = {"outcome": "rejected", "state": "proposed", "assessment": {}, "total": 0, "offsets": 0, "net": 0}
    return Decision(claim=claim, round=claim.round, decider=by, **{**values, **fields})


@pytest.mark.parametrize("prepared", [False, True])
def test_the_database_refuses_a_decision_over_an_open_list_or_none(claim, rita, prepared):
    if prepared:
        answer(claim, rita, entry("harm"))
    with pytest.raises(IntegrityError, match="checklist of this round is not complete"), transaction.atomic():
        row_of(claim, rita).save()


def test_the_database_refuses_to_change_the_list_of_a_decided_round(anna, incident, rita):
    claim = make.decided(anna, incident, rita)
    for statement in (
        "UPDATE claims_check SET result = 'open'",
        "UPDATE claims_check SET note = 'other'",
        f"INSERT INTO claims_check (claim_id, round, code, result, note, automatic, evidence, at)"
        f" VALUES ({claim.pk}, 1, 'new', 'open', '', false, '{{}}', now())",
    ):
        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_database_keeps_every_line(claim, rita):
    answer(claim, rita, entry("harm"))
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        Check.objects.all().delete()


def test_the_database_knows_no_failure_without_a_person_and_a_note(claim, rita):
    answer(claim, rita, entry("harm"))
    for fields in ({"by": None, "automatic": True, "note": "No."}, {"by": rita, "note": ""}):
        with pytest.raises(IntegrityError, match="check_failed_by_a_person"), transaction.atomic():
            Check.objects.filter(code="harm").update(result="fail", **fields)


# --- the law: data never turn a person's answer ------------------------------------------------------
CODES = ("standing", "outage", "harm", "documents", "amount", "duplicates", "waiver", "terms", "fraud", "tone")
SAID = st.dictionaries(st.sampled_from(CODES), st.sampled_from(["pass", "fail", "not_applicable"]), min_size=1)
CHANGES = {
    "another claim": lambda claim: make.submitted(claim.claimant, claim.incident),
    "the file of others": lambda claim: make.attachment(make.submitted(make.person("bob", "claimant"), claim.incident)),
    "no documents": lambda claim: claim.attachments.update(item=None) or claim.attachments.all().delete(),
    "off the roster": lambda claim: Claim.objects.filter(pk=claim.pk).update(customer=None),
    "a new sum": lambda claim: Claim.objects.filter(pk=claim.pk).update(claimed=490),
    "a late reason": lambda claim: Claim.objects.filter(pk=claim.pk).update(late_reason="I was ill."),
}


@given(said=SAID, changes=st.lists(st.sampled_from(sorted(CHANGES)), unique=True, min_size=1))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_data_never_turn_an_answer_of_a_person(anna, incident, rita, said, changes):
    with transaction.atomic():
        claim = make.taken(anna, incident, rita, is_checked=False)
        answer(claim, rita, *(entry(code, result, "Because.") for code, result in said.items()))
        before = list(Check.objects.exclude(by=None).values("code", "result", "note", "by", "at").order_by("code"))
        for change in changes:
            CHANGES[change](Claim.objects.get(pk=claim.pk))
            rows = checklist.prefill(Claim.objects.get(pk=claim.pk))
            shown = {row.code: row.result for row in checklist_of(Claim.objects.get(pk=claim.pk)).rows}
            assert {code: shown[code] for code in said} == said
            assert all(row.result != "fail" for row in rows.values() if row.by_id is None)
        after = list(Check.objects.exclude(by=None).values("code", "result", "note", "by", "at").order_by("code"))
        assert after == before
        transaction.set_rollback(True)
