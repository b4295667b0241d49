"""A good roster: what it adds, changes and leaves alone, and what the load says about itself."""

import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from claims.actions import roster
from claims.models import Customer, JournalEntry
from claims.rules.errors import Refused
from claims.rules.outage import merged, outage_days, total_minutes
from tests import make

HEADER = "login;service;fee;paid_from;paid_to;contact;second_contact;language;intervals;deferred;bounced\n"
CARLA = (
    "carla@libero.example;paid;19,99;2022-06-01;2023-06-01;carla@elsewhere.example;+39 06 1234567;en;"
    "2023-01-23T08:00Z/2023-01-23T17:30Z|2023-01-24T01:00+01:00/2023-01-24T09:00+01:00;3;14\n"
)


@pytest.fixture
def empty(db):
    """An incident without accounts."""
    return make.incident()


def load(incident, text, **options):
    content = text if isinstance(text, bytes) else text.encode()
    return roster.load(incident.code, io.BytesIO(content), **options)


def counts(report):
    return report.rows, report.added, report.changed, report.unchanged, report.duplicates


def stored(incident):
    columns = ["service__code", "fee", "paid_from", "paid_to", "contact", "second_contact", "language", "intervals"]
    columns += ["deferred", "bounced"]
    return {row[0]: row[1:] for row in Customer.objects.filter(incident=incident).values_list("login", *columns)}


def test_every_column_arrives(empty):
    assert counts(load(empty, HEADER + CARLA)) == (1, 1, 0, 0, 0)
    first = TimestamptzRange(datetime(2023, 1, 23, 8, tzinfo=UTC), datetime(2023, 1, 23, 17, 30, tzinfo=UTC))
    second = TimestamptzRange(datetime(2023, 1, 24, 0, tzinfo=UTC), datetime(2023, 1, 24, 8, tzinfo=UTC))
    assert stored(empty)["carla@libero.example"] == (
        "paid",
        Decimal("19.99"),
        date(2022, 6, 1),
        date(2023, 6, 1),
        "carla@elsewhere.example",
        "+39 06 1234567",
        "en",
        [first, second],
        3,
        14,
    )


def test_only_account_and_service_are_needed(empty):
    load(empty, "service,LOGIN\nFree, Dario@Virgilio.Example \n")
    language = stored(empty)["dario@virgilio.example"][6]
    assert stored(empty) == {
        "dario@virgilio.example": ("free", Decimal(0), None, None, "", "", language, None, None, None)
    }
    assert language in ("it", "en")


@pytest.mark.parametrize(
    "content",
    [
        "login,service\na@b.example,free\nc@d.example,paid\n",
        "login;service\r\na@b.example;free\r\nc@d.example;paid",
        "\ufeffservice\tlogin\nfree\ta@b.example\n\npaid\tc@d.example\n\t\n",
        '"login","service"\n"a@b.example","free"\n"c@d.example" ,paid\n',
    ],
    ids=["comma", "semicolon, CRLF, no last line break", "BOM, tab, other order, blank lines", "quotes"],
)
def test_i_30_delimiter_byte_order_mark_and_order_of_columns_do_not_matter(empty, content):
    content = content.replace('" ,paid', '",paid')
    assert counts(load(empty, content)) == (2, 2, 0, 0, 0)
    assert {login: row[0] for login, row in stored(empty).items()} == {"a@b.example": "free", "c@d.example": "paid"}


def test_gzip_is_unpacked_also_when_it_has_several_parts(empty):
    content = gzip.compress(HEADER.encode()) + gzip.compress(CARLA.encode())
    assert counts(load(empty, content)) == (1, 1, 0, 0, 0)


def test_a_second_load_changes_nothing(empty):
    load(empty, HEADER + CARLA)
    before = stored(empty)
    assert counts(load(empty, HEADER + CARLA)) == (1, 0, 0, 1, 0)
    assert stored(empty) == before


def test_changed_rows_are_updated_and_missing_ones_stay(empty):
    load(empty, "login,service,fee\na@b.example,free,0\nc@d.example,paid,10.00\n")
    assert counts(load(empty, "login,service,fee\nc@d.example,business,12.5\ne@f.example,free,\n")) == (2, 1, 1, 0, 0)
    assert {login: row[:2] for login, row in stored(empty).items()} == {
        "a@b.example": ("free", Decimal("0.00")),
        "c@d.example": ("business", Decimal("12.50")),
        "e@f.example": ("free", Decimal("0.00")),
    }


def test_columns_the_file_does_not_have_are_left_alone(empty):
    load(empty, HEADER + CARLA)
    before = stored(empty)["carla@libero.example"]
    assert counts(load(empty, "login,service\ncarla@libero.example,paid\n")) == (1, 0, 0, 1, 0)
    assert counts(load(empty, "login,service,fee\ncarla@libero.example,paid,1\n")) == (1, 0, 1, 0, 0)
    assert stored(empty)["carla@libero.example"] == ("paid", Decimal("1.00"), *before[2:])


def test_i_30_the_same_account_again_with_the_same_data_is_counted(empty):
    content = HEADER + CARLA + CARLA.replace("carla@libero", "CARLA@Libero").replace("19,99", "19.99")
    assert counts(load(empty, content)) == (2, 1, 0, 0, 1)


