"""A roster as Parquet: the same accounts as from CSV, the same checks, and no way to exhaust the server."""

import io
import json
import re
import signal
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from subprocess import Popen
from unittest import mock

import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command

from claims import parquet
from claims.actions import roster
from claims.actions.roster_problems import RosterRefused
from claims.actions.roster_rows import DAY, MOMENT
from claims.models import Customer
from claims.parquet import reading
from tests import make
from tests.roster.columns import file_of
from tests.roster.test_loading import CARLA, HEADER, stored

FIRST = datetime(2023, 1, 23, 8, tzinfo=UTC)
OUTAGES = [
    {"start": FIRST, "end": FIRST + timedelta(hours=9, minutes=30)},
    {"start": FIRST + timedelta(hours=16), "end": FIRST + timedelta(days=1)},
]
MOMENTS = pa.struct([("start", pa.timestamp("ms", "Europe/Rome")), ("end", pa.timestamp("ns", "UTC"))])
GOOD = {"login": ["a@b.example", "c@d.example"], "service": ["free", "paid"]}


@pytest.fixture
def empty(db):
    """An incident without accounts."""
    return make.incident()


def load(incident, content, **options):
    return roster.load(incident.code, io.BytesIO(content), **options)


def refusal(incident, content):
    with pytest.raises(RosterRefused) as refused:
        load(incident, content)
    assert not Customer.objects.exists()
    return [(each.line, each.column, each.code) for each in refused.value.problems], refused.value.count


def test_typed_columns_give_the_same_accounts_as_their_text(empty):
    typed = {
        "Login": ["CARLA@libero.example", "o'\"brien\\@b.example"],
        "service": pa.array(["paid", "free"]).dictionary_encode(),
        "fee": pa.array([Decimal("19.9900"), None], pa.decimal128(20, 4)),
        "paid_from": [date(2022, 6, 1), None],
        "paid_to": pa.array([datetime(2023, 6, 1), None], pa.timestamp("ns")),
        "contact": pa.array(["carla@elsewhere.example", None], pa.large_string()),
        "second_contact": ["+39 06 1234567", ""],
        "language": ["en", None],
        "intervals": pa.array([OUTAGES, None], pa.list_(MOMENTS)),
        "deferred": pa.array([3, None], pa.uint16()),
        "bounced": [14, None],
    }
    report = load(empty, file_of(typed))
    assert (report.rows, report.added) == (2, 2)
    ours = stored(empty)
    assert set(ours) == {"carla@libero.example", "o'\"brien\\@b.example"}
    again = roster.load(empty.code, io.BytesIO((HEADER + CARLA).encode()))
    assert (again.changed, again.unchanged) == (0, 1)


def test_rows_are_checked_as_lines_are_and_told_by_their_number(empty):
    rows = {
        "login": ["a@b.example", "bad", "c@d.example", "tab\t@d.example", None, "line\n@d.example", "a@b.example"],
        "service": ["free", "free", "gold", "free", "free", "free", "paid"],
        "fee": pa.array([None, -1, 10**12, 0, 0, 0, 0], pa.int64()),
        "intervals": pa.array(
            [None, None, None, None, [None], None, [{"start": FIRST, "end": FIRST}]], pa.large_list(MOMENTS)
        ),
    }
    problems, count = refusal(empty, file_of(rows, row_group_size=2))
    assert count == 6
    assert problems == [
        (2, "login", "invalid_login"),
        (2, "fee", "invalid_amount"),
        (3, "service", "unknown_service"),
        (3, "fee", "invalid_amount"),
        (4, "", "control_character"),
        (5, "login", "required"),
        (5, "intervals", "invalid_intervals"),
        (6, "", "control_character"),
        (7, "intervals", "invalid_intervals"),
    ]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("login", pa.array([b"a@b.example"], pa.binary())),
        ("fee", [19.99]),
        ("fee", [True]),
        ("paid_from", pa.array([FIRST], pa.timestamp("us", "UTC"))),
        ("intervals", pa.array([[{"start": None, "end": None}]], pa.list_(pa.struct([("start", pa.timestamp("us")),
                                                                                   ("end", pa.timestamp("us"))])))),
        ("intervals", pa.array([[["a/b"]]])),
        ("intervals", pa.array([[{"start": FIRST}]])),
        ("deferred", [1.5]),
        ("contact", [1]),
        ("second_contact", pa.array([{"a": {"b": {"c": ["d"]}}}])),
    ],
)  # fmt: skip
def test_a_column_of_another_type_is_named_before_a_row_is_read(name, values):
    said = list(reading.said_of(io.BytesIO(file_of({name: values}))))
    assert said == [(b"T", name.encode() + b"\n"), (b"P", json.dumps(["wrong_type", name]).encode())]


