"""Whatever is sent to POST claims/, the answer is a claim or a problem document, never a fault of ours."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import KEYS, new_item

pytestmark = pytest.mark.django_db

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
ANYTHING = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4))
AMOUNTS = st.from_regex(r"[0-9]{1,11}\.[0-9]{1,3}", fullmatch=True)
MOMENTS = st.from_regex(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})", fullmatch=True
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "head": st.sampled_from(["extra_expense", "data_loss"]) | ANYTHING,
        "description": ANY_TEXT | ANYTHING,
        "amount": AMOUNTS | ANYTHING,
        "occurred_at": MOMENTS | ANYTHING,
    },
)
NEARLY = st.fixed_dictionaries(
    {"incident": st.just("libero-2023") | ANYTHING, "login": st.just("anna@libero.example") | ANYTHING},
    optional={
        "remedy": st.sampled_from(["damages", "refund"]) | ANYTHING,
        "narrative": ANY_TEXT | ANYTHING,
        "login_explanation": ANY_TEXT | ANYTHING,
        "items": st.lists(ITEMS | st.just(new_item()) | ANYTHING, max_size=4) | ANYTHING,
        "iban": st.just("IT60X0542811101000000123456") | ANYTHING,
        "holder": ANY_TEXT | ANYTHING,
        "on_behalf_of": st.dictionaries(st.sampled_from(["email", "name", "phone", "identity_check"]), ANYTHING)
        | ANYTHING,
    },
)
LIGHT = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def check(answer, problem):
    assert answer.status_code < 500
    if answer.status_code == 201:
        assert answer.json()["status"] == "draft"
    else:
        assert problem(answer)[0] in (400, 403, 409, 422)


@pytest.mark.parametrize("who", ["anna", "olga"])
def test_nearly_right_bodies_never_break_anything(call, request, incident, problem, who):
    caller = call(request.getfixturevalue(who))

    @LIGHT
    @given(body=NEARLY)
    def fuzz(body):
        check(caller.raw("claims/", json.dumps(body), Idempotency_Key=f"fuzz {next(KEYS)}"), problem)

    fuzz()


def test_any_bytes_never_break_anything(call, anna, incident, problem):
    caller = call(anna)

    @LIGHT
    @given(body=st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
    def fuzz(body):
        check(caller.raw("claims/", body, Idempotency_Key=f"fuzz {next(KEYS)}"), problem)

    fuzz()


def test_any_query_never_breaks_a_list(call, rita, incident, problem):
    caller = call(rita)
    names = st.sampled_from(["status", "remedy", "incident", "assigned_to", "q", "overdue", "cursor", "limit"])

    @LIGHT
    @given(query=st.dictionaries(names | st.text(max_size=10), st.text(max_size=30), max_size=3))
    def fuzz(query):
        answer = caller.get("claims/", query)
        assert answer.status_code == 200 or problem(answer)[0] == 400

    fuzz()


@pytest.mark.parametrize("name", ["submit", "withdraw", "assign", "hand-over", "release", "decide", "return"])
def test_any_step_never_breaks_anything(call, sara, anna, incident, problem, name):
    caller = call(sara)
    fields = ["declaration", "reason", "to", "outcome", "items", "note", "ask_signature"]

    @settings(LIGHT, max_examples=40)
    @given(body=st.dictionaries(st.sampled_from(fields), ANYTHING, max_size=5))
    def fuzz(body):
        answer = caller.raw(f"claims/4F7GH-9HQ2X/{name}/", json.dumps(body))
        assert problem(answer)[0] in (400, 404, 422)

    fuzz()
