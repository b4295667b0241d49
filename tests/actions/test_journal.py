"""The journal: numbered, linked, sealed; and the stair that writes it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction

from accounts.models import PersonKey
from claims.actions import intake, journal, lifecycle
from claims.models import JournalEntry
from claims.rules.statuses import Status
from tests import make


def chain(claim):
    return list(JournalEntry.objects.filter(chain=f"claim:{claim.pk}").order_by("sequence"))


def test_entries_are_numbered_linked_and_say_from_where_to_where(anna, incident, rita):
    entries = chain(make.decided(anna, incident, rita))
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4]
    assert [entry.previous for entry in entries] == ["", *(entry.hash for entry in entries[:-1])]
    assert all(entry.hash == journal.entry_hash(entry) for entry in entries)
    assert [(entry.old, entry.new) for entry in entries] == [
        ("", "draft"),
        ("draft", "submitted"),
        ("submitted", "in_review"),
        ("in_review", "approved"),
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("chain", "claim:0"),
        ("sequence", 9),
        ("previous", "0" * 64),
        ("actor_id", None),
        ("actor_kind", "clock"),
        ("action", "submit"),
        ("old", "paid"),
        ("new", "paid"),
        ("facts", {"total": "1.00"}),
        ("person_id", None),
        ("sealed", b"other"),
        ("sealed", None),
    ],
)
def test_every_column_counts_for_the_hash(anna, incident, rita, column, value):
    entry = chain(make.decided(anna, incident, rita))[-1]
    assert entry.sealed
    setattr(entry, column, value)
    assert journal.entry_hash(entry) != entry.hash


def test_the_moment_counts_for_the_hash_to_the_microsecond(anna, incident):
    entry = chain(make.draft(anna, incident))[0]
    entry.at += timedelta(microseconds=1)
    assert journal.entry_hash(entry) != entry.hash


def test_words_are_sealed_for_the_claimant_and_gone_with_their_key(anna, incident, rita):
    entry = chain(make.decided(anna, incident, rita))[-1]
    assert entry.person == anna
    assert b"invoice" not in bytes(entry.sealed)
    assert journal.words_of(entry) == "Proven by the invoice."
    PersonKey.objects.filter(person=anna).delete()
    assert journal.words_of(entry) == ""
    assert entry.hash == journal.entry_hash(entry)


def test_words_without_a_person_to_seal_them_for_are_a_mistake(db, rita):
    with pytest.raises(TypeError), transaction.atomic():
        journal.record("incident:1", "declare", by=rita, words="would be lost")
    assert not JournalEntry.objects.exists()


def test_a_person_with_several_roles_acts_as_the_strongest(db):
    assert journal.kind_of(make.person("x", "claimant", "reviewer", "supervisor")) == "supervisor"
    assert journal.kind_of(make.person("y")) == "claimant"
    assert journal.kind_of(None) == "clock"


def test_a_claim_is_moved_only_inside_a_transaction(anna, incident, monkeypatch):
    claim = make.draft(anna, incident)
    monkeypatch.setattr(lifecycle, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError):
        lifecycle.advance(claim, Status.SUBMITTED, by=anna, move="submit")


def test_an_action_that_fails_half_way_leaves_nothing(anna, incident, monkeypatch):
    claim = make.draft(anna, incident)
    make.attachment(claim)
    monkeypatch.setattr(lifecycle.notices, "post", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        intake.submit_claim(claim.reference, by=anna, declaration=True)
    claim.refresh_from_db()
    assert (claim.status, claim.version, len(chain(claim))) == ("draft", 1, 1)
