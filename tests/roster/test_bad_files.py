"""I-30: a bad roster ends with exit code 1, the number of the line and the reason, and changes nothing at all."""

import gzip
import io
import subprocess
import sys
import tracemalloc
import zlib

import pytest
from django.core.management import CommandError, call_command

from claims.actions import roster
from claims.actions.roster_problems import RosterRefused
from claims.models import Customer, JournalEntry
from tests import make

HEADER = "login,service,fee,paid_from,paid_to,contact,second_contact,language,intervals\n"
COUNTS = "login,service,deferred,bounced\n"
GOOD = "good@b.example,free,,,,,,,\n"


@pytest.fixture
def known(db):
    """An incident with one account; nothing may happen to either."""
    incident = make.incident()
    make.customer(incident, "anna@libero.example", fee="19.99", paid_from="2022-06-01", paid_to="2023-06-01")
    return incident


def refusal(incident, content):
    """(problems as (line, column, code), how many). Asserts that nothing changed."""
    before = list(Customer.objects.order_by("id").values())
    file = (
        content if hasattr(content, "read") else io.BytesIO(content if isinstance(content, bytes) else content.encode())
    )
    with pytest.raises(RosterRefused) as refused:
        roster.load(incident.code, file)
    assert list(Customer.objects.order_by("id").values()) == before
    assert not JournalEntry.objects.filter(action="load roster").exists()
    return [(each.line, each.column, each.code) for each in refused.value.problems], refused.value.count


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"", [(1, "", "empty_file")]),
        (b"\xef\xbb\xbf", [(1, "", "empty_file")]),
        (b"\n\n", [(1, "", "empty_file")]),
        (gzip.compress(b"", mtime=0), [(1, "", "empty_file")]),
        (HEADER.encode(), [(1, "", "empty_file")]),
        (HEADER.encode() + b"\n,,,\n", [(3, "", "empty_file")]),
        ((HEADER + GOOD).encode("utf-16"), [(1, "", "not_utf8")]),
        ((HEADER + GOOD).encode("utf-16-le"), [(1, "", "nul")]),
        (HEADER.encode() + "nicolò@b.example,free,,,,,,,\n".encode("latin-1"), [(2, "", "not_utf8")]),
        (HEADER.encode() + b"a\0@b.example,free,,,,,,,\n", [(2, "", "nul")]),
        (HEADER.encode() + b"a\x07@b.example,free,,,,,,,\n", [(2, "", "control_character")]),
        (b"login,service\rgood@b.example,free\r", [(1, "", "control_character")]),
        (b"PAR1\x15\x04", [(1, "", "spoilt_parquet")]),
        (b"PK\x03\x04\x14\x00", [(1, "", "not_csv")]),
        (gzip.compress((HEADER + GOOD * 50).encode(), mtime=0)[:-4], [(52, "", "spoilt_gzip")]),
        (gzip.compress((HEADER + GOOD).encode(), mtime=0) + b"rubbish", [(3, "", "spoilt_gzip")]),
        (b"\x1f\x8b\x08rubbish and no gzip at all", [(1, "", "spoilt_gzip")]),
    ],
    ids=lambda value: "" if isinstance(value, list) else None,
)
def test_i_30_files_that_are_no_roster(known, content, problems):
    assert refusal(known, content) == (problems, 1)


def unknown(*names):
    return [(1, name, "unknown_column") for name in names]


