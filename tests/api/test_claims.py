"""Listing, reading and changing claims."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.actions import intake, review
from claims.api import filters
from claims.models import Claim
from tests import make
from tests.api.conftest import new_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(anna, bruno, rita, incident):
    """Three of anna's (a draft, a submitted one, one on rita's desk) and one of bruno's."""
    return {
        "draft": make.draft(anna, incident),
        "submitted": make.submitted(anna, incident),
        "taken": make.taken(anna, incident, rita),
        "bruno's": make.submitted(bruno, incident, login="bruno@virgilio.example"),
    }


def references(answer):
    assert answer.status_code == 200, answer.content
    return [claim["reference"] for claim in answer.json()["results"]]


def test_claimants_list_their_own_newest_first(call, anna, many):
    assert references(call(anna).get("claims/")) == [many[name].reference for name in ("taken", "submitted", "draft")]


def test_operators_list_what_they_filed(call, olga, incident, many):
    person = {"email": "gina@example.org", "name": "Gina", "identity_check": "date of birth"}
    filed = intake.open_claim("libero-2023", by=olga, login="gina@libero.example", on_behalf_of=person)
    assert references(call(olga).get("claims/")) == [filed.reference]


@pytest.mark.parametrize("who", ["rita", "sara", "mara"])
def test_those_who_read_cases_list_all_that_were_submitted(call, request, many, who):
    listed = references(call(request.getfixturevalue(who)).get("claims/"))
    assert listed == [many[name].reference for name in ("bruno's", "taken", "submitted")]


def test_administrators_have_no_cases(call, ada, many):
    assert references(call(ada).get("claims/")) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "submitted"}, ["bruno's", "submitted"]),
        ({"status": "in_review"}, ["taken"]),
        ({"remedy": "damages", "incident": "libero-2023"}, ["bruno's", "taken", "submitted"]),
        ({"remedy": "refund"}, []),
        ({"assigned_to": "me"}, ["taken"]),
        ({"assigned_to": "Rita@example.org"}, ["taken"]),
        ({"assigned_to": "remo@example.org"}, []),
        ({"q": "bruno"}, ["bruno's"]),
        ({"q": "VIRGILIO"}, ["bruno's"]),
        ({"q": "  "}, ["bruno's", "taken", "submitted"]),
        ({"overdue": "true"}, []),
        ({"overdue": "false"}, ["bruno's", "taken", "submitted"]),
    ],
)
def test_filters_narrow_the_list(call, rita, many, query, expected):
    assert references(call(rita).get("claims/", query)) == [many[name].reference for name in expected]


def test_overdue_claims_are_found(call, rita, many, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=60))
    caller = call(rita)
    assert len(references(caller.get("claims/", {"overdue": "true"}))) == 3
    assert references(caller.get("claims/", {"overdue": "false"})) == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "x"},
        {"status": ""},
        {"status": "\x00"},
        {"remedy": "revenge"},
        {"incident": "none-2026"},
        {"incident": "'; --"},
        {"overdue": "maybe"},
        {"ordering": "password"},
        {"claimant__password__startswith": "a"},
        {"limit": "0"},
        {"limit": "-5"},
        {"limit": "nan"},
        {"limit": "many"},
        {"q": "x" * 201},
        {"q": "a\x00b"},
    ],
)
def test_i_11_filters_that_are_none_are_refused(call, rita, many, problem, query):
    field = next(iter(query))
    assert problem(call(rita).get("claims/", query)) == (400, "invalid_filter", [(field, "invalid_filter")])


def test_i_11_a_filter_given_twice_is_refused(call, rita, many, problem):
    answer = call(rita).get("claims/?status=submitted&status=draft")
    assert problem(answer) == (400, "invalid_filter", [("status", "invalid_filter")])


@pytest.mark.parametrize("who", ["anna", "olga", "ada"])
def test_who_reviews_what_is_no_filter_for_others(call, request, many, problem, who):
    answer = call(request.getfixturevalue(who)).get("claims/", {"assigned_to": "rita@example.org"})
    assert problem(answer) == (400, "invalid_filter", [("assigned_to", "invalid_filter")])


