"""Every decision that takes effect has its letter, written in the same transaction and never changed."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from claims.actions import decisions, letters
from claims.models import Letter, LetterText
from claims.rules.errors import Refused
from tests import make


def test_a_decision_that_waits_for_a_signature_has_no_letter_yet(anna, incident, rita, sara):
    claim = make.taken(anna, incident, rita, items=[make.item("900.00")])
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    assert not Letter.objects.exists()
    decisions.return_to_reviewer(claim.reference, by=sara, note="Look at the date.")
    assert not Letter.objects.exists()
    decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    decisions.countersign(claim.reference, by=sara)
    letter = Letter.objects.get()
    assert letter.decision.state == "effective"
    assert letter.content["net"] == "900.00\u00a0€"


def test_a_decision_that_fails_leaves_no_letter(anna, incident, rita, monkeypatch):
    claim = make.taken(anna, incident, rita)

    def fail(*_args, **_more):
        raise Refused("broken", "The journal cannot be written.")

    monkeypatch.setattr(decisions.lifecycle, "advance", fail)
    with pytest.raises(Refused, match="broken"), transaction.atomic():
        decisions.decide(claim.reference, by=rita, outcome="approved", items=make.findings(claim))
    assert not Letter.objects.exists()


def test_no_letter_when_the_claim_is_not_decided(anna, incident, rita):
    make.taken(anna, incident, rita)
    assert not Letter.objects.exists()
    assert letters.print_batch() is None


@pytest.mark.parametrize(("language", "kept"), [("it", "it"), ("en", "en"), ("en-gb", "en"), ("de", "it")])
def test_it_is_in_the_claimants_language(anna, incident, rita, language, kept):
    anna.language = language
    anna.save()
    make.decided(anna, incident, rita)
    letter = Letter.objects.get()
    assert (letter.language, letter.text.language, letter.content["language"]) == (kept, kept, kept)
    assert letter.content["incident"] == ("Mail outage" if kept == "en" else "Disservizio della posta")
    assert letter.content["net"] == ("120.00\u00a0€" if kept == "en" else "120,00\u00a0€")


def test_names_in_braces_are_filled_in_once(anna, incident, rita):
    anna.name = "Anna {net} {x}"
    anna.save()
    claim = make.decided(anna, incident, rita)
    opening = Letter.objects.get().content["opening"]
    assert "Anna {net} {x}" in opening
    assert claim.reference in opening
    assert "anna@libero.example" in opening


def test_new_words_leave_old_letters_alone(claim, letter, bytes_of, anna, incident, rita, bruno):
    before = (letter.content, bytes_of(letter))
    LetterText.objects.create(
        kind="approved", language=letter.language, version=2, opening="Brand new words", closing="Bye"
    )
    letter.refresh_from_db()
    assert (letter.content, bytes_of(letter)) == before
    assert letter.text.version == 1
    bruno.language = "en"
    bruno.save()
    make.decided(bruno, incident, rita, login="bruno@virgilio.example")
    newest = Letter.objects.last()
    assert (newest.text.version, newest.content["opening"]) == (2, "Brand new words")


@pytest.mark.parametrize("column", ["content", "code", "language"])
def test_the_database_keeps_what_was_written(letter, column):
    setattr(letter, column, {"net": "0"} if column == "content" else "x")
    with pytest.raises(DatabaseError), transaction.atomic():
        letter.save(update_fields=[column])
    with pytest.raises(DatabaseError), transaction.atomic():
        letter.delete()


def test_the_database_keeps_every_version_of_the_words(letter):
    text = letter.text
    text.opening = "Something else"
    with pytest.raises(DatabaseError), transaction.atomic():
        text.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        LetterText.objects.filter(pk=text.pk).delete()


def test_the_arithmetic_is_that_of_the_decision(anna, incident, rita, sara):
    claim = make.taken(
        anna,
        incident,
        rita,
        items=[
            make.item("1200.00", head="missed_opportunity"),
            make.item("89.90", head="extra_expense"),
            make.item("500.00", head="non_material"),
        ],
    )
    first, second, third = claim.items.all()
    decisions.decide(
        claim.reference,
        by=rita,
        outcome="partly_approved",
        items=[
            {"id": first.pk, "awarded": Decimal("900"), "share": Decimal("25"), "reasons": ["own_contribution"]},
            {"id": second.pk, "awarded": Decimal("89.90"), "reasons": []},
            {"id": third.pk, "awarded": Decimal("0"), "reasons": ["not_serious", "loss_not_proven"]},
        ],
    )
    decisions.countersign(claim.reference, by=sara)
    content = Letter.objects.get().content
    assert [(item["claimed"], item["awarded"], item["reduced"]) for item in content["items"]] == [
        ("1,200.00\u00a0€", "900.00\u00a0€", "675.00\u00a0€"),
        ("89.90\u00a0€", "89.90\u00a0€", "89.90\u00a0€"),
        ("500.00\u00a0€", "0.00\u00a0€", "0.00\u00a0€"),
    ]
    assert [item["share"] for item in content["items"]] == ["own share 25 %", "", ""]
    assert len(content["items"][2]["reasons"]) == 2
    assert content["sums"][0] == {
        "label": "Missed opportunity",
        "note": "675.00\u00a0€, at most 600.00\u00a0€ by the terms",
        "amount": "600.00\u00a0€",
    }
    assert content["sums"][-1]["amount"] == content["net"] == "689.90\u00a0€"
