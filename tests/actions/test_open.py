"""Opening a draft: for oneself, and for somebody on the telephone."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from claims.actions import intake, particulars
from claims.models import Claim, LossItem
from tests import make

IBAN = "IT60X0542811101000000123456"
CALLER = {"email": "carla@example.org", "name": "Carla", "phone": "+39 02 1234", "identity_check": "Date of birth"}


def test_an_unknown_incident_takes_no_claim(anna, incident, refused):
    with refused(422, "unknown_incident", "incident"):
        intake.open_claim("nowhere-2023", by=anna, login="anna@libero.example")


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_an_incident_that_is_not_open_takes_no_claim(anna, refused, state):
    made = make.incident(state=state)
    with refused(*((422, "unknown_incident") if state == "draft" else (409, "window_closed"))):
        intake.open_claim(made.code, by=anna, login="anna@libero.example")


def test_an_incident_without_frozen_terms_takes_no_claim(anna, refused):
    incident = make.incident(terms_frozen=False)
    with refused(422, "unknown_incident"):
        intake.open_claim(incident.code, by=anna, login="anna@libero.example")


def test_after_the_last_moment_only_an_operator_opens_a_claim(anna, olga, incident, refused):
    incident.closes_at = timezone.now() - timedelta(seconds=1)
    incident.save()
    with refused(409, "window_closed"):
        intake.open_claim(incident.code, by=anna, login="anna@libero.example")
    claim = intake.open_claim(incident.code, by=olga, login="anna@libero.example", on_behalf_of=CALLER)
    assert claim.status == "draft"


@pytest.mark.parametrize("remedy", ["indemnity", "refund", "", "everything"])
def test_a_remedy_that_is_granted_unasked_cannot_be_claimed(anna, incident, refused, remedy):
    with refused(422, "remedy_not_open", "remedy"):
        intake.open_claim(incident.code, by=anna, login="anna@libero.example", remedy=remedy)


def test_everything_wrong_in_a_form_is_told_at_once(anna, incident, refused):
    items = [make.item("0.00"), make.item(description=" ")]
    with refused(422, "invalid_characters") as caught:
        intake.open_claim(incident.code, by=anna, login="anna@libero.example", narrative="\0", iban="IT00", items=items)
    assert [(field, code) for field, code, _text in caught.value.errors] == [
        ("narrative", "invalid_characters"),
        ("iban", "iban_format"),
        ("items.0.amount", "invalid_amount"),
        ("items.1.description", "required"),
    ]


@pytest.mark.parametrize("amount", ["-1.00", "0.00", "NaN", "Infinity", "-Infinity", "0.001", "1000000000.00", "1E+20"])
def test_i_03_no_amount_that_is_none_reaches_the_database(anna, incident, refused, amount):
    with refused(422, "invalid_amount", "items.0.amount"):
        make.draft(anna, incident, items=[make.item(amount)])


def test_losses_beyond_what_a_claim_can_hold_are_refused(anna, incident, refused):
    with refused(422, "invalid_amount", "items"):
        make.draft(anna, incident, items=[make.item("999999999.99") for _ in range(11)])


def test_a_claim_with_10000_losses_is_refused(anna, incident, refused):
    with refused(422, "too_many_items", "items"):
        make.draft(anna, incident, items=[make.item() for _ in range(10_000)])


def test_a_first_loss_has_no_number_yet(anna, bruno, incident, refused):
    theirs = make.draft(bruno, incident, login="bruno@virgilio.example").items.get()
    with refused(422, "unknown_item"):
        make.draft(anna, incident, items=[make.item(id=theirs.pk)])


def test_a_draft_holds_what_was_written(anna, incident, acts, last_act, told):
    claim = make.draft(anna, incident, items=[make.item("120.00"), make.item("30.50", head="late_payment")])
    claim.refresh_from_db()
    assert (claim.status, claim.claimant, claim.filed_by, claim.version) == ("draft", anna, anna, 1)
    assert (claim.claimed, claim.customer.login) == (Decimal("150.50"), "anna@libero.example")
    assert list(claim.items.values_list("head", "amount")) == [
        ("extra_expense", Decimal("120.00")),
        ("late_payment", Decimal("30.50")),
    ]
    assert acts(claim) == ["open"]
    assert (last_act(claim).sequence, last_act(claim).old, last_act(claim).new) == (1, "", "draft")
    assert told(claim) == []


def test_an_account_that_is_not_on_the_roster_still_opens_a_draft(anna, incident):
    claim = make.draft(anna, incident, login="Somebody@Else.Example")
    assert (claim.login, claim.customer) == ("somebody@else.example", None)


def test_a_reference_that_is_taken_is_drawn_again(anna, incident, monkeypatch):
    first = make.draft(anna, incident).reference
    drawn = iter([first, first, "234FC-GH7CV"])
    monkeypatch.setattr(intake, "new_reference", lambda: next(drawn))
    assert make.draft(anna, incident).reference == "234FC-GH7CV"


def test_the_terms_of_the_day_stay_with_the_claim(anna, incident):
    claim = make.draft(anna, incident)
    make.later_terms(incident, decision_days=1)
    claim.refresh_from_db()
    assert claim.terms.version == 1
    assert make.draft(anna, incident).terms.version == 2


def test_bank_details_are_sealed_and_equal_ones_are_found(anna, bruno, incident):
    mine = make.draft(anna, incident, iban="it60 X054 2811 1010 0000 0123 456", holder="Anna Bianchi")
    his = make.draft(bruno, incident, login="bruno@virgilio.example", iban=IBAN)
    row = Claim.objects.filter(pk=mine.pk).values().get()
    stored = repr(row) + bytes(row["bank_details"]).decode("latin-1")
    assert IBAN not in stored
    assert IBAN[4:] not in stored
    assert "Bianchi" not in stored
    assert (row["iban_hint"], row["iban_index"]) == ("IT** 3456", his.iban_index)
    assert particulars.bank_details(anna.pk, row["bank_details"]) == {"iban": IBAN, "holder": "Anna Bianchi"}
    assert bytes(row["bank_details"]) != bytes(his.bank_details)


def test_only_an_operator_files_for_others(anna, rita, sara, incident, refused):
    for person in (anna, rita, sara):
        with refused(403, "wrong_role"):
            intake.open_claim(incident.code, by=person, login="anna@libero.example", on_behalf_of=CALLER)
    assert not User.objects.filter(email=CALLER["email"]).exists()


def test_an_operator_says_how_the_caller_was_recognised(olga, incident, refused):
    with refused(422, "required", "identity_check"):
        intake.open_claim(
            incident.code, by=olga, login="anna@libero.example", on_behalf_of={**CALLER, "identity_check": " "}
        )
    assert not User.objects.filter(email=CALLER["email"]).exists()


def test_an_operator_files_no_own_claim_by_telephone(olga, incident, refused):
    with refused(403, "own_claim"):
        intake.open_claim(
            incident.code, by=olga, login="anna@libero.example", on_behalf_of={**CALLER, "email": "OLGA@example.org"}
        )


def test_a_caller_becomes_the_claimant_and_the_operator_the_one_who_filed(olga, incident, last_act):
    claim = intake.open_claim(incident.code, by=olga, login="anna@libero.example", on_behalf_of=CALLER, channel="phone")
    assert (claim.claimant.email, claim.filed_by, claim.channel) == (CALLER["email"], olga, "phone")
    assert claim.identity_check == "Date of birth"
    assert not claim.claimant.has_usable_password()
    assert (last_act(claim).actor, last_act(claim).actor_kind, last_act(claim).person) == (
        olga,
        "operator",
        claim.claimant,
    )


def test_the_journal_holds_no_word_of_the_claimant(anna, incident, last_act):
    claim = make.draft(anna, incident, narrative="canary narrative", iban=IBAN)
    entry = last_act(claim)
    assert "canary" not in json.dumps(entry.facts)
    assert IBAN not in json.dumps(entry.facts)
    assert entry.sealed is None


def test_i_07_hostile_text_is_stored_as_text(anna, incident):
    for text in (
        "<script>alert(1)</script>",
        "{{7*7}}",
        "${x}",
        "%s",
        "'; DROP TABLE claims_claim; --",
        "=cmd|'/c calc'!A0",
    ):
        claim = make.draft(anna, incident, narrative=text, items=[make.item(description=text)])
        claim.refresh_from_db()
        assert (claim.narrative, claim.items.get().description) == (text, text)
    assert LossItem.objects.count() == 6