@pytest.mark.parametrize("moment", [2**62, -(2**62)])
def test_times_beyond_the_calendar_are_no_times(moment):
    wild = pa.array([moment], pa.int64())
    pair = pa.StructArray.from_arrays([wild.cast(pa.timestamp("us", "UTC"))] * 2, ["start", "end"])
    days, outages = wild.cast(pa.timestamp("s")), pa.ListArray.from_arrays([0, 1], pair)
    day, outage = reading.text_of(pa.record_batch({"paid_from": days, "intervals": outages})).decode().split("\t")
    assert not re.match(DAY, day)
    assert not re.match(MOMENT, outage)


def hostile():
    good = file_of(GOOD)
    long = "x" * 2**20
    yield "not whole", good[:-20], (1, "", "spoilt_parquet")
    yield "a page that is damaged", good.replace(b"paid", b"\xff\xff\xff\xff"), (2, "", "not_utf8")
    yield "encrypted", b"PARE" + good[4:], (1, "", "not_csv")
    yield (
        "one word many times",
        file_of(
            {
                name: pa.DictionaryArray.from_arrays(pa.array([0] * 300_000, pa.int8()), [word])
                for name, word in (("login", "a" * 60 + "@b.example"), ("service", "free"))
            }
        ),
        "unpacked_too_large",
    )
    yield (
        "a megabyte in every row",
        file_of(
            {
                name: pa.DictionaryArray.from_arrays(pa.array([0] * 8000, pa.int8()), [long])
                for name in ("login", "service")
            },
            compression="zstd",
        ),
        "parquet_too_large",
    )
    yield "another column", file_of({**GOOD, "colour": ["red", "blue"]}), (1, "colour", "unknown_column")
    yield "no rows", file_of({name: pa.array([], pa.string()) for name in GOOD}), (0, "", "empty_file")


def test_i_30_files_that_are_damaged_or_hostile_are_refused_and_change_nothing(empty):
    for what, content, expected in hostile():
        problems, count = refusal(empty, content)
        found = problems[0] if isinstance(expected, tuple) else problems[0][2]
        assert (found, count) == (expected, 1), what


def test_i_30_whatever_the_process_dies_of_the_roster_stays(empty):
    """Killed in the middle; ended by itself without the last word."""
    for ending, code in ((signal.SIGKILL, "parquet_too_large"), (signal.SIGSEGV, "spoilt_parquet")):

        def start(_command, ending=ending, **pipes):
            return Popen(
                ["/bin/sh", "-c", f"printf 'T\\0\\0\\0\\016login\\tservice\\n'; kill -{int(ending)} $$"], **pipes
            )

        with mock.patch("claims.parquet.subprocess.Popen", start):
            assert refusal(empty, file_of(GOOD)) == ([(1, "", code)], 1)


def test_a_server_without_the_library_says_what_to_install(empty, tmp_path):
    path = tmp_path / "roster.parquet"
    path.write_bytes(file_of(GOOD))
    with mock.patch.object(parquet, "find_spec", return_value=None), pytest.raises(CommandError) as error:
        call_command("load_roster", empty.code, path)
    assert "Problems found: 1" in str(error.value)
    call_command("load_roster", empty.code, path)
    assert Customer.objects.count() == 2