def test_a_dry_run_counts_and_changes_nothing(empty):
    load(empty, "login,service\na@b.example,free\nc@d.example,free\n")
    entries, before = JournalEntry.objects.count(), stored(empty)
    report = load(
        empty,
        "login,service\na@b.example,paid\nc@d.example,free\nnew@b.example,free\nnew@b.example,free\n",
        dry_run=True,
    )
    assert counts(report) == (4, 1, 1, 1, 1)
    assert stored(empty) == before
    assert JournalEntry.objects.count() == entries


def test_a_dry_run_says_what_the_file_holds_and_of_every_kind_of_error_the_first_and_the_last(empty):
    load(empty, HEADER + CARLA)
    rows = [
        CARLA,
        CARLA.replace("carla@libero", "CARLA@libero"),
        "a@b.example;free;0;;;;;;;;\n",
        *(f"bad{n};free;-{n};;;;;;;;\n" for n in range(1, 70)),
        "short\n",
        "c@d.example;paid;9.99;;;c@e.example;;;;1;\n",
        "c@d.example;free;;;;;;;;;\n",
        HEADER,
    ]
    report = load(empty, HEADER + "".join(rows), dry_run=True)
    assert (*counts(report), report.wrong) == (76, 2, 0, 1, 1, 72)
    figures = report.figures
    assert figures.services == (("free", 1, Decimal("0.00")), ("paid", 2, Decimal("29.98")))
    assert (figures.accounts, figures.fees, figures.contacts, figures.second_contacts) == (3, Decimal("29.98"), 2, 1)
    assert (figures.own_outages, figures.deferred, figures.bounced) == (1, 4, 14)
    found = {(kind.code, kind.column): (kind.count, kind.samples) for kind in report.kinds}
    assert found == {
        ("invalid_login", "login"): (69, [(5, "bad1"), (73, "bad69")]),
        ("invalid_amount", "fee"): (69, [(5, "-1"), (73, "-69")]),
        ("columns", ""): (1, [(74, "")]),
        ("contradiction", "login"): (1, [(76, "")]),
        ("header_again", "login"): (1, [(77, "login")]),
    }
    assert len(report.problems) == 50
    assert "69 × login: This is no account such as name@example.it. (line 5: “bad1”, line 73: “bad69”)" in map(
        str, report.kinds
    )


def test_i_30_outages_that_overlap_are_merged(empty):
    pieces = ("2023-01-23T08:00Z/2023-01-23T10:00Z", "2023-01-23T09:00Z/2023-01-24T08:00Z",
              "2023-01-23T08:00Z/2023-01-23T08:10Z")  # fmt: skip
    load(empty, f"login,service,intervals\na@b.example,paid,{'|'.join(pieces)}\n")
    outage = Customer.objects.get().outage
    assert merged(outage) == [(datetime(2023, 1, 23, 8, tzinfo=UTC), datetime(2023, 1, 24, 8, tzinfo=UTC))]
    assert total_minutes(outage) == 24 * 60
    assert outage_days(outage, min_minutes_per_day=60) == [date(2023, 1, 23), date(2023, 1, 24)]


def test_another_incident_s_accounts_are_not_touched(empty):
    other = make.incident("posta-2024")
    make.customer(other, "carla@libero.example", service="free")
    load(empty, HEADER + CARLA)
    assert stored(other)["carla@libero.example"][0] == "free"


def test_the_journal_says_who_loaded_which_file(empty, mara):
    report = load(empty, HEADER + CARLA, by=mara)
    entry = JournalEntry.objects.get(chain=f"incident:{empty.pk}")
    assert (entry.action, entry.actor, entry.facts) == (
        "load roster",
        mara,
        {"rows": 1, "added": 1, "changed": 0, "duplicates": 0, "sha256": report.sha256},
    )


@pytest.mark.parametrize("role", ["claimant", "operator", "reviewer", "supervisor", "administrator"])
def test_only_a_manager_may_load(empty, role):
    with pytest.raises(Refused) as refused:
        load(empty, HEADER + CARLA, by=make.person("other", role))
    assert refused.value.status == 403


def test_odd_characters_survive(empty):
    login, contact = "nìcolò\\t%s{}@libero.example", "o'brien\\.$1@elsewhere.example"
    load(empty, f'login,service,contact\n"{login}",free,"{contact}"\n')
    assert {found: row[4] for found, row in stored(empty).items()} == {login: contact}
    assert Customer.objects.with_login(empty, login.upper()).exists()


def test_the_number_of_statements_does_not_grow_with_the_file(empty):
    def statements(first, rows):
        lines = "".join(f"a{number}@b.example,free\n" for number in range(first, first + rows))
        with CaptureQueriesContext(connection) as queries:
            load(empty, "login,service\n" + lines)
        return len(queries)

    load(empty, "login,service\nfirst@b.example,free\n")
    assert statements(0, 3) == statements(100, 300) < 20


def test_the_command_prints_a_report(empty, tmp_path, capsys):
    file = tmp_path / "roster.csv"
    file.write_text(HEADER + CARLA + CARLA)
    call_command("load_roster", empty.code, file, "--dry-run")
    said = capsys.readouterr().out
    assert "2 rows: 1 would add, 0 would change, 0 unchanged, 1 duplicates" in said
    assert "paid: 1 accounts, fees 19.99 euro\nall: 1 accounts, fees 19.99 euro; 1 with a contact, 1 with" in said
    assert not Customer.objects.exists()
    call_command("load_roster", empty.code, file)
    assert "2 rows: 1 added, 0 changed, 0 unchanged, 1 duplicates" in capsys.readouterr().out
    assert Customer.objects.count() == 1
