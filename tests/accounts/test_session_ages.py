"""A session ends: staff after 30 minutes of rest or 12 hours, claimants after 2 or 24."""

from datetime import UTC, datetime, timedelta

import pytest

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def clock(time_machine):
    def set_to(**passed):
        time_machine.move_to(START + timedelta(**passed), tick=False)

    set_to()
    return set_to


def signed_in(client):
    return client.get("/accounts/profile/").status_code == 200


@pytest.mark.parametrize(("who", "idle"), [("rita", 30), ("anna", 120)])
def test_an_idle_session_ends(page, request, clock, who, idle):
    client = page(request.getfixturevalue(who))
    assert signed_in(client)
    clock(minutes=idle)
    assert signed_in(client)
    clock(minutes=2 * idle, seconds=1)
    assert not signed_in(client)
    assert "signed you out" in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(("who", "hours"), [("rita", 12), ("anna", 24)])
def test_an_old_session_ends_however_busy(page, request, clock, who, hours):
    client = page(request.getfixturevalue(who))
    for minutes in range(0, hours * 60, 25):
        clock(minutes=minutes)
        assert signed_in(client)
    clock(hours=hours, seconds=1)
    assert not signed_in(client)


def test_a_busy_session_is_written_at_most_once_a_minute(page, anna, clock, django_assert_num_queries):
    client = page(anna)
    signed_in(client)
    clock(seconds=30)
    with django_assert_num_queries(2):  # session, person
        signed_in(client)
