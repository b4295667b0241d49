"""What a login, an IBAN, a moment and a complete claim look like."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schwifty import IBAN

from claims.rules import filing
from claims.rules.errors import Refused

START = datetime(2023, 1, 22, 23, tzinfo=UTC)
NOW = datetime(2023, 3, 1, 12, tzinfo=UTC)
GOOD = "IT60X0542811101000000123456"


def code_of(check, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        check(*args, **kwargs)
    assert refused.value.status == 422
    return refused.value.code


def mod_97(iban):
    """ISO 7064 as the standard tells it: the first four to the end, letters as numbers, the rest by 97 is 1."""
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97


@pytest.mark.parametrize(
    "typed", [GOOD, "it60 x054 2811 1010 0000 0123 456", f"  {GOOD.lower()}  ", "IT60\u00a0X0542811101000000123456"]
)
def test_i_04_blanks_and_small_letters_are_accepted(typed):
    assert filing.clean_iban(typed) == GOOD


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("IT61X0542811101000000123456", "iban_checksum"),
        ("IT60X054281110100000012345", "iban_checksum"),
        ("IT60X05428111010000001234567", "iban_checksum"),
        ("BR1800360305000010009795493C1", "iban_country"),
        ("US00123456789012345678", "iban_country"),
        ("IT60Х0542811101000000123456", "iban_format"),  # a Cyrillic Х
        ("ıT60X0542811101000000123456", "iban_format"),  # a Turkish ı, whose capital is I
        ("１T60X0542811101000000123456", "iban_format"),
        ("IT60-X054-2811-1010-0000-0123-456", "iban_format"),
        ("DE", "iban_format"),
        ("I" * 65, "too_long"),
        ("", "required"),
        ("IT60X\0", "invalid_characters"),
    ],
)
def test_i_04_what_is_no_iban_is_refused(typed, code):
    assert code_of(filing.clean_iban, typed) == code


@given(st.sampled_from(["IT", "DE", "FR", "ES", "NL", "SM"]), st.integers(0, 96))
def test_i_04_the_check_digits_agree_with_a_second_implementation(country, digits):
    made = IBAN.random(country_code=country)
    changed = f"{country}{digits + 2:02d}{str(made)[4:]}"
    if mod_97(changed) == 1:
        assert filing.clean_iban(changed) == changed
    else:
        assert code_of(filing.clean_iban, changed) == "iban_checksum"


@pytest.mark.parametrize(
    "typed",
    ["anna", "@libero.example", "anna@", "a b@c.example", "a@b@c", "", "x" * 65 + "@a.example", "a@" + "b" * 190],
)
def test_a_login_is_a_whole_address(typed):
    assert code_of(filing.clean_login, typed) in ("invalid_login", "required")


def test_a_login_is_kept_in_small_letters():
    assert filing.clean_login("  Anna@Libero.Example ") == "anna@libero.example"


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (NOW + timedelta(seconds=1), "invalid_time"),
        (START - timedelta(microseconds=1), "outside_window"),
        (datetime(2023, 1, 24), "invalid_time"),
        ("2023-01-24T10:00:00Z", "invalid_time"),
        (None, "invalid_time"),
        (START.date(), "invalid_time"),
    ],
)
def test_i_05_a_harm_lies_between_the_outage_and_now(moment, code):
    assert code_of(filing.check_occurred, moment, now=NOW, incident_start=START) == code


@pytest.mark.parametrize("moment", [START, NOW, START + timedelta(days=30)])
def test_i_05_a_harm_after_the_outage_is_taken_for_it_may_show_later(moment):
    assert filing.check_occurred(moment, now=NOW, incident_start=START) == moment


@dataclass
class Draft:
    narrative: str = "It happened."
    customer_id: int | None = 1
    login_explanation: str = ""


@dataclass
class Loss:
    pk: int = 1
    head: str = "extra_expense"
    occurred_at: datetime = START


def missing(claim, **more):
    with pytest.raises(Refused) as refused:
        filing.check_complete(claim, **{"items": [Loss()], "proven_items": {1}, "loose_documents": 0, **more})
    return [(field, code) for field, code, _message in refused.value.errors]


def test_all_that_is_missing_is_told_at_once():
    assert missing(Draft("", None), items=[]) == [
        ("narrative", "required"),
        ("login_explanation", "required"),
        ("items", "required"),
    ]


def test_every_kind_of_loss_but_one_wants_a_document():
    assert missing(Draft(), proven_items=set()) == [("evidence", "evidence_required")]
    assert missing(Draft(), items=[Loss(1), Loss(2)]) == [("evidence", "evidence_required")]
    filing.check_complete(Draft(), items=[Loss()], proven_items=set(), loose_documents=1)
    filing.check_complete(Draft(), items=[Loss(head="service_value")], proven_items=set(), loose_documents=0)


def test_an_account_off_the_roster_is_explained():
    filing.check_complete(
        Draft("x", None, "It is my old address."), items=[Loss()], proven_items={1}, loose_documents=0
    )


def test_flags_tell_the_reviewer_what_to_look_at_and_decide_nothing():
    outage = ((START, START + timedelta(days=1)),)
    late = Loss(occurred_at=START + timedelta(days=1))
    assert filing.flags_of([Loss()], on_roster=True, outage=outage, late=False) == []
    assert filing.flags_of([late], on_roster=False, outage=outage, late=True) == [
        "not_on_roster",
        "late",
        "outside_outage",
    ]