def test_a_reviewer_does_not_find_out_who_reviews_their_own_claim(call, rita, remo, incident):
    own = make.taken(rita, incident, remo)
    caller = call(rita)
    assert references(caller.get("claims/")) == [own.reference]
    assert references(caller.get("claims/", {"assigned_to": remo.email})) == []
    assert "assigned_to" not in caller.get(f"claims/{own.reference}/").json()


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", ".*", "(", "a & !b", "x", "'; DROP", "é", "👩‍👩‍👧", "4F7GH-9HQ2X" * 10]
)
def test_i_12_any_text_may_be_searched_for(call, rita, many, text):
    assert len(references(call(rita).get("claims/", {"q": text}))) <= 3


def test_i_12_a_search_that_takes_too_long_is_503_with_a_hint(call, rita, many, refusal, monkeypatch):
    def slow(claims, text, person):
        return claims.extra(where=["pg_sleep(5) IS NOT NULL"])

    monkeypatch.setitem(filters.NARROW, "q", slow)
    monkeypatch.setattr("claims.api.claims.SLOW_SEARCH", "SET LOCAL statement_timeout = '50ms'")
    answer = call(rita).get("claims/", {"q": "slow"})
    assert refusal(answer) == (503, "too_slow")
    assert answer["Retry-After"] == "5"
    assert "longer" in answer.json()["detail"]


def test_lists_are_read_forwards_and_backwards_by_cursor(call, anna, incident):
    made = [make.draft(anna, incident).reference for _ in range(7)][::-1]
    caller = call(anna)
    first = caller.get("claims/", {"limit": 3})
    second = caller.get(first.json()["next"])
    third = caller.get(second.json()["next"])
    assert [*references(first), *references(second), *references(third)] == made
    assert (first.json()["previous"], third.json()["next"]) == (None, None)
    assert references(caller.get(third.json()["previous"])) == made[3:6]
    back = caller.get(second.json()["previous"])
    assert references(back) == made[:3]
    assert back.json()["previous"] is None
    make.draft(anna, incident)
    assert references(caller.get(first.json()["next"])) == made[3:6], "a new claim does not move the pages"


@pytest.mark.parametrize("cursor", ["", "x", "-1", "é", "WzEsMF0:1abc:deadbeef"])
def test_i_10_a_cursor_that_is_none_is_refused(call, anna, many, problem, cursor):
    answer = call(anna).get("claims/", {"cursor": cursor})
    assert problem(answer) == (400, "invalid_cursor", [("cursor", "invalid_cursor")])


def test_i_10_a_cursor_belongs_to_its_list_its_filters_and_its_person(call, anna, rita, many, refusal, time_machine):
    caller = call(anna)
    following = caller.get("claims/", {"limit": 1}).json()["next"]
    changed = following[:-1] + ("a" if following[-1] != "a" else "b")
    for path in (
        changed,
        following.replace("/claims/", f"/claims/{many['draft'].reference}/events/"),
        following + "&status=draft",
    ):
        assert refusal(caller.get(path)) == (400, "invalid_cursor"), path
    assert refusal(call(rita).get(following)) == (400, "invalid_cursor")
    assert caller.get(following + "&limit=1").status_code == 400, "limit twice"
    time_machine.move_to(timezone.now() + timedelta(days=8))
    assert refusal(call(anna).get(following)) == (400, "invalid_cursor"), "expired"


@pytest.mark.parametrize("query", [{"page": "-1"}, {"page": "2"}, {"offset": "10"}])
def test_i_10_lists_have_no_page_numbers(call, anna, many, refusal, query):
    assert refusal(call(anna).get("claims/", query)) == (400, "invalid_cursor")


