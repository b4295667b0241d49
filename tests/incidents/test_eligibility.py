"""Am I affected? The answer tells what may be had and nothing about whose account it is."""

from dataclasses import astuple
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from claims.reports import eligibility
from claims.rules.errors import Refused
from tests import make


def answer(incident, login):
    found = eligibility.check(incident, login)
    return found.affected, [astuple(entry) for entry in found.remedies]


def test_a_paid_account_may_get_all_three(incident):
    assert answer(incident, "anna@libero.example") == (
        True,
        [("indemnity", True, "automatic"), ("refund", True, "automatic"), ("damages", True, "claim")],
    )


def test_a_free_account_has_no_fee_to_get_back(incident):
    assert answer(incident, "bruno@virgilio.example") == (
        True,
        [("indemnity", True, "automatic"), ("refund", False, "automatic"), ("damages", True, "claim")],
    )


def test_an_account_that_was_out_for_minutes_only_gets_no_indemnity(incident):
    start, end = datetime(2023, 1, 24, 10, tzinfo=UTC), datetime(2023, 1, 24, 10, 20, tzinfo=UTC)
    make.customer(incident, "carla@libero.example", service="free", intervals=[TimestamptzRange(start, end)])
    assert answer(incident, "carla@libero.example")[1][0] == ("indemnity", False, "automatic")


def test_an_unknown_account_gets_the_same_shape_of_answer(incident):
    assert answer(incident, "nobody@libero.example") == (
        False,
        [("indemnity", False, "automatic"), ("refund", False, "automatic"), ("damages", False, "claim")],
    )


def test_capitals_and_blanks_do_not_matter(incident):
    assert answer(incident, "  Anna@LIBERO.example ") == answer(incident, "anna@libero.example")


def test_an_account_of_another_incident_is_not_affected(incident):
    other = make.incident("posta-2024")
    assert answer(other, "anna@libero.example")[0] is False


@pytest.mark.parametrize("login", ["", "anna", "a b@c", "x" * 255 + "@y", "a@b\0"])
def test_what_is_no_account_is_refused(incident, login):
    with pytest.raises(Refused) as refused:
        eligibility.check(incident, login)
    assert refused.value.status == 422
    assert refused.value.field == "login"


def asked(incident, login):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        eligibility.check(incident, login)
    return [query["sql"].replace(login, "…") for query in queries]


def test_i_21_known_and_unknown_accounts_ask_the_database_the_same_questions(incident):
    eligibility.check(incident, "anna@libero.example")
    assert asked(incident, "anna@libero.example") == asked(incident, "nobody@libero.example")
    assert len(asked(incident, "bruno@virgilio.example")) == 1


def test_i_21_known_and_unknown_accounts_take_the_same_time(incident):
    """200 pairs, asked in turn: the medians differ by less than 5 ms."""
    spent = {"anna@libero.example": [], "nobody@libero.example": []}
    for _ in range(200):
        for login, times in spent.items():
            start = perf_counter()
            eligibility.check(incident, login)
            times.append(perf_counter() - start)
    known, unknown = (median(times) for times in spent.values())
    assert abs(known - unknown) < 0.005
