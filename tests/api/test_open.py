"""POST claims/: opening a draft."""

import json
from decimal import Decimal
from time import perf_counter

import pytest

from accounts.models import User
from claims.models import Claim, IdempotencyKey, JournalEntry
from tests import make
from tests.api.conftest import new_item

pytestmark = pytest.mark.django_db
FORBIDDEN = "invalid_characters"


def test_a_claim_is_opened_as_a_draft_and_answered_whole(call, anna, incident, new_claim):
    answer = call(anna).post("claims/", new_claim(iban="it60 x054 2811 1010 0000 0123 456", holder="Anna"))
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    told = answer.json()
    claim = Claim.objects.get()
    assert told == {
        "reference": claim.reference,
        "status": "draft",
        "remedy": "damages",
        "incident": "libero-2023",
        "login": "anna@libero.example",
        "login_explanation": "",
        "narrative": make.NARRATIVE,
        "iban": "IT** 3456",
        "items": [
            {
                "id": claim.items.get().pk,
                **new_item(),
                "awarded": None,
                "share": None,
                "reasons": [],
                "explanations": [],
            }
        ],
        "totals": {"claimed": "120.00", "total": None, "offsets": None, "net": None},
        "awards": [],
        "due": None,
        "estimate": None,
        "submitted_at": None,
        "decided_at": None,
        "version": 1,
    }
    assert (claim.channel, claim.claimant, claim.filed_by) == ("api", anna, anna)
    assert JournalEntry.objects.get().action == "open"


def test_what_may_come_later_may_be_left_out(call, anna, incident):
    answer = call(anna).post("claims/", {"incident": "libero-2023", "login": "anna@libero.example"})
    assert answer.status_code == 201
    assert (answer.json()["remedy"], answer.json()["items"], answer.json()["narrative"]) == ("damages", [], "")


def test_an_operator_files_for_somebody(call, olga, incident, new_claim):
    body = new_claim(
        on_behalf_of={
            "email": "Gina@example.org",
            "name": "Gina",
            "phone": "02 1234",
            "identity_check": "date of birth",
        }
    )
    assert call(olga).post("claims/", body).status_code == 201
    claim = Claim.objects.get()
    assert (claim.claimant.email, claim.filed_by, claim.identity_check) == ("gina@example.org", olga, "date of birth")


def test_an_operator_says_whom_they_file_for(call, olga, incident, new_claim, problem):
    assert problem(call(olga).post("claims/", new_claim())) == (422, "required", [("on_behalf_of", "required")])


def test_an_operators_view_of_the_person_names_what_is_wrong(call, olga, incident, new_claim, problem):
    body = new_claim(on_behalf_of={"email": "gina@example.org", "name": "", "is_staff": True})
    assert problem(call(olga).post("claims/", body)) == (
        422,
        "unknown_field",
        [("on_behalf_of.is_staff", "unknown_field")],
    )


def test_a_claimant_files_for_nobody_else(call, anna, incident, new_claim, refusal):
    person = {"email": "gina@example.org", "name": "Gina", "identity_check": "x"}
    assert refusal(call(anna).post("claims/", new_claim(on_behalf_of=person))) == (403, "wrong_role")
    assert not User.objects.filter(email="gina@example.org").exists()


@pytest.mark.parametrize("who", ["rita", "sara", "mara", "ada"])
def test_other_roles_file_no_claims(call, request, incident, new_claim, refusal, who):
    person = request.getfixturevalue(who)
    assert refusal(call(person).post("claims/", new_claim())) == (403, "wrong_role")


@pytest.mark.parametrize("remedy", ["indemnity", "refund"])
def test_what_is_granted_without_being_asked_is_not_claimed(call, anna, incident, new_claim, problem, remedy):
    answer = call(anna).post("claims/", new_claim(remedy=remedy))
    assert problem(answer) == (422, "remedy_not_open", [("remedy", "remedy_not_open")])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"incident": "none-2026"}, (422, "unknown_incident", [("incident", "unknown_incident")])),
        ({"incident": "x" * 300}, (422, "too_long", [("incident", "too_long")])),
        ({"remedy": "revenge"}, (422, "unknown_value", [("remedy", "unknown_value")])),
        ({"remedy": ["damages"]}, (422, "unknown_value", [("remedy", "unknown_value")])),
        ({"login": "anna"}, (422, "invalid_login", [("login", "invalid_login")])),
        ({"items": "none"}, (422, "invalid_list", [("items", "invalid_list")])),
        ({"items": None}, (422, "required", [("items", "required")])),
        ({"items": ["none"]}, (422, "invalid_value", [("items.0", "invalid_value")])),
        ({"items": [new_item(head="sorrow")]}, (422, "unknown_head", [("items.0.head", "unknown_head")])),
        ({"on_behalf_of": "gina"}, (422, "invalid_value", [("on_behalf_of", "invalid_value")])),
        ({"narrative": 7}, (422, "invalid_text", [("narrative", "invalid_text")])),
        ({"narrative": None}, (422, "required", [("narrative", "required")])),
        ({"holder": {"a": 1}}, (422, "invalid_text", [("holder", "invalid_text")])),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_stored(call, anna, incident, new_claim, problem, changes, expected):
    assert problem(call(anna).post("claims/", new_claim(**changes))) == expected
    assert not Claim.objects.exists()