@pytest.mark.parametrize("limit", ["1e9", "201", "999999999999999999999999", "inf"])
def test_i_10_a_page_never_has_more_than_200_rows(call, anna, incident, limit, monkeypatch):
    monkeypatch.setattr("claims.api.paging.MOST", 3)
    for _ in range(5):
        make.draft(anna, incident)
    assert len(references(call(anna).get("claims/", {"limit": limit}))) == 3


def test_lists_take_as_many_queries_for_thirty_as_for_three(call, rita, remo, anna, incident):
    def queries():
        caller = call(rita)
        with CaptureQueriesContext(connection) as captured:
            assert caller.get("claims/").status_code == 200
        return len(captured)

    for _ in range(3):
        make.decided(anna, incident, remo)
    make.submitted(anna, incident)
    few = queries()
    for _ in range(15):
        make.submitted(anna, incident)
        make.taken(anna, incident, remo)
    assert queries() == few <= 11


@pytest.mark.parametrize(
    "reference",
    [
        "4F7GH-9HQ2X",
        "..%2f",
        "%00",
        "x" * 5000,
        "АБВГД-ЕЖЗИК",
        "4F7GH 9HQ2X'--",
        "4F7GH-9HQ2",
        "%F0%9F%91%A9",
    ],
)
def test_i_09_what_is_no_reference_is_not_found(call, anna, incident, refusal, reference):
    assert refusal(call(anna).get(f"claims/{reference}/")) == (404, "not_found")


def test_i_09_small_letters_and_blanks_lead_to_the_claim(call, anna, incident):
    claim = make.draft(anna, incident)
    for typed in (claim.reference.lower(), claim.reference.replace("-", ""), claim.reference.replace("-", " ")):
        assert call(anna).get(f"claims/{typed}/").json()["reference"] == claim.reference


def test_a_foreign_claim_is_answered_like_an_unknown_one(call, bruno, anna, incident, problem):
    claim = make.submitted(anna, incident)
    foreign, unknown = call(bruno).get(f"claims/{claim.reference}/"), call(bruno).get("claims/4F7GH-9HQ2X/")
    assert problem(foreign) == problem(unknown) == (404, "not_found", [])
    assert foreign.content == unknown.content


@pytest.mark.parametrize("who", ["rita", "sara", "mara", "olga", "ada"])
def test_a_draft_is_nobody_elses_business(call, request, anna, incident, refusal, who):
    claim = make.draft(anna, incident)
    assert refusal(call(request.getfixturevalue(who)).get(f"claims/{claim.reference}/")) == (404, "not_found")


def test_staff_read_what_claimants_do_not(call, rita, anna, incident):
    claim = make.taken(anna, incident, rita, items=[make.item("900.00")])
    told = call(rita).get(f"claims/{claim.reference}/").json()
    assert told["assigned_to"] == rita.email
    assert told["claimant"] == {"name": "Anna", "email": anna.email}
    assert {"flags", "on_roster", "late_reason"} < set(told)
    hers = call(anna).get(f"claims/{claim.reference}/").json()
    assert not {"assigned_to", "claimant", "flags", "on_roster", "late_reason"} & set(hers)


def edit(caller, claim, changes, version='"1"'):
    return caller.patch(f"claims/{claim.reference}/", changes, If_Match=version)


@pytest.mark.parametrize("version", ['"1"', "1"])
def test_a_draft_is_changed_by_who_saw_it(call, anna, incident, version):
    claim = make.draft(anna, incident)
    answer = edit(call(anna), claim, {"narrative": "Another story."}, version)
    assert (answer.status_code, answer["ETag"], answer.json()["version"]) == (200, '"2"', 2)
    assert answer.json()["narrative"] == "Another story."
    assert len(answer.json()["items"]) == 1


def test_losses_with_an_id_are_changed_others_added_the_rest_removed(call, anna, incident):
    claim = make.draft(anna, incident, items=[make.item("1.00"), make.item("2.00")])
    kept, removed = claim.items.all()
    items = [{**new_item(amount="5.00"), "id": kept.pk}, new_item(amount="7.00")]
    told = edit(call(anna), claim, {"items": items}).json()
    assert [item["amount"] for item in told["items"]] == ["5.00", "7.00"]
    assert told["items"][0]["id"] == kept.pk
    assert removed.pk not in {item["id"] for item in told["items"]}
    assert told["totals"]["claimed"] == "12.00"