MISSING = [(1, "login", "missing_column"), (1, "service", "missing_column")]


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        ("login", [(1, "service", "missing_column")]),
        ("login,service,colour,login", [(1, "login", "double_column"), (1, "colour", "unknown_column")]),
        ("name,plan", [*unknown("name", "plan"), *MISSING]),
        ("login,service,", [(1, "", "unknown_column")]),
        ('login,"service', [(1, "", "quotes")]),
        ("good@b.example,free", [*unknown("good@b.example", "free"), *MISSING]),
    ],
)  # fmt: skip
def test_headers_that_are_unknown_missing_or_double_are_named(known, header, problems):
    assert refusal(known, f"{header}\n{GOOD}") == (problems, len(problems))


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (HEADER.strip(), "login", "header_again"),
        (",free,,,,,,,", "login", "required"),
        ("a@b.example,,,,,,,,", "service", "required"),
        ("anna,free,,,,,,,", "login", "invalid_login"),
        ("a b@b.example,free,,,,,,,", "login", "invalid_login"),
        ("a@b@c.example,free,,,,,,,", "login", "invalid_login"),
        ("x" * 65 + "@b.example,free,,,,,,,", "login", "invalid_login"),
        ("a@" + "x" * 190 + ",free,,,,,,,", "login", "invalid_login"),
        ("a@b.example,gold,,,,,,,", "service", "unknown_service"),
        ("a@b.example,free,-1,,,,,,", "fee", "invalid_amount"),
        ("a@b.example,free,1e3,,,,,,", "fee", "invalid_amount"),
        ("a@b.example,free,NaN,,,,,,", "fee", "invalid_amount"),
        ("a@b.example,free,1.999,,,,,,", "fee", "invalid_amount"),
        ("a@b.example,free,9999999999,,,,,,", "fee", "invalid_amount"),
        ("a@b.example,free,1,01/06/2022,2023-06-01,,,,", "paid_from", "invalid_date"),
        ("a@b.example,free,1,2022-06-01,2023-02-30,,,,", "paid_to", "invalid_date"),
        ("a@b.example,free,1,infinity,2023-02-03,,,,", "paid_from", "invalid_date"),
        ("a@b.example,free,1,2022-06-01,,,,,", "paid_to", "invalid_period"),
        ("a@b.example,free,1,,2022-06-01,,,,", "paid_to", "invalid_period"),
        ("a@b.example,free,1,2022-06-01,2022-06-01,,,,", "paid_to", "invalid_period"),
        ("a@b.example,free,1,2023-06-01,2022-06-01,,,,", "paid_to", "invalid_period"),
        ("a@b.example,free,,,,nowhere,,,", "contact", "invalid_contact"),
        ("a@b.example,free,,,,a@b,,,", "contact", "invalid_contact"),
        ("a@b.example,free,,,," + "x" * 60 + "@" + "y." * 100 + "example,,,", "contact", "invalid_contact"),
        ("a@b.example,free,,,,,call me,,", "second_contact", "invalid_second_contact"),
        ("a@b.example,free,,,,,,tlh,", "language", "unknown_language"),
        ("a@b.example,free,,,,,,,2023-01-23", "intervals", "invalid_intervals"),
        ("a@b.example,free,,,,,,,2023-01-23T08:00/2023-01-23T09:00", "intervals", "invalid_intervals"),
        ("a@b.example,free,,,,,,,2023-01-23T09:00Z/2023-01-23T08:00Z", "intervals", "invalid_intervals"),
        ("a@b.example,free,,,,,,,2023-01-23T09:00Z/2023-01-23T09:00Z", "intervals", "invalid_intervals"),
        ("a@b.example,free,,,,,,,2023-02-30T09:00Z/2023-03-01T09:00Z", "intervals", "invalid_intervals"),
        ("a@b.example,free,,,,,,,2023-01-23T09:00Z/2023-01-23T10:00Z|", "intervals", "invalid_intervals"),
        ('a@b.example,free,,,,,,,"', "", "quotes"),
        ('a@b.example,"free" or not,,,,,,,', "", "quotes"),
        ("a@b.example,free", "", "columns"),
        ("a@b.example,free,,,,,,,,", "", "columns"),
    ],
)  # fmt: skip
def test_i_30_one_bad_row_among_good_ones(known, row, column, code):
    assert refusal(known, HEADER + GOOD + row + "\n" + "other@b.example,free,,,,,,,\n") == ([(3, column, code)], 1)


def test_i_30_mails_are_counted_in_whole_numbers(known):
    wrong = ("-1", "1.5", "many", "1234567890", "+3", "0x10")
    rows = "".join(f"a{n}@b.example,free,{each},\nb{n}@b.example,free,0,{each}\n" for n, each in enumerate(wrong))
    columns = ("deferred", "bounced") * len(wrong)
    problems = [(line, column, "invalid_count") for line, column in enumerate(columns, start=2)]
    assert refusal(known, COUNTS + rows) == (problems, len(problems))


def test_i_30_a_quote_that_is_never_closed_costs_its_own_line_only(known):
    content = HEADER + '"a@b.example,free,,,,,,,\n' + GOOD + "b@b.example,gold,,,,,,,\n"
    assert refusal(known, content) == ([(2, "", "quotes"), (4, "service", "unknown_service")], 2)


def test_i_30_the_same_account_with_other_data_is_a_contradiction(known):
    content = HEADER + GOOD + "c@d.example,paid,,,,,,,\nGood@B.example,paid,,,,,,,\n" + GOOD
    assert refusal(known, content) == ([(4, "login", "contradiction")], 1)


