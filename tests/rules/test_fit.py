"""What does not fit the outage, to the minute, in the zone that is told or assumed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rules import fit
from claims.rules.fit import Fact, Paper, flags, read_moment

START, GAP, AGAIN, END = (
    datetime(2023, 1, day, hour, tzinfo=UTC) for day, hour in ((22, 23), (24, 18), (25, 7), (26, 17))
)
OUTAGE = ((AGAIN, END), (START, GAP))
FILED = datetime(2023, 3, 1, 12, tzinfo=UTC)
OWN = frozenset({"anna@libero.example", "anna@example.org"})
MINUTE = timedelta(minutes=1)


def found(*papers, losses=(), outage=OUTAGE, filed=FILED):
    return [(flag.code, flag.facts) for flag in flags(losses, papers, outage=outage, submitted_at=filed, own=OWN)]


def shot(*facts):
    return Paper("d", tuple(facts), shows=True)


@pytest.mark.parametrize(
    ("told", "at", "assumed"),
    [
        ({"at": "2023-01-24T10:00:00", "zone": None}, datetime(2023, 1, 24, 9, tzinfo=UTC), "rome"),
        ({"at": "2023-07-24T10:00:00", "zone": None}, datetime(2023, 7, 24, 8, tzinfo=UTC), "rome"),
        ({"at": "2023-01-24T09:00:00+00:00", "zone": 60}, datetime(2023, 1, 24, 9, tzinfo=UTC), ""),
        ({"at": "2023-01-24T04:30:00+00:00", "zone": 330}, datetime(2023, 1, 24, 4, 30, tzinfo=UTC), ""),
        ({"at": "2023-01-24T09:00:00+00:00", "zone": None}, datetime(2023, 1, 24, 9, tzinfo=UTC), "utc"),
        # The hour that comes twice is taken for the first, the one that never comes for one hour later.
        ({"at": "2023-10-29T02:30:00", "zone": None}, datetime(2023, 10, 29, 0, 30, tzinfo=UTC), "rome"),
        ({"at": "2023-03-26T02:30:00", "zone": None}, datetime(2023, 3, 26, 1, 30, tzinfo=UTC), "rome"),
    ],
)
def test_a_moment_is_read_in_its_zone_or_in_the_one_that_is_assumed(told, at, assumed):
    assert read_moment(told) == (at, told["zone"], assumed)


@pytest.mark.parametrize(
    ("at", "code", "minutes"),
    [
        (START - MINUTE, "no_overlap", 1),
        (START, None, 0),
        (GAP - MINUTE, None, 0),
        (GAP, "no_overlap", 0),
        (AGAIN - MINUTE, "no_overlap", 1),
        (END - MINUTE, None, 0),
        (END, "after_restoration", 0),
        (END + 90 * MINUTE, "after_restoration", 90),
    ],
)
def test_harm_and_proof_are_placed_to_the_minute(at, code, minutes):
    expected = [(code, minutes)] if code else []
    assert [(c, facts["minutes"]) for c, facts in found(losses=[Fact("loss", at, head="other")])] == expected
    assert [(c, facts["minutes"]) for c, facts in found(shot(Fact("photo_taken", at)))] == expected


def test_what_lasted_into_the_outage_fits():
    bounce = Paper(
        "d",
        (Fact("bounced_mail", START - 60 * MINUTE), Fact("mail_date", END + 60 * MINUTE)),
        shows=True,
        is_mail=True,
        failed=frozenset({"anna@libero.example"}),
    )
    assert found(bounce) == []


def test_an_invoice_or_a_mail_of_another_day_is_no_sign():
    assert found(Paper("d", (Fact("pdf_created", END + timedelta(days=5)),))) == []
    mail = Paper("d", (Fact("mail_date", END + timedelta(days=5)),), is_mail=True, people=OWN)
    assert found(mail) == []


@pytest.mark.parametrize(
    ("facts", "than"),
    [
        ([("pdf_created", START, ""), ("pdf_modified", START + 60 * MINUTE, "")], None),
        ([("pdf_created", START, ""), ("pdf_modified", START + 61 * MINUTE, "")], "itself"),
        ([("pdf_modified", FILED + 61 * MINUTE, "")], "claim"),
        ([("pdf_created", FILED + 61 * MINUTE, "")], "claim"),
        ([("pdf_modified", FILED, "")], None),
        # A zone that was only assumed may be off by hours.
        ([("photo_taken", START, "rome"), ("file_changed", START + timedelta(hours=20), "")], None),
        ([("photo_taken", START, "rome"), ("file_changed", START + timedelta(hours=25), "")], "itself"),
        ([("file_changed", FILED + timedelta(hours=20), "rome")], None),
        ([("mail_date", FILED + timedelta(days=9), "")], None),
    ],
)
def test_a_document_changed_afterwards_is_told(facts, than):
    paper = Paper("d", tuple(Fact(what, at, None, assumed) for what, at, assumed in facts))
    assert [(code, told["than"]) for code, told in found(paper)] == ([("edited_after", than)] if than else [])


def test_a_draft_was_not_filed_yet():
    assert found(Paper("d", (Fact("pdf_created", FILED + timedelta(days=9)),)), filed=None) == []


@pytest.mark.parametrize(
    ("people", "failed", "is_other"),
    [
        ({"anna@libero.example", "x@y.example"}, (), False),
        ({"x@y.example"}, {"anna@libero.example"}, False),
        ({"x@y.example"}, {"carla@libero.example"}, True),
        ({"x@y.example"}, (), True),
        ((), (), False),
    ],
)
def test_a_mail_of_another_account_is_told(people, failed, is_other):
    paper = Paper("d", (), is_mail=True, people=frozenset(people), failed=frozenset(failed))
    assert [code for code, _ in found(paper)] == (["other_account"] if is_other else [])


MOMENTS = st.datetimes(datetime(2023, 1, 20), datetime(2023, 1, 30)).map(lambda at: at.replace(tzinfo=UTC))


@given(st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=4), MOMENTS)
def test_a_moment_has_a_flag_exactly_if_no_interval_holds_it(intervals, at):
    intervals = [pair for pair in intervals if pair[0] < pair[1]]
    fits = any(start <= at < end for start, end in intervals)
    codes = [code for code, _ in found(losses=[Fact("loss", at)], outage=intervals)]
    assert (not codes) == (fits or not intervals)
    if codes == ["after_restoration"]:
        assert at >= max(end for _start, end in intervals)
    for flag in fit.flags([Fact("loss", at)], (), outage=intervals, submitted_at=None, own=OWN):
        assert flag.facts["minutes"] >= 0