@pytest.mark.parametrize("foreign", ["foreign", "unknown", 0, -1, 2**63, 10**30, "1", True, 1.0])
def test_the_loss_of_another_claim_is_as_unknown_as_none(call, anna, bruno, incident, problem, foreign):
    claim, other = make.draft(anna, incident), make.draft(bruno, incident, login="bruno@virgilio.example")
    pk = {"foreign": other.items.get().pk, "unknown": 2**62}.get(foreign, foreign)
    status, code, _errors = problem(edit(call(anna), claim, {"items": [{**new_item(), "id": pk}]}))
    assert (status, code) == (422, "unknown_item")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, (428, "precondition_required")),
        ("", (428, "precondition_required")),
        ("*", (428, "precondition_required")),
        ('"7"', (412, "stale")),
        ('"0"', (412, "stale")),
        ('W/"1"', (400, "invalid_if_match")),
        ('"1", "2"', (400, "invalid_if_match")),
        ("one", (400, "invalid_if_match")),
        ('"-1"', (400, "invalid_if_match")),
        ("9" * 40, (400, "invalid_if_match")),
        ("١", (400, "invalid_if_match")),
    ],
)
def test_i_15_if_match_names_the_version_that_was_seen(call, anna, incident, refusal, version, expected):
    claim = make.draft(anna, incident)
    headers = {} if version is None else {"If_Match": version}
    answer = call(anna).patch(f"claims/{claim.reference}/", {"narrative": "Another story."}, **headers)
    assert refusal(answer) == expected
    claim.refresh_from_db()
    assert (claim.version, claim.narrative) == (1, make.NARRATIVE)


def test_i_15_the_second_of_two_editors_is_told(call, anna, incident, refusal):
    claim, caller = make.draft(anna, incident), call(anna)
    assert edit(caller, claim, {"narrative": "First."}).status_code == 200
    assert refusal(edit(caller, claim, {"narrative": "Second."})) == (412, "stale")
    assert Claim.objects.get().narrative == "First."


@pytest.mark.parametrize("field", ["status", "remedy", "incident", "reference", "version", "on_behalf_of", "totals"])
def test_i_02_what_may_not_be_changed_is_an_unknown_field(call, anna, incident, problem, field):
    claim = make.draft(anna, incident)
    assert problem(edit(call(anna), claim, {field: "paid"})) == (422, "unknown_field", [(field, "unknown_field")])


def test_a_submitted_claim_is_changed_no_more(call, anna, incident, refusal):
    claim = make.submitted(anna, incident)
    answer = edit(call(anna), claim, {"narrative": "x"}, f'"{claim.version}"')
    assert refusal(answer) == (409, "wrong_state")


def test_a_foreign_draft_cannot_be_changed(call, bruno, rita, anna, incident, refusal):
    draft, submitted = make.draft(anna, incident), make.submitted(anna, incident)
    assert refusal(edit(call(bruno), draft, {"narrative": "x"})) == (404, "not_found")
    assert refusal(edit(call(rita), submitted, {"narrative": "x"}, f'"{submitted.version}"')) == (403, "not_yours")


def test_bank_details_are_never_told_whole(call, anna, incident):
    claim = make.draft(anna, incident)
    told = edit(call(anna), claim, {"iban": "IT60X0542811101000000123456", "holder": "Anna Canary"})
    assert told.json()["iban"] == "IT** 3456"
    assert "Canary" not in told.content.decode()


def test_a_claim_given_back_is_nobodys(call, rita, anna, incident):
    claim = make.taken(anna, incident, rita)
    review.release(claim.reference, by=rita)
    assert call(rita).get(f"claims/{claim.reference}/").json()["assigned_to"] is None