def test_everything_that_is_wrong_is_named_at_once(call, anna, incident, new_claim, problem):
    body = new_claim(login=7, items=[new_item(), new_item(amount="1", occurred_at="yesterday")])
    assert problem(call(anna).post("claims/", body))[2] == [
        ("login", "invalid_text"),
        ("items.1.amount", "invalid_amount"),
        ("items.1.occurred_at", "invalid_time"),
    ]


def test_an_outage_that_takes_no_claims_any_more_says_so(call, anna, new_claim, refusal):
    make.incident(state="closed")
    assert refusal(call(anna).post("claims/", new_claim())) == (409, "window_closed")


@pytest.mark.parametrize(
    "extra",
    [{"status": "paid"}, {"is_staff": True}, {"claimant": 1}, {"channel": "phone"}, {"filed_by": 1}, {"é": 1}],
)
def test_i_02_unknown_fields_are_refused_and_nothing_is_written(call, anna, incident, new_claim, problem, extra):
    field = next(iter(extra))
    assert problem(call(anna).post("claims/", new_claim(**extra))) == (
        422,
        "unknown_field",
        [(field, "unknown_field")],
    )
    assert not Claim.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_i_02_an_unknown_field_of_a_loss_is_refused(call, anna, incident, new_claim, problem):
    body = new_claim(items=[new_item(awarded="120.00"), new_item(id=1)])
    assert problem(call(anna).post("claims/", body))[2] == [
        ("items.0.awarded", "unknown_field"),
        ("items.1.id", "unknown_field"),
    ]


AMOUNTS = ["12.345", "1e9", "NaN", "Infinity", "-0.01", "0x10", "1,50", "١٢.00", "9" * 30, "9" * 30 + ".00", "", "12"]


@pytest.mark.parametrize("amount", [*AMOUNTS, "12.5", " 12.50", "12.50\n", "+1.00", "0.00", 12.5, 12, True, None, []])
def test_i_03_only_one_spelling_of_an_amount_is_read(call, anna, incident, new_claim, problem, amount):
    answer = call(anna).post("claims/", new_claim(items=[new_item(amount=amount)]))
    code = "required" if amount is None else "invalid_amount"
    assert problem(answer) == (422, code, [("items.0.amount", code)])


@pytest.mark.parametrize("amount", ["0.01", "999999999.99", "000000012.50"])
def test_i_03_amounts_at_the_edge_are_kept_to_the_cent(call, anna, incident, new_claim, amount):
    answer = call(anna).post("claims/", new_claim(items=[new_item(amount=amount)]))
    assert answer.json()["items"][0]["amount"] == f"{Decimal(amount):.2f}"


@pytest.mark.parametrize(
    ("iban", "code"),
    [
        ("IT60X0542811101000000123457", "iban_checksum"),
        ("IT60X054281110100000012345", "iban_checksum"),
        ("BR1500000000000010932840814P2", "iban_country"),
        ("IT60Х0542811101000000123456", "iban_format"),
        ("١٢", "iban_format"),
        ("x" * 100, "too_long"),
    ],
)
def test_i_04_an_iban_that_is_none_is_refused(call, anna, incident, new_claim, problem, iban, code):
    assert problem(call(anna).post("claims/", new_claim(iban=iban))) == (422, code, [("iban", code)])


def test_i_04_blanks_and_small_letters_are_put_right(call, anna, incident, new_claim):
    answer = call(anna).post("claims/", new_claim(iban=" it60 x0542 81110 1000 0001 23456 "))
    assert (answer.status_code, answer.json()["iban"]) == (201, "IT** 3456")


TIMES = [
    "2023-02-31T10:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "2023-01-24T09:30:00",
    "2023-01-24",
    "2023-01-24T24:30:00Z",
    "2023-01-24T09:30:00+99:00",
    "2023-W04-2T09:30:00Z",
    "٢٠٢٣-01-24T09:30:00Z",
    "yesterday",
    "",
    1674552600,
    True,
    ["2023-01-24T09:30:00Z"],
]


@pytest.mark.parametrize("moment", TIMES)
def test_i_05_a_moment_that_is_none_or_lies_ahead_is_refused(call, anna, incident, new_claim, problem, moment):
    answer = call(anna).post("claims/", new_claim(items=[new_item(occurred_at=moment)]))
    assert problem(answer) == (422, "invalid_time", [("items.0.occurred_at", "invalid_time")])


