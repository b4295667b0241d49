"""Counters that hold in every process, and forget."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts import throttling
from accounts.models import Throttle

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def tries(count, identity="10.0.0.1", scope="knock", **limits):
    return [throttling.wait(scope, identity, **{"limit": 3, "seconds": 60, **limits}) for _ in range(count)]


@pytest.mark.django_db
def test_the_limit_is_allowed_and_then_one_waits_until_the_window_ends(time_machine):
    time_machine.move_to(NOON, tick=False)
    assert tries(3) == [0, 0, 0]
    time_machine.shift(timedelta(seconds=20))
    assert tries(2) == [40, 40]


@pytest.mark.django_db
def test_a_new_window_begins_when_the_old_one_is_over(time_machine):
    time_machine.move_to(NOON, tick=False)
    tries(10)
    time_machine.shift(timedelta(seconds=60))
    assert tries(4) == [0, 0, 0, 60]


@pytest.mark.django_db
def test_refused_tries_do_not_lengthen_the_wait(time_machine):
    time_machine.move_to(NOON, tick=False)
    tries(50)
    time_machine.shift(timedelta(seconds=59, milliseconds=500))
    assert tries(1) == [1]


@pytest.mark.django_db
def test_scopes_and_identities_are_counted_apart():
    assert tries(3) == tries(3, identity="10.0.0.2") == tries(3, scope="ring") == [0, 0, 0]


@pytest.mark.django_db
def test_no_address_is_stored():
    tries(1, identity="anna@example.org")
    row = Throttle.objects.get()
    assert "anna" not in row.identity
    assert len(row.identity) == 64


@pytest.mark.django_db
def test_each_try_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        tries(1)


@pytest.mark.django_db
def test_old_counters_are_forgotten(time_machine):
    time_machine.move_to(NOON, tick=False)
    tries(1)
    time_machine.shift(timedelta(seconds=30))
    tries(1, identity="10.0.0.2")
    time_machine.shift(timedelta(seconds=31))
    assert throttling.forget_old() == 1
    assert Throttle.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_tries_at_the_same_moment_never_pass_the_limit_together():
    results, start = [], threading.Barrier(8)

    def knock():
        try:
            start.wait(timeout=10)
            results.extend(tries(10, limit=20, seconds=600))
        finally:
            connection.close()

    threads = [threading.Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    assert results.count(0) == 20