def test_problems_of_all_kinds_come_together_in_the_order_of_lines(known):
    content = (
        HEADER + "bad,free,x,,,,,,\n" + GOOD + "short\n" + GOOD.replace("free", "paid") + "b@b.example,gold,,,,,,,\n"
    )
    assert refusal(known, content) == (
        [
            (2, "login", "invalid_login"),
            (2, "fee", "invalid_amount"),
            (4, "", "columns"),
            (5, "login", "contradiction"),
            (6, "service", "unknown_service"),
        ],
        4,  # lines
    )


def test_the_first_fifty_problems_are_told_and_all_are_counted(known):
    content = HEADER + "".join(f"bad{number},free,,,,,,,\nshort\n" for number in range(400))
    problems, count = refusal(known, content)
    assert count == 800
    assert [line for line, _column, _code in problems] == list(range(2, 52))


def test_i_30_one_bad_row_at_the_end_of_many(known):
    rows = "".join(f"a{number}@b.example,free,,,,,,,\n" for number in range(200_000))
    assert refusal(known, HEADER + rows + "bad,free,,,,,,,\n") == ([(200_002, "login", "invalid_login")], 1)


class Endless(io.RawIOBase):
    """A file of `size` bytes that begins with `head` and never has another line break."""

    def __init__(self, head, size):
        self.head, self.left = head, size

    def read(self, size=-1):
        data, self.head = (self.head, b"") if self.head else (b"x" * min(size, self.left), b"")
        self.left -= len(data)
        return data


@pytest.mark.parametrize(
    ("head", "size"), [(HEADER.encode(), 2**31), (b"", 2**26)], ids=["two gigabytes in a row", "in the header"]
)
def test_i_30_a_line_without_an_end_takes_no_memory(known, head, size):
    tracemalloc.start()
    try:
        problems = refusal(known, Endless(head, size))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert problems == ([(2 if head else 1, "", "too_long")], 1)
    assert peak < 8 * 2**20


def test_a_too_long_line_is_left_out_and_the_rest_is_still_read(known):
    content = HEADER + "x" * 70_000 + "," * 8 + "\nbad,free,,,,,,,\n"
    assert refusal(known, content) == ([(2, "", "too_long"), (3, "login", "invalid_login")], 2)


def packed(filling, megabytes=40):
    """A gzip file of a few KB that unpacks to `megabytes` of `filling` after the header."""
    packer = zlib.compressobj(wbits=31)
    piece = filling * (2**20 // len(filling))
    bomb = (
        packer.compress(HEADER.encode()) + b"".join(packer.compress(piece) for _ in range(megabytes)) + packer.flush()
    )
    assert len(bomb) < 2**18
    return bomb


def test_i_30_a_gzip_bomb_takes_no_memory(known):
    bomb = packed(b"x")
    tracemalloc.start()
    try:
        problems = refusal(known, bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert problems == ([(2, "", "unpacked_too_large")], 1)
    assert peak < 8 * 2**20


def test_i_30_a_gzip_bomb_of_good_rows_is_left_alone_once_it_unpacks_beyond_the_limit(known):
    row = "a" * 60 + GOOD
    problems, count = refusal(known, packed(row.encode()))
    assert (problems[0][2], count) == ("unpacked_too_large", 1)


def test_i_30_the_command_ends_with_1_and_says_line_and_reason(known, tmp_path, capsys):
    file = tmp_path / "roster.csv"
    file.write_text(HEADER + GOOD + "bad,free,,,,,,,\n")
    with pytest.raises(CommandError, match="Problems found: 1") as error:
        call_command("load_roster", known.code, file)
    assert error.value.returncode == 1
    assert f"{file}, line 3, login: This is no account such as name@example.it." in capsys.readouterr().err


def test_the_command_says_which_incident_or_file_is_missing(known, tmp_path):
    with pytest.raises(CommandError, match="There is no such incident"):
        call_command("load_roster", "nowhere", __file__)
    with pytest.raises(CommandError, match="No such file"):
        call_command("load_roster", known.code, tmp_path / "none.csv")


def test_the_command_itself_exits_with_1(tmp_path):
    program = [sys.executable, "manage.py", "load_roster", "nowhere", str(tmp_path / "none.csv")]
    assert subprocess.run(program, capture_output=True, timeout=60).returncode == 1
