"""Whatever accounts there are: written to a file and loaded they are the same, in any spelling of CSV."""

import csv
import gzip
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.range import TimestamptzRange

from claims.actions import roster
from claims.models import Customer
from claims.rules.filing import clean_login
from tests import make

word = st.text(st.characters(categories=["Ll", "Nd"], exclude_characters="@"), min_size=1, max_size=12)
odd = st.text(st.sampled_from("ab\\'\"%{};,|$-_.+è"), min_size=1, max_size=12)
logins = st.builds("{}@{}.example".format, word | odd, st.sampled_from(["libero", "virgilio"]))
mails = st.builds("{}@elsewhere.example".format, st.text("abc.'\\+", min_size=1, max_size=20))
starts = st.datetimes(datetime(2023, 1, 22), datetime(2023, 1, 26)).map(lambda moment: moment.replace(tzinfo=UTC))
intervals = st.lists(
    st.builds(lambda start, length: (start, start + length), starts, st.timedeltas(timedelta(seconds=1), timedelta(4))),
    max_size=3,
)
periods = st.none() | st.builds(
    lambda first, days: (first, first + timedelta(days)),
    st.dates(date(2020, 1, 1), date(2024, 1, 1)),
    st.integers(1, 800),
)
accounts = st.fixed_dictionaries(
    {
        "service": st.sampled_from(["free", "paid", "business"]),
        "fee": st.decimals(0, Decimal("999999999.99"), places=2),
        "period": periods,
        "contact": st.just("") | mails,
        "second_contact": st.just("") | mails | st.just("+39 06 1234567"),
        "language": st.sampled_from(["it", "en"]),
        "intervals": intervals,
        "deferred": st.none() | st.integers(0, 999_999_999),
        "bounced": st.none() | st.integers(0, 999_999_999),
    }
)
rosters = st.dictionaries(logins.map(clean_login), accounts, min_size=1, max_size=8)


@pytest.fixture
def empty(db):
    return make.incident()


def spelt(login, account):
    first, last = account["period"] or ("", "")
    return {
        "login": login,
        "service": account["service"],
        "fee": account["fee"],
        "paid_from": first,
        "paid_to": last,
        "contact": account["contact"],
        "second_contact": account["second_contact"],
        "language": account["language"],
        "intervals": "|".join(f"{start.isoformat()}/{end.isoformat()}" for start, end in account["intervals"]),
        "deferred": account["deferred"],
        "bounced": account["bounced"],
    }


def stored(incident):
    return {
        row.login: {
            "service": row.service.code,
            "fee": row.fee,
            "period": (row.paid_from, row.paid_to) if row.paid_from else None,
            "contact": row.contact,
            "second_contact": row.second_contact,
            "language": row.language,
            "intervals": list(row.own_outage),
            "deferred": row.deferred,
            "bounced": row.bounced,
        }
        for row in Customer.objects.filter(incident=incident).select_related("service")
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), accounts=rosters)
def test_any_roster_survives_the_way_through_a_file(empty, data, accounts):
    Customer.objects.all().delete()
    rows = [spelt(login, account) for login, account in accounts.items()]
    names = data.draw(st.permutations(list(rows[0])))
    text = io.StringIO()
    writer = csv.DictWriter(
        text,
        names,
        delimiter=data.draw(st.sampled_from(",;\t")),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
    )
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode(data.draw(st.sampled_from(["utf-8", "utf-8-sig"])))
    if data.draw(st.booleans()):
        content = gzip.compress(content)

    report = roster.load(empty.code, io.BytesIO(content))
    assert (report.added, report.changed) == (len(rows), 0)
    assert stored(empty) == accounts
    again = roster.load(empty.code, io.BytesIO(content))
    assert (again.added, again.changed, again.unchanged) == (0, 0, len(rows))


def test_own_intervals_are_read_as_half_open(empty):
    content = b"login,service,intervals\na@b.example,free,2023-01-23T08:00:00.5Z/2023-01-23T10:30+01:00\n"
    roster.load(empty.code, io.BytesIO(content))
    start, end = datetime(2023, 1, 23, 8, 0, 0, 500_000, tzinfo=UTC), datetime(2023, 1, 23, 9, 30, tzinfo=UTC)
    assert Customer.objects.get().intervals == [TimestamptzRange(start, end, "[)")]
