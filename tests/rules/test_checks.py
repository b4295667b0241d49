"""What the data say of each check by themselves, with its edges; and what each remedy and kind of loss needs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules import checks
from claims.rules.checklist import CHECKS
from claims.rules.checks import Facts, Loss, Paper
from claims.rules.errors import Refused
from claims.rules.terms import HEADS, Terms

START, END = datetime(2023, 1, 22, 23, tzinfo=UTC), datetime(2023, 1, 26, 17, tzinfo=UTC)
NOW = datetime(2023, 4, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def loss(amount="120.00", head="extra_expense", at=START, pk=1):
    return Loss(pk, head, Decimal(amount), at)


def facts(*items, **more):
    items = items or (loss(),)
    values = {
        "remedy": "damages",
        "terms": Terms(),
        "claimed": sum(item.amount for item in items),
        "items": items,
        "documents": (Paper("a", None, "clean"),),
        "outage": ((START, END),),
        "now": NOW,
        "contacts": frozenset({"anna@libero.example"}),
        "reached_at": frozenset({"anna@libero.example"}),
    }
    return Facts(**{**values, **more})


def test_damages_need_everything_and_the_tariff_needs_little():
    assert checks.needed("damages", {"extra_expense"}) == tuple(CHECKS)
    few = ("standing", "outage", "amount", "duplicates", "waiver", "terms")
    assert checks.needed("indemnity", {"service_value"}) == checks.needed("refund", set()) == few


def test_the_value_of_the_service_is_arithmetic_and_needs_no_proof_of_harm():
    assert {"harm", "documents", "causation", "mitigation"} == set(CHECKS) - set(
        checks.needed("damages", {"service_value"})
    )
    assert checks.needed("damages", {"service_value", "data_loss"}) == tuple(CHECKS)


@pytest.mark.parametrize(
    ("more", "finds"),
    [
        ({}, "pass"),
        ({"on_roster": False}, "fail"),
        ({"contacts": frozenset({"other@libero.example"})}, ""),
        ({"contacts": frozenset({"other@libero.example"}), "contact_known": True}, ""),
    ],
)
def test_standing(more, finds):
    assert checks.standing(facts(**more)).finds == finds


@pytest.mark.parametrize(
    ("at", "finds", "outside"),
    [
        (START - MINUTE, "fail", [("before", 1)]),
        (START, "pass", []),
        (END - MINUTE, "pass", []),
        (END, "fail", [("after", 0)]),
        (END + MINUTE, "fail", [("after", 1)]),
    ],
)
def test_outage_to_the_minute(at, finds, outside):
    found = checks.outage(facts(loss(at=at)))
    assert (found.finds, [(each["side"], each["minutes"]) for each in found.evidence["outside"]]) == (finds, outside)
    assert found.evidence["minutes"] == (END - START) // MINUTE
    assert found.evidence["days"] == 4


def test_between_two_outages_the_nearer_one_is_named():
    outage = ((START, START + 60 * MINUTE), (START + 100 * MINUTE, END))
    found = checks.outage(facts(loss(at=START + 90 * MINUTE), outage=outage))
    assert found.evidence["outside"][0] | {"item": 0, "head": ""} == {
        "item": 0, "head": "", "side": "before", "minutes": 10,
    }  # fmt: skip


def test_an_account_that_was_never_out_is_found_wrong():
    assert checks.outage(facts(loss(), outage=())).finds == "fail"


@pytest.mark.parametrize(
    ("papers", "finds", "unproven"),
    [
        ((), "fail", ["extra_expense", "data_loss"]),
        ((Paper("a", None, "clean"),), "pass", []),
        ((Paper("a", 1, "clean"),), "fail", ["data_loss"]),
        ((Paper("a", 1, "clean"), Paper("b", 2, "clean")), "pass", []),
        ((Paper("a", 1, "clean"), Paper("b", 2, "refused")), "fail", ["data_loss"]),
        ((Paper("a", 1, "clean"), Paper("b", 2, "pending")), "", ["data_loss"]),
    ],
)
def test_documents(papers, finds, unproven):
    found = checks.documents(facts(loss(), loss(head="data_loss", pk=2), documents=papers))
    assert (found.finds, found.evidence["unproven"]) == (finds, unproven)


def test_documents_where_none_are_wanted():
    assert checks.documents(facts(loss(head="service_value"), documents=())).finds == "not_applicable"


@pytest.mark.parametrize(
    ("claimed", "tariff", "finds"),
    [("120.00", None, "pass"), ("120.01", None, "fail"), ("120.00", "120.00", "pass"), ("120.00", "119.99", "fail")],
)
def test_amount_to_the_cent(claimed, tariff, finds):
    found = checks.amount(facts(claimed=Decimal(claimed), tariff=tariff and Decimal(tariff)))
    assert found.finds == finds


@pytest.mark.parametrize(
    ("more", "finds"),
    [
        ({}, "pass"),
        ({"same_losses": ("4F7GH-9HQ2X",)}, "fail"),
        ({"iban_people": 2, "iban_claims": ("4F7GH-9HQ2X",)}, "pass"),
        ({"iban_people": 3, "iban_claims": ("4F7GH-9HQ2X",)}, "fail"),
        ({"documents": (Paper("a", None, "clean", ("4F7GH-9HQ2X",)),)}, "fail"),
    ],
)
def test_duplicates(more, finds):
    found = checks.duplicates(facts(**more))
    assert found.finds == finds
    named = found.evidence["claims"] + found.evidence["iban_claims"]
    assert bool(named or found.evidence["files"]) == (finds == "fail")


@pytest.mark.parametrize(("accepted", "finds"), [((), "pass"), (("4F7GH-9HQ2X",), "fail")])
def test_waiver(accepted, finds):
    assert checks.waiver(facts(accepted=accepted)).finds == finds


@pytest.mark.parametrize(
    ("items", "late", "finds", "caps"),
    [
        ([loss("600.00", "missed_opportunity")], False, "pass", []),
        ([loss("600.00", "missed_opportunity")], True, "fail", []),
        ([loss("600.01", "missed_opportunity")], False, "fail", ["missed_opportunity"]),
        ([loss("300.00", "missed_opportunity"), loss("300.01", "missed_opportunity")], False, "fail",
         ["missed_opportunity"]),
        ([loss("5000.00")], False, "pass", []),
        ([loss("5000.01")], False, "fail", [""]),
    ],
)  # fmt: skip
def test_terms(items, late, finds, caps):
    found = checks.terms(facts(*items, late=late))
    assert (found.finds, [each["head"] for each in found.evidence["caps"]]) == (finds, caps)


@pytest.mark.parametrize(
    ("claimed", "seen"), [("474.99", []), ("475.00", ["near_limit"]), ("500.00", ["near_limit"]), ("500.01", [])]
)
def test_just_under_the_limit_of_the_second_signature(claimed, seen):
    assert checks.fraud(facts(loss(claimed))).evidence["signals"] == seen


@pytest.mark.parametrize(
    ("ago", "seen"),
    [(timedelta(), ["iban_changed"]), (timedelta(hours=48) - MINUTE, ["iban_changed"]), (timedelta(hours=48), [])],
)
def test_an_iban_changed_within_two_days(ago, seen):
    assert checks.fraud(facts(iban_changed_at=NOW - ago)).evidence["signals"] == seen


@pytest.mark.parametrize(
    ("address", "is_so"),
    [
        ("x@mailinator.com", True),
        ("x@MAILINATOR.com", True),
        ("x@sub.mailinator.com", True),
        ("x@mymailinator.example", False),
        ("x@gmail.com", False),
        ("mailinator.com@example.org", False),
        ("+390655500100", False),
        ("x@com", False),
    ],
)
def test_addresses_made_to_be_thrown_away(address, is_so):
    assert checks.is_disposable(address) is is_so
    seen = checks.fraud(facts(reached_at=frozenset({address}))).evidence["signals"]
    assert seen == (["disposable_mail"] if is_so else [])


@given(
    heads=st.sets(st.sampled_from(sorted(HEADS)), min_size=1),
    moved=st.integers(-10_000, 10_000),
    on_roster=st.booleans(),
    late=st.booleans(),
    people=st.integers(1, 9),
    same=st.lists(st.just("4F7GH-9HQ2X"), max_size=2),
)
def test_data_alone_fail_nobody_and_leave_judgement_open(heads, moved, on_roster, late, people, same):
    items = [loss(head=head, at=START + moved * MINUTE, pk=pk) for pk, head in enumerate(sorted(heads))]
    known = facts(*items, on_roster=on_roster, late=late, iban_people=people, same_losses=tuple(same))
    found = checks.proposals(known)
    assert set(found) == set(checks.needed("damages", heads))
    for code, proposal in found.items():
        assert proposal.result in ("open", "pass", "not_applicable")
        assert (proposal.result == "open") == (proposal.finds in ("fail", ""))
        if code in ("harm", "causation", "mitigation", "tone"):
            assert (proposal.finds, proposal.evidence) == ("", {})


@pytest.mark.parametrize("mails", [{}, {"bounced": 14}, {"deferred": 0, "bounced": 0}])
def test_mails_that_the_provider_counted_are_shown_and_decide_nothing(mails):
    found = checks.proposals(facts(mails=mails))
    assert (found["outage"].finds, found["outage"].evidence.get("mails", {})) == ("pass", mails)
    assert (found["causation"].finds, found["causation"].evidence.get("mails", {})) == ("", mails)


def test_what_is_open_is_named_and_nothing_else():
    checks.check_complete({"harm": "pass", "tone": "fail", "terms": "not_applicable"})
    with pytest.raises(Refused) as told:
        checks.check_complete({"harm": "open", "tone": "pass", "terms": "open"})
    assert [field for field, _code, _message in told.value.errors] == ["checklist.harm", "checklist.terms"]
