"""Reasons are written in versions by managers; a decision keeps the words it was made with."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from claims.actions import decisions, explained, wording
from claims.models import JournalEntry, ReasonText
from claims.reports import wording as words
from tests import make

TEXTS = {
    "staff_it": "Nessuna prova",
    "staff_en": "No evidence at all",
    "claimant_it": "Non hai allegato nulla che mostri questo danno.",
    "claimant_en": "Nothing you sent shows this loss.",
}


def rejected(claim, by):
    return decisions.decide(
        claim.reference,
        by=by,
        outcome="rejected",
        items=make.findings(claim, awarded="0.00", reasons=["no_evidence"]),
    ).decisions.get()


def test_every_reason_of_the_field_is_there_from_the_start_in_both_languages(db):
    texts = words.offered()
    assert list(texts) == [
        "not_on_roster",
        "outside_outage",
        "below_minimum",
        "no_evidence",
        "evidence_unreadable",
        "no_causation",
        "loss_not_proven",
        "chance_too_remote",
        "not_serious",
        "already_compensated",
        "own_contribution",
        "above_cap",
        "avoidable",
        "duplicate_claim",
        "late",
        "outside_terms",
        "withdrawn_item",
        "accepted_in_full",
        "accepted_equitably",
    ]
    for text in texts.values():
        assert text.version == 1
        assert all([text.staff_it, text.staff_en, text.claimant_it, text.claimant_en])


def test_only_a_manager_writes_a_reason(rita, sara, ada, olga, anna, refused):
    for person in (rita, sara, ada, olga, anna):
        with refused(403, "wrong_role"):
            wording.write_reason("no_evidence", by=person, version=1, **TEXTS)
    assert ReasonText.objects.filter(code="no_evidence").count() == 1


def test_a_manager_who_lost_the_role_meanwhile_writes_nothing(mara, refused):
    assert mara.roles == {"manager"}
    mara.groups.clear()
    with refused(403, "wrong_role"):
        wording.write_reason("no_evidence", by=mara, version=1, **TEXTS)


@pytest.mark.parametrize("name", list(TEXTS))
@pytest.mark.parametrize(
    ("text", "code"), [("  ", "required"), ("a\0b", "invalid_characters"), ("x" * 2001, "too_long")]
)
def test_a_text_that_is_not_right_is_refused_at_its_field(mara, refused, name, text, code):
    with refused(422, code, name):
        wording.write_reason("no_evidence", by=mara, version=1, **{**TEXTS, name: text})


def test_everything_that_is_wrong_is_told_at_once(mara, refused):
    with refused(422, "required", "claimant_en") as caught:
        wording.write_reason("no_evidence", by=mara, version=1, staff_it="x", staff_en="", claimant_it="x")
    assert [field for field, _code, _message in caught.value.errors] == ["staff_en", "claimant_en"]


@pytest.mark.parametrize("code", ["", "No", "a b", "ä", "_a", "a_", "a__b", "x" * 41, None, "1a", "a-b"])
def test_a_code_is_small_letters_digits_and_underscores(mara, refused, code):
    with refused(422, "invalid_code", "code"):
        wording.write_reason(code, by=mara, **TEXTS)


@pytest.mark.parametrize("version", [0, 2, -1])
def test_an_old_version_is_not_written_over(mara, refused, version):
    with refused(409, "stale"):
        wording.write_reason("no_evidence", by=mara, version=version, **TEXTS)


def test_a_change_is_a_new_version_in_a_journal_of_its_own(mara, marco):
    wording.write_reason("no_evidence", by=mara, version=1, **TEXTS)
    made = wording.write_reason("no_evidence", by=marco, version=2, **{**TEXTS, "staff_en": "  Nothing\n shown "})
    assert (made.version, made.written_by, made.staff_en) == (3, marco, "Nothing shown")
    entries = JournalEntry.objects.filter(chain="reason:no_evidence").order_by("sequence")
    assert [(entry.sequence, entry.action, entry.actor, entry.facts) for entry in entries] == [
        (1, "write", mara, {"version": 2}),
        (2, "write", marco, {"version": 3}),
    ]
    assert words.offered()["no_evidence"] == made
    assert list(words.offered())[3] == "no_evidence"


def test_a_reason_of_ones_own_can_be_picked(mara, anna, incident, rita):
    wording.write_reason("paid_by_insurance", by=mara, **TEXTS)
    claim = make.taken(anna, incident, rita)
    decisions.decide(
        claim.reference,
        by=rita,
        outcome="rejected",
        items=make.findings(claim, awarded="0.00", reasons=["paid_by_insurance"]),
    )
    assert claim.decisions.get().reason_versions == {"paid_by_insurance": 1}


def test_a_retired_reason_is_not_picked_any_more_but_explains_what_was_decided(mara, anna, incident, rita, refused):
    decision = rejected(make.taken(anna, incident, rita), rita)
    wording.write_reason("no_evidence", by=mara, version=1, retired=True, **TEXTS)
    assert "no_evidence" not in words.offered()
    assert words.reasons_of(decision)["no_evidence"].claimant_en == "No document shows this loss."
    other = make.taken(anna, incident, rita)
    with refused(422, "unknown_reason", "items.0.reasons"):
        rejected(other, rita)
    wording.write_reason("no_evidence", by=mara, version=2, **TEXTS)
    assert rejected(other, rita).reason_versions == {"no_evidence": 3}


def test_a_decision_keeps_the_words_it_was_made_with(mara, anna, incident, rita):
    before = rejected(make.taken(anna, incident, rita), rita)
    wording.write_reason("no_evidence", by=mara, version=1, **TEXTS)
    after = rejected(make.taken(anna, incident, rita), rita)
    assert (before.reason_versions, after.reason_versions) == ({"no_evidence": 1}, {"no_evidence": 2})
    with translation.override("it"):
        assert explained.awards(before)[0]["reasons"] == ["Nessun documento mostra questo danno."]
        assert explained.awards(after)[0]["reasons"] == ["Non hai allegato nulla che mostri questo danno."]


def test_reasons_that_the_rules_give_have_their_version_too(mara, anna, incident, rita, sara):
    text = words.newest()["above_cap"]
    same = {name: getattr(text, name) for name in TEXTS}
    wording.write_reason("above_cap", by=mara, version=1, retired=True, **same)
    claim = make.taken(anna, incident, rita, items=[make.item("700.00", head="missed_opportunity")])
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim, reasons=[]))
    assert claim.decisions.get().assessment["reasons"] == ["above_cap"]
    assert claim.decisions.get().reason_versions == {"above_cap": 2}


def test_the_words_of_many_decisions_are_read_at_once(anna, incident, rita, django_assert_num_queries):
    made = [rejected(make.taken(anna, incident, rita), rita) for _ in range(5)]
    for decision in made:
        list(decision.awards.all())
    prefetched = list(type(made[0]).objects.prefetch_related("awards"))
    with django_assert_num_queries(1):
        assert all(texts["no_evidence"].version == 1 for texts in words.reasons_of_all(prefetched).values())


def test_a_reason_that_nobody_wrote_shows_its_code(anna, incident, rita):
    decision = rejected(make.taken(anna, incident, rita), rita)
    decision.reason_versions = {"no_evidence": 7}
    text = words.reasons_of(decision)["no_evidence"]
    assert (str(text), text.for_claimant, text.version) == ("no_evidence", "no_evidence", 7)


def test_a_version_is_never_changed_or_removed_by_hand(db):
    text = ReasonText.objects.first()
    for write in (
        lambda: ReasonText.objects.filter(pk=text.pk).update(claimant_en="x"),
        lambda: ReasonText.objects.filter(pk=text.pk).delete(),
        lambda: ReasonText.objects.create(code=text.code, version=1, **TEXTS),
    ):
        with pytest.raises(DatabaseError, match=r"reasontext|reason_version_once"), transaction.atomic():
            write()
