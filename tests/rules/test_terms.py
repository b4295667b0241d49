"""Terms go to the database and come back the same."""

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from decimal import Decimal

import pytest

from claims.rules.errors import Refused
from claims.rules.terms import IndemnityTerms, Terms
from claims.rules.terms_bounds import check_new, leaves
from claims.rules.terms_fields import FIELDS, changes
from claims.rules.terms_text import merged, read, texts_of


def test_terms_come_back_as_they_were():
    terms = Terms(
        indemnity={"paid": IndemnityTerms(Decimal("6.10"), Decimal("99.90"), Decimal("1.5"))},
        head_caps={"data_loss": Decimal("10.00")},
        damages_cap=Decimal("1.00"),
        decision_days=7,
        remedies_to_claim=("damages", "refund"),
    )
    assert Terms.from_json(terms.to_json()) == terms


def test_what_is_missing_has_its_default():
    assert Terms.from_json({}) == Terms()


@pytest.mark.parametrize(
    "values",
    [
        {"damages_cap": "a lot"},
        {"damages_cap": None},
        {"unknown": 1},
        {"head_caps": {"invented": "1.00"}},
        {"head_caps": []},
        {"benefits": 5},
        {"benefits": ["storage_gb"]},
        {"keep_days": 5},
        {"indemnity": {"paid": 5}},
        {"remedies_to_claim": 5},
        {"indemnity": {"paid": {"rate": "1.00"}}},
        {"indemnity": {"paid": {"rate": "x", "cap": "1.00"}}},
    ],
)
def test_terms_that_cannot_be_read_are_refused(values):
    with pytest.raises(Refused) as refused:
        Terms.from_json(values)
    assert refused.value.code == "invalid_terms"


def refused_paths(action, *args):
    with pytest.raises(Refused) as refused:
        action(*args)
    return {path: str(message) for path, _code, message in refused.value.errors}


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"appeal_days": -1}, "appeal_days"),
        ({"appeal_days": True}, "appeal_days"),
        ({"appeal_days": "30"}, "appeal_days"),
        ({"appeal_days": 3651}, "appeal_days"),
        ({"damages_cap": "-0.01"}, "damages_cap"),
        ({"damages_cap": "NaN"}, "damages_cap"),
        ({"refund_multiplier": "Infinity"}, "refund_multiplier"),
        ({"sample_rates": {"damages": "1.01"}}, "sample_rates.damages"),
        ({"sample_rates": {"gifts": "0.5"}}, "sample_rates.gifts"),
        ({"indemnity": {"gold": {"rate": "1", "cap": "1"}}}, "indemnity.gold"),
        ({"indemnity": {"paid": {"rate": "-1", "cap": "1"}}}, "indemnity.paid.rate"),
        ({"benefits": {"yacht": 1}}, "benefits.yacht"),
        ({"benefits": {"storage_gb": 1.5}}, "benefits.storage_gb"),
        ({"decision_mode": "lunar"}, "decision_mode"),
        ({"remedies_to_claim": ["damages", "damages"]}, "remedies_to_claim"),
        ({"holds_that_pause": ["rain"]}, "holds_that_pause"),
        ({"holds_that_pause": [{}, []]}, "holds_that_pause"),
        ({"decision_mode": {}}, "decision_mode"),
        ({"appeal_may_worsen": "no"}, "appeal_may_worsen"),
        ({"band_least": 0}, "band_least"),
        ({"most_bytes": 0}, "most_bytes"),
    ],
)
def test_values_out_of_their_bounds_are_refused_by_name(values, path):
    assert set(refused_paths(Terms.from_json, values)) == {path}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"refund_floor": Decimal("1.005")}, "refund_floor"),
        ({"indemnity": {"paid": IndemnityTerms(Decimal("6.505"), Decimal("99.00"))}}, "indemnity.paid.rate"),
        ({"indemnity": {"paid": IndemnityTerms(Decimal("6.00"), Decimal("11.99"), Decimal(2))}}, "indemnity.paid.cap"),
        ({"damages_cap": Decimal("599.99")}, "head_caps.missed_opportunity"),
        ({"reminder_days": 15}, "reminder_days"),
    ],
)
def test_new_terms_have_whole_cents_and_contradict_nothing(changes, path):
    """What was frozen before keeps on being read."""
    terms = replace(Terms(), **changes)
    assert Terms.from_json(terms.to_json()) == terms
    assert set(refused_paths(check_new, terms)) == {path}


def test_every_value_is_in_the_form_and_has_bounds():
    """A value that somebody adds to Terms wants its place in terms_bounds.py and terms_fields.py."""
    usual = Terms()
    assert {path for path, _name, _value in leaves(usual)} <= set(FIELDS)
    assert {each.name for each in dataclass_fields(Terms)} == {path.partition(".")[0] for path in FIELDS}
    check_new(usual)
    full = replace(usual, band_tolerance=Decimal("0.25"), sample_rates={"damages": Decimal("0.05")})
    for terms in (usual, full, replace(usual, indemnity={}, head_caps={}, benefits={})):
        assert read(texts_of(terms)) == terms


def test_what_is_typed_is_read_as_people_write_it():
    typed = texts_of(Terms()) | {
        "indemnity.paid.rate": "6,5",
        "indemnity.free.rate": "",
        "indemnity.free.factor": "",
        "indemnity.free.cap": "",
        "damages_cap": "€ 5.000,00",
        "band_tolerance": "12,5 %",
        "sample_rates.damages": "5",
        "most_bytes": "1,5",
        "head_caps.legal_costs": "250",
        "remedies_to_claim": ["refund", "damages"],
    }
    terms = read(typed)
    assert terms.indemnity["paid"].rate == Decimal("6.50")
    assert "free" not in terms.indemnity
    assert (terms.band_tolerance, terms.sample_rates) == (Decimal("0.125"), {"damages": Decimal("0.05")})
    assert (terms.most_bytes, terms.head_caps["legal_costs"]) == (1_572_864, Decimal("250.00"))
    assert terms.remedies_to_claim == ("refund", "damages")


def test_everything_wrong_in_a_form_is_named_at_once():
    wrong = {
        "indemnity.paid.cap": "",
        "indemnity.paid.rate": "-6",
        "appeal_days": "4,5",
        "decision_days": "",
        "most_files": "9" * 200,
        "refund_multiplier": "1e3",
        "decision_mode": "x",
        "holds_that_pause": ["rain"],
    }
    assert set(refused_paths(read, texts_of(Terms()) | wrong)) == set(wrong)
    assert set(refused_paths(read, {})) >= {"decision_mode", "appeal_days", "damages_cap"}


def test_two_peoples_changes_are_put_together():
    base = texts_of(Terms())
    mine = base | {"appeal_days": "40", "decision_days": "50", "hold_days": "10"}
    theirs = base | {"appeal_days": "60", "information_days": "20", "hold_days": "10"}
    together, clashes = merged(base, mine, theirs)
    assert clashes == ["appeal_days"]
    changed = {path: text for path, text in together.items() if text != base[path]}
    assert changed == {"appeal_days": "40", "decision_days": "50", "hold_days": "10", "information_days": "20"}


def test_differences_are_named_in_the_order_of_the_page():
    later = replace(Terms(), appeal_days=60, head_caps={}, indemnity={})
    named = [each.path for each, _old, _new in changes(Terms(), later)]
    assert named[0] == "indemnity.free.rate"
    assert named[-2:] == ["head_caps.missed_opportunity", "appeal_days"]
    assert len(named) == 11
