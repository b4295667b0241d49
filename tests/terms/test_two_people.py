"""Later terms: drafted, proposed with a reason, approved by another manager; what others decided does not move."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, ProgrammingError, transaction

from claims.actions import incidents, mass_runs
from claims.actions import terms as actions
from claims.models import IncidentTerms, JournalEntry, TermsDraft
from claims.rules.errors import Refused
from claims.rules.terms import IndemnityTerms, Terms
from tests import make

DEARER = replace(Terms(), indemnity=Terms().indemnity | {"paid": IndemnityTerms(Decimal("6.50"), Decimal("100.00"))})
CODE = "libero-2023"


def refusal(action, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        action(*args, **kwargs)
    return refused.value.status, refused.value.code


def drafted(by, terms=DEARER):
    return actions.save(CODE, by=by, terms=terms, revision=0)


def proposed(by):
    return actions.propose(CODE, by=by, revision=drafted(by).revision, reason="The old rate was too low.")


def acts(incident):
    chain = JournalEntry.objects.filter(chain=f"incident:{incident.pk}").order_by("sequence")
    return list(chain.values_list("action", "actor__name"))


def test_it_takes_two_managers_and_changes_nothing_that_was_there(incident, anna, mara, marco):
    draft, submitted = make.draft(anna, incident), make.submitted(anna, incident)
    made = actions.approve(CODE, by=marco, draft_id=proposed(mara).pk).made
    assert (made.version, made.rules, made.proposed_by, made.approved_by) == (2, DEARER, mara, marco)
    assert IncidentTerms.objects.in_force(CODE) == made
    for claim in (draft, submitted):
        claim.refresh_from_db()
        assert claim.terms.version == 1
    assert make.draft(anna, incident).terms == made
    assert acts(incident) == [("draft terms", "Mara"), ("propose terms", "Mara"), ("approve terms", "Marco")]
    facts = JournalEntry.objects.filter(action="approve terms").get().facts
    assert facts["version"] == 2
    assert JournalEntry.objects.get(action="draft terms").facts["changed"] == ["indemnity.paid.rate"]


def test_an_approved_run_goes_on_and_a_proposed_one_is_stale(mara, marco):
    outage = make.crowd(3)
    run = mass_runs.propose(CODE, "indemnity", by=mara)
    mass_runs.approve(run.pk, by=marco)
    waiting = proposed(mara)
    mass_runs.grant_chunk(run.pk, size=1)
    actions.approve(CODE, by=marco, draft_id=waiting.pk)
    while mass_runs.grant_chunk(run.pk, size=1):
        pass
    run.refresh_from_db()
    assert (run.granted_total, run.terms.version) == (Decimal("72.00"), 1)
    make.customer(outage, "later@libero.example", contact="later@example.net")
    stale = mass_runs.propose(CODE, "indemnity", by=mara)
    again = actions.save(CODE, by=mara, terms=Terms(), revision=0)
    actions.approve(CODE, by=marco, draft_id=actions.propose(CODE, by=mara, revision=1, reason="Back").pk)
    assert again.based_on.version == 2
    assert refusal(mass_runs.approve, stale.pk, by=marco) == (409, "stale_run")


def test_what_is_refused(incident, mara, marco, rita):
    """One draft, and everything somebody may try with it too early, too late or without the right."""
    save, propose, approve, reject = actions.save, actions.propose, actions.approve, actions.reject
    assert refusal(save, CODE, by=rita, terms=DEARER, revision=0) == (403, "wrong_role")
    assert refusal(save, "nothing", by=mara, terms=DEARER, revision=0) == (404, "unknown_incident")
    assert refusal(save, CODE, by=mara, terms=replace(DEARER, appeal_days=-1), revision=0) == (422, "invalid_terms")
    assert refusal(propose, CODE, by=mara, revision=0, reason="So") == (409, "no_draft")
    draft = drafted(mara)
    assert refusal(save, CODE, by=marco, terms=Terms(), revision=0) == (409, "stale")  # he began one as well
    assert refusal(approve, CODE, by=marco, draft_id=draft.pk) == (409, "illegal_move")
    assert refusal(propose, CODE, by=mara, revision=1, reason=" ") == (422, "required")
    same = save(CODE, by=marco, terms=Terms(), revision=1)
    assert refusal(propose, CODE, by=mara, revision=1, reason="So") == (409, "stale")
    assert refusal(propose, CODE, by=mara, revision=2, reason="So") == (409, "nothing_changed")
    save(CODE, by=mara, terms=DEARER, revision=same.revision)
    propose(CODE, by=mara, revision=3, reason="So")
    assert refusal(save, CODE, by=marco, terms=Terms(), revision=3) == (409, "illegal_move")
    for answer, more in ((approve, {}), (reject, {"note": "No"})):
        assert refusal(answer, CODE, by=mara, draft_id=draft.pk, **more) == (403, "four_eyes")
        assert refusal(answer, CODE, by=rita, draft_id=draft.pk, **more) == (403, "wrong_role")
        assert refusal(answer, CODE, by=marco, draft_id=draft.pk + 1, **more) == (409, "stale")
    assert refusal(reject, CODE, by=marco, draft_id=draft.pk, note="") == (422, "required")
    make.later_terms(incident, appeal_days=60)
    assert refusal(approve, CODE, by=marco, draft_id=draft.pk) == (409, "stale")
    reject(CODE, by=marco, draft_id=draft.pk, note="Ask counsel first.")
    assert refusal(actions.withdraw, CODE, by=mara, draft_id=draft.pk) == (409, "no_draft")
    assert drafted(marco).based_on.version == 2


def test_a_manager_who_lost_the_role_while_waiting_is_refused(incident, mara, marco):
    waiting = proposed(mara)
    marco.has_role("manager")  # asked before the wait
    marco.groups.remove(Group.objects.get(name="manager"))
    assert refusal(actions.approve, CODE, by=marco, draft_id=waiting.pk) == (403, "wrong_role")
    assert IncidentTerms.objects.count() == 1


def test_version_1_is_written_until_the_incident_opens(mara, marco):
    outage = make.incident(terms_frozen=False, state="draft")
    assert actions.save(CODE, by=mara, terms=DEARER, revision=1).revision == 2
    assert refusal(actions.save, CODE, by=marco, terms=Terms(), revision=1) == (409, "stale")
    incidents.open(CODE, by=mara)
    assert outage.terms_versions.get().rules == DEARER
    assert refusal(actions.save, CODE, by=marco, terms=Terms(), revision=2) == (409, "stale")
    assert isinstance(actions.save(CODE, by=marco, terms=Terms(), revision=0), TermsDraft)


def test_the_database_wants_two_people_as_well(incident, mara, marco):
    """Behind the rules' back: alone, with other values, moved without the table, changed afterwards."""
    draft = proposed(mara)
    rows = TermsDraft.objects.filter(pk=draft.pk)
    with pytest.raises(IntegrityError, match="later_terms_by_two_people"), transaction.atomic():
        later(incident, draft, mara)
    made = later(incident, draft, marco, values=Terms(appeal_days=1).to_json())
    answered = {"answered_at": draft.proposed_at, "made": made}
    for error, match, changes in (
        (IntegrityError, "those that were proposed", {"state": "approved", "answered_by": marco, **answered}),
        (IntegrityError, "terms_second_person", {"state": "rejected", "answered_by": mara, "note": "No"}),
        (IntegrityError, "may not become", {"state": "draft"}),
        (ProgrammingError, "Cannot update", {"values": {}}),
    ):
        more = {"answered_at": draft.proposed_at} if "answered_by" in changes else {}
        with pytest.raises(error, match=match), transaction.atomic():
            rows.update(**{**more, **changes})
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        rows.delete()


def later(incident, draft, approver, values=None):
    return IncidentTerms.objects.create(
        incident=incident,
        version=2,
        values=values or draft.values,
        frozen_at=draft.proposed_at,
        proposed_by=draft.proposed_by,
        approved_by=approver,
    )