@pytest.mark.parametrize("moment", ["2023-01-22T22:59:59Z", "0001-01-01T00:00:00Z"])
def test_i_05_a_harm_before_the_outage_is_refused(call, anna, incident, new_claim, problem, moment):
    answer = call(anna).post("claims/", new_claim(items=[new_item(occurred_at=moment)]))
    assert problem(answer) == (422, "outside_window", [("items.0.occurred_at", "outside_window")])


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2023-01-24T10:30:00+01:00", "2023-01-24T09:30:00Z"),
        ("2023-01-24t09:30z", "2023-01-24T09:30:00Z"),
        ("2023-01-24T09:30:00.25Z", "2023-01-24T09:30:00.250000Z"),
        ("2023-03-26T02:30:00+01:00", "2023-03-26T01:30:00Z"),
    ],
)
def test_i_05_every_zone_is_brought_to_utc(call, anna, incident, new_claim, moment, told):
    answer = call(anna).post("claims/", new_claim(items=[new_item(occurred_at=moment)]))
    assert answer.json()["items"][0]["occurred_at"] == told


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800", "bell \x07", "delete \x7f"])
@pytest.mark.parametrize("field", ["narrative", "login_explanation", "login", "holder", "iban", "incident", "remedy"])
def test_i_06_what_no_text_may_hold_is_refused_everywhere(call, anna, incident, new_claim, problem, text, field):
    answer = call(anna).raw("claims/", json.dumps(new_claim(**{field: text})))
    assert problem(answer) == (422, FORBIDDEN, [(field, FORBIDDEN)])


def test_i_06_and_in_losses_and_names_of_fields_too(call, anna, incident, new_claim, problem):
    caller = call(anna)
    body = json.dumps(new_claim(items=[new_item(description="nul \x00")]))
    assert problem(caller.raw("claims/", body)) == (422, FORBIDDEN, [("items.0.description", FORBIDDEN)])
    body = json.dumps(new_claim(**{"a \ud800": 1}))
    assert problem(caller.raw("claims/", body)) == (422, FORBIDDEN, [("?", FORBIDDEN)])
    body = json.dumps({**new_claim(), "raw é\ud83d": 1})
    assert problem(caller.raw("claims/", body)) == (422, FORBIDDEN, [("?", FORBIDDEN)])


@pytest.mark.parametrize(("field", "limit"), [("narrative", 20_000), ("login_explanation", 20_000)])
def test_i_06_text_has_its_limits(call, anna, incident, new_claim, problem, field, limit):
    caller = call(anna)
    assert caller.post("claims/", new_claim(**{field: "é" * limit})).status_code == 201
    for length in (limit + 1, 10 * 2**20):
        answer = caller.post("claims/", new_claim(**{field: "x" * length}))
        assert problem(answer) == (422, "too_long", [(field, "too_long")])


def test_i_06_a_description_has_its_limits(call, anna, incident, new_claim, problem):
    caller = call(anna)
    for description, code in (("", "required"), (" \n\t ", "required"), ("x" * 2001, "too_long")):
        answer = caller.post("claims/", new_claim(items=[new_item(description=description)]))
        assert problem(answer) == (422, code, [("items.0.description", code)])


TEXTS = [
    "Z̷͉̈ä̶́l̴g̵o̴ text",
    "مرحبا بالعالم \u202eright to left",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈",
    "<script>alert(1)</script>",
    "{{7*7}} ${x} %s",
    "'; DROP TABLE claims_claim; --",
    "two\nlines",
]


@pytest.mark.parametrize("text", TEXTS)
def test_i_06_i_07_everything_else_is_kept_as_it_is(call, anna, incident, new_claim, text):
    answer = call(anna).post("claims/", new_claim(narrative=text, items=[new_item(description=text)]))
    assert answer.status_code == 201
    read = call(anna).get(f"claims/{answer.json()['reference']}/").json()
    assert read["narrative"] == read["items"][0]["description"] == text


def test_a_claim_of_ten_thousand_losses_is_refused_quickly(call, anna, incident, new_claim, problem):
    start = perf_counter()
    answer = call(anna).post("claims/", new_claim(items=[new_item()] * 10_000))
    assert problem(answer) == (422, "too_many_items", [("items", "too_many_items")])
    assert perf_counter() - start < 1


def test_the_terms_say_how_many_losses_a_claim_may_hold(call, anna, incident, new_claim, problem):
    caller = call(anna)
    assert caller.post("claims/", new_claim(items=[new_item()] * 50)).status_code == 201
    answer = caller.post("claims/", new_claim(items=[new_item()] * 51))
    assert problem(answer) == (422, "too_many_items", [("items", "too_many_items")])


def test_losses_that_are_too_much_together_are_refused(call, anna, incident, new_claim, problem):
    answer = call(anna).post("claims/", new_claim(items=[new_item(amount="999999999.99")] * 2))
    assert problem(answer) == (422, "invalid_amount", [("items", "invalid_amount")])


def test_opening_takes_few_queries_and_no_more_for_many_losses(
    call, anna, incident, new_claim, django_assert_max_num_queries
):
    caller = call(anna)
    for items in ([new_item()], [new_item()] * 50):
        with django_assert_max_num_queries(12):
            assert caller.post("claims/", new_claim(items=items), key=None).status_code == 201
