"""Submitting a draft, withdrawing a claim, and drafts nobody finishes."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from claims.actions import decisions, intake, journal, review
from claims.models import Claim, JournalEntry
from claims.rules.terms import Terms
from tests import make
from tests.referee import assert_laws_hold


@pytest.fixture
def draft(anna, incident):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    return claim


def submit(claim, by, **more):
    return intake.submit_claim(claim.reference, by=by, declaration=True, **more)


def test_nobody_submits_the_draft_of_another(draft, bruno, rita, sara, olga, refused):
    for person in (bruno, rita, sara, olga):
        with refused(404, "not_found"):
            submit(draft, person)


@pytest.mark.parametrize("declaration", [False, None, "true", 1, "on"])
def test_only_a_declaration_is_a_declaration(draft, anna, refused, declaration):
    with refused(422, "declaration_required", "declaration"):
        intake.submit_claim(draft.reference, by=anna, declaration=declaration)


def test_a_claim_is_submitted_once(draft, anna, refused, acts, told):
    submit(draft, anna)
    with refused(409, "illegal_move"):
        submit(draft, anna)
    assert acts(draft) == ["open", "submit"]
    assert told(draft) == ["claim_submitted"]


def test_an_old_version_is_not_submitted(draft, anna, refused):
    intake.edit_claim(draft.reference, by=anna, narrative="changed in another window")
    with refused(409, "stale"):
        submit(draft, anna, version=1)


def test_what_is_missing_is_named(anna, incident, refused):
    claim = make.draft(anna, incident, narrative="", items=[], login="x@y.example")
    with refused(422, "required") as caught:
        submit(claim, anna)
    assert [field for field, _code, _text in caught.value.errors] == ["narrative", "login_explanation", "items"]


def test_a_loss_without_a_document_is_not_submitted(anna, incident, refused):
    claim = make.draft(anna, incident)
    with refused(422, "evidence_required", "evidence"):
        submit(claim, anna)


def test_a_refused_document_proves_nothing_and_one_being_checked_does(anna, incident, refused):
    claim = make.draft(anna, incident)
    make.attachment(claim, state="refused", reason="malware")
    with refused(422, "evidence_required"):
        submit(claim, anna)
    pending = make.attachment(claim).document
    type(pending).objects.filter(pk=pending.pk).update(state="pending", judged_at=None)
    assert submit(claim, anna).status == "submitted"


def test_a_submitted_claim_has_its_clock_flags_entry_and_notice(draft, anna, last_act, told):
    with time_machine.travel(datetime(2023, 3, 20, 12, tzinfo=UTC), tick=False):
        claim = submit(draft, anna)
    claim.refresh_from_db()
    assert (claim.status, claim.due, claim.version) == ("submitted", date(2023, 5, 4), 2)
    assert claim.submitted_at == datetime(2023, 3, 20, 12, tzinfo=UTC)
    assert claim.flags == []
    entry = last_act(claim)
    assert (entry.sequence, entry.action, entry.old, entry.new) == (2, "submit", "draft", "submitted")
    assert entry.facts == {"items": 1, "documents": 1, "claimed": "120.00"}
    assert told(claim) == ["claim_submitted"]


def test_the_clock_starts_on_the_date_of_rome(draft, anna):
    with time_machine.travel(datetime(2023, 3, 19, 23, 30, tzinfo=UTC), tick=False):
        assert submit(draft, anna).due == date(2023, 5, 4)


def test_flags_tell_of_an_account_off_the_roster_and_a_harm_outside(anna, incident):
    claim = make.draft(
        anna,
        incident,
        login="x@y.example",
        login_explanation="My old address.",
        items=[make.item(occurred_at=datetime(2023, 2, 20, tzinfo=UTC), head="service_value")],
    )
    assert submit(claim, anna).flags == ["not_on_roster", "outside_outage"]


def close(incident):
    incident.closes_at = timezone.now() - timedelta(days=1)
    incident.save()


def test_after_the_window_a_claimant_is_refused(draft, anna, incident, refused):
    close(incident)
    with refused(403, "wrong_role"):
        submit(draft, anna)


def filed_by_telephone(olga, incident):
    claim = intake.open_claim(
        incident.code,
        by=olga,
        login="anna@libero.example",
        narrative="x",
        items=[make.item(head="service_value")],
        on_behalf_of={"email": "carla@example.org", "name": "Carla", "identity_check": "x"},
    )
    close(incident)
    return claim


def test_after_the_window_an_operator_gives_the_reason(olga, incident, refused):
    claim = filed_by_telephone(olga, incident)
    with refused(422, "required", "late_reason"):
        submit(claim, olga)
    claim = submit(claim, olga, late_reason="She was in hospital.")
    assert (claim.late_reason, claim.flags) == ("She was in hospital.", ["late"])


def test_a_reason_already_in_the_draft_counts(olga, incident):
    claim = filed_by_telephone(olga, incident)
    intake.edit_claim(claim.reference, by=olga, late_reason="She was in hospital.")
    assert submit(claim, olga).late_reason == "She was in hospital."


def test_nobody_opens_the_window_again_for_a_claim_of_their_own(sara, incident, refused):
    claim = make.draft(sara, incident, items=[make.item(head="service_value")])
    close(incident)
    with refused(403, "own_claim"):
        submit(claim, sara, late_reason="I forgot.")


def test_in_time_no_reason_is_kept(draft, anna):
    intake.edit_claim(draft.reference, by=anna, late_reason="not needed")
    assert submit(draft, anna).late_reason == ""


def test_only_the_claimant_withdraws(anna, incident, bruno, rita, sara, olga, refused):
    claim = make.submitted(anna, incident)
    for person, answer in ((bruno, (404, "not_found")), (olga, (404, "not_found"))):
        with refused(*answer):
            intake.withdraw(claim.reference, by=person)
    for person in (rita, sara):
        with refused(403, "not_yours"):
            intake.withdraw(claim.reference, by=person)


def test_a_claim_is_withdrawn_from_the_desk_of_its_reviewer(anna, incident, rita, last_act, told, refused):
    claim = make.taken(anna, incident, rita)
    claim = intake.withdraw(claim.reference, by=anna, reason="I was paid by somebody else.")
    assert (claim.status, claim.assigned_to) == ("withdrawn", None)
    assert list(claim.assignments.values_list("ended_as", flat=True)) == ["withdrawn"]
    assert journal.words_of(last_act(claim)) == "I was paid by somebody else."
    assert b"paid by somebody" not in bytes(last_act(claim).sealed)
    assert told(claim) == ["claim_submitted", "claim_withdrawn"]
    with refused(409, "illegal_move"):
        intake.withdraw(claim.reference, by=anna)
    with refused(409, "illegal_move"):
        review.take(claim.reference, by=rita)


def test_a_proposed_decision_falls_with_the_claim(anna, incident, rita, sara, refused):
    claim = make.taken(anna, incident, rita, items=[make.item("500.01")])
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    claim = intake.withdraw(claim.reference, by=anna)
    assert claim.decisions.get().state == "void"
    with refused(409, "illegal_move"):
        decisions.countersign(claim.reference, by=sara)


def test_after_the_decision_it_is_too_late_to_withdraw(anna, incident, rita, refused):
    claim = make.decided(anna, incident, rita)
    with refused(409, "illegal_move"):
        intake.withdraw(claim.reference, by=anna)
    assert list(claim.assignments.values_list("ended_as", flat=True)) == ["decided"]


def aged(claim, days):
    """Nobody touched the draft for so long."""
    Claim.objects.filter(pk=claim.pk).update(updated_at=timezone.now() - timedelta(days=days, seconds=1))
    return claim


def test_a_draft_expires_after_its_90_days_and_says_so_once(anna, incident, acts, last_act):
    old, young = aged(make.draft(anna, incident), 90), aged(make.draft(anna, incident), 89)
    submitted = aged(make.submitted(anna, incident), 1000)
    assert intake.expire_drafts() == 1
    assert intake.expire_drafts() == 0
    assert [Claim.objects.get(pk=claim.pk).status for claim in (old, young, submitted)] == [
        "expired",
        "draft",
        "submitted",
    ]
    assert acts(old) == ["open", "expire"]
    assert (last_act(old).actor, last_act(old).actor_kind) == (None, "clock")


def test_drafts_of_patient_terms_do_not_stand_in_the_way(anna, incident):
    patient = make.incident("patient-2023", terms=Terms(draft_days=3650))
    for _ in range(3):
        aged(make.draft(anna, patient), 400)
    mine = aged(make.draft(anna, incident), 100)
    assert intake.expire_drafts(size=1) == 1
    assert Claim.objects.get(pk=mine.pk).status == "expired"


def test_no_more_drafts_expire_at_once_than_asked_for(anna, incident):
    for _ in range(3):
        aged(make.draft(anna, incident), 100)
    assert [intake.expire_drafts(size=2) for _ in range(3)] == [2, 1, 0]


def test_an_expired_draft_is_not_submitted(anna, incident, refused):
    claim = aged(make.draft(anna, incident), 100)
    intake.expire_drafts()
    with refused(409, "illegal_move"):
        submit(claim, anna)


@pytest.fixture
def late(draft, incident):
    close(incident)
    return draft


def test_a_claimant_asks_for_a_late_draft_to_be_taken_and_only_then_supervisors_see_it(late, anna, sara, rita, mara):
    assert not Claim.objects.visible_to(sara).filter(pk=late.pk).exists()
    claim = intake.ask_late(late.reference, by=anna, declaration=True, late_reason="I was in hospital.")
    assert (claim.status, claim.late_reason) == ("draft", "I was in hospital.")
    assert Claim.objects.visible_to(sara).filter(pk=late.pk).exists()
    for other in (rita, mara):
        assert not Claim.objects.visible_to(other).filter(pk=late.pk).exists()


def test_what_asks_to_be_taken_late_is_complete_declared_and_late(late, draft, anna, incident, refused):
    with refused(422, "required", "late_reason"):
        intake.ask_late(late.reference, by=anna, declaration=True, late_reason=" ")
    with refused(422, "declaration_required", "declaration"):
        intake.ask_late(late.reference, by=anna, declaration=False, late_reason="Ill.")
    late.items.all().delete()
    with refused(422, "required", "items"):
        intake.ask_late(late.reference, by=anna, declaration=True, late_reason="Ill.")
    incident.closes_at = None
    incident.save()
    with refused(409, "not_late"):
        intake.ask_late(late.reference, by=anna, declaration=True, late_reason="Ill.")


def test_a_supervisor_takes_it_with_a_reason_beside_the_claimants(late, anna, sara, refused):
    intake.ask_late(late.reference, by=anna, declaration=True, late_reason="I was in hospital.")
    with refused(422, "required", "late_reason"):
        submit(late, sara)
    claim = submit(late, sara, late_reason="The papers of the hospital show it.")
    assert (claim.status, claim.late_reason, claim.flags) == ("submitted", "I was in hospital.", ["late"])
    entry = JournalEntry.objects.of(claim).last()
    assert (entry.action, entry.actor, entry.words()) == ("submit", sara, "The papers of the hospital show it.")
    assert claim.notices.filter(kind="claim_submitted").count() == 1
    assert_laws_hold()


def test_without_being_asked_nobody_takes_a_late_draft(late, anna, sara, rita, refused):
    with refused(404, "not_found"):
        submit(late, sara, late_reason="I found it.")
    intake.ask_late(late.reference, by=anna, declaration=True, late_reason="I was in hospital.")
    with refused(404, "not_found"):
        submit(late, rita, late_reason="Why not?")
    with refused(403, "wrong_role"):
        submit(late, anna, late_reason="I was in hospital.")
