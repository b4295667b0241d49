"""Was this account affected? Told to anybody, but not often, and nothing about whose it is."""

from statistics import median
from time import perf_counter

import pytest

from accounts.models import Throttle
from tests import make

pytestmark = pytest.mark.django_db
PATH = "incidents/libero-2023/eligibility/"


def test_an_affected_account_may_get_every_remedy(anonymous, incident):
    answer = anonymous.post(PATH, {"login": "Anna@libero.example "}).json()
    assert answer == {
        "affected": True,
        "remedies": [
            {"remedy": "indemnity", "may_apply": True, "how": "automatic"},
            {"remedy": "refund", "may_apply": True, "how": "automatic"},
            {"remedy": "damages", "may_apply": True, "how": "claim"},
        ],
    }


def test_i_21_an_unknown_account_gets_an_answer_of_the_same_shape(anonymous, incident):
    known = anonymous.post(PATH, {"login": "anna@libero.example"})
    unknown = anonymous.post(PATH, {"login": "nobody@libero.example"})
    assert known.status_code == unknown.status_code == 200
    assert unknown.json()["affected"] is False
    assert known.json().keys() == unknown.json().keys()
    assert [entry["remedy"] for entry in known.json()["remedies"]] == [
        entry["remedy"] for entry in unknown.json()["remedies"]
    ]


def test_i_21_the_time_does_not_tell_whether_the_account_exists(anonymous, incident):
    took = {"anna@libero.example": [], "nobody@libero.example": []}
    for number in range(200):
        for login, times in took.items():
            start = perf_counter()
            answer = anonymous.client.post(
                f"/api/v1/{PATH}", {"login": login}, format="json", REMOTE_ADDR=f"10.0.{number}.1"
            )
            times.append(perf_counter() - start)
            assert answer.status_code == 200
    known, unknown = (median(times) for times in took.values())
    assert abs(known - unknown) <= 0.005


def test_i_21_a_thousand_questions_a_minute_end_in_429(anonymous, incident, refusal):
    answers = [anonymous.post(PATH, {"login": f"p{number}@libero.example"}) for number in range(1000)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 990
    assert refusal(answers[-1]) == (429, "too_many_requests")
    assert 0 < int(answers[-1]["Retry-After"]) <= 60


def test_i_19_the_throttle_counts_machines_not_what_they_say_they_are(anonymous, incident):
    codes = [
        anonymous.post(PATH, {"login": "a@b.example"}, X_Forwarded_For=f"1.2.3.{n}").status_code for n in range(11)
    ]
    assert codes[-1] == 429
    assert Throttle.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "malformed_json", [])),
        ({"login": ""}, (422, "required", [("login", "required")])),
        ({"login": "anna"}, (422, "invalid_login", [("login", "invalid_login")])),
        ({"login": "a@b.example", "name": "Anna"}, (422, "unknown_field", [("name", "unknown_field")])),
        ({"login": ["a@b.example"]}, (422, "invalid_text", [("login", "invalid_text")])),
        ({"login": "a\u0000@b.example"}, (422, "invalid_characters", [("login", "invalid_characters")])),
    ],
)
def test_a_question_that_is_none_is_refused(anonymous, incident, problem, body, expected):
    assert problem(anonymous.post(PATH, body)) == expected


def test_an_outage_that_is_being_prepared_answers_no_questions(anonymous, db, refusal):
    make.incident("secret-2026", state="draft")
    assert refusal(anonymous.post("incidents/secret-2026/eligibility/", {"login": "a@b.example"})) == (404, "not_found")
