"""Look-ups over journal and outbox speak in words, in lists, filters and pages; and answer HEAD as they answer GET."""

import pytest
from django.urls import reverse

from claims.actions import exports, incidents, review, staffing
from claims.admin import journal_words
from claims.models import JournalEntry, Notice
from claims.rules.notices import KINDS, told_by
from claims.rules.statuses import MOVES
from tests import make


@pytest.fixture
def told(anna, incident, rita, mara, ada):
    """Entries in chains of several kinds, and a notice."""
    claim = make.taken(anna, incident, rita)
    review.release(claim.reference, by=rita)
    exports.request_export(by=mara)
    staffing.set_roles(rita.pk, ["reviewer", "operator"], by=ada)
    incidents.close(incident.code, by=mara)
    return claim


def test_the_journal_says_in_words_what_was_done(staff, at, words, mara, told):
    page = words(staff(mara).get(at("claims_journalentry_changelist")))
    for said in ("Given back to the queue", "Export requested", "Roles changed", "Incident closed for claims"):
        assert said in page
    assert "Claim opened / Incident opened for claims" in page  # a choice of the filter
    assert "in_review" not in page


def test_the_page_of_an_entry_says_it_in_words_too(staff, at, words, mara, told):
    entry = JournalEntry.objects.of(told).get(action="take")
    page = words(staff(mara).get(at("claims_journalentry_change", entry.pk)))
    assert "Taken for review" in page
    assert "Submitted" in page
    assert "In review" in page
    assert "in_review" not in page


def test_the_outbox_says_in_words_what_was_told(staff, at, words, mara, told):
    page = words(staff(mara).get(at("claims_notice_changelist")))
    assert page.count("We received a claim") == 2  # the row, and the choice of the filter
    assert "claim_submitted" not in page
    assert "We received a claim" in words(staff(mara).get(at("claims_notice_change", Notice.objects.get().pk)))


@pytest.mark.parametrize("model", ["journalentry", "notice"])
def test_the_filters_still_filter(staff, at, words, mara, told, model):
    chosen = {"journalentry": {"action": "release"}, "notice": {"kind": "claim_decided"}}[model]
    found = staff(mara).get(at(f"claims_{model}_changelist"), chosen).context["cl"].result_count
    assert found == {"journalentry": 1, "notice": 0}[model]


def test_every_action_and_every_notice_has_words():
    assert {move.name for move in MOVES} <= set(journal_words.DONE["claim"])
    assert {move.notice for move in MOVES if move.notice} <= set(KINDS)
    assert told_by("something new") == "A message about a claim"
    assert journal_words.done("claim:1", "something new") == "something new"


def test_no_code_of_the_journal_is_without_words(told, db):
    for entry in JournalEntry.objects.all():
        assert journal_words.done(entry.chain, entry.action) != entry.action


@pytest.mark.parametrize("name", ["index", "queue", "incidents", "exports", "people", "claims_claim_changelist"])
def test_head_is_answered_as_get_without_a_body(db, client, name):
    client.force_login(make.person("all", "reviewer", "supervisor", "manager", "administrator"))
    address = reverse(f"admin:{name}")
    got, asked = client.get(address), client.head(address)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert asked["Content-Type"] == got["Content-Type"]
