"""A million accounts into the roster, against a raw COPY of the same file into a table of its columns."""

import time

from django.conf import settings
from django.db import connection

from claims.actions import roster
from claims.models import Customer
from tests.bench import data
from tests.bench.results import at_least, informs

ROWS = 1_000_000
COLUMNS = "login text, service text, fee numeric(11, 2), paid_from date, paid_to date, contact text, language text"
BLOCK = 256 * 1024


def write_file(path):
    with path.open("w") as file:
        file.write("login,service,fee,paid_from,paid_to,contact,language\n")
        for n in range(ROWS):
            paid = n % 5 == 0
            period = "19.99,2022-06-01,2023-06-01" if paid else "0.00,,"
            service = "paid" if paid else "free"
            file.write(f"mario.rossi{n}@libero.example,{service},{period},m.rossi{n}@example.org,it\n")


def raw_copy(path):
    """Rows per second of COPY FROM STDIN into a table of the file's columns."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"DROP TABLE IF EXISTS raw_roster; CREATE TABLE raw_roster ({COLUMNS})")
        started = time.perf_counter()
        with path.open("rb") as file, cursor.copy("COPY raw_roster FROM STDIN (FORMAT csv, HEADER true)") as copy:
            while block := file.read(BLOCK):
                copy.write(block)
        took = time.perf_counter() - started
        cursor.execute("DROP TABLE raw_roster")
    return ROWS / took


def measure():
    incident = data.incident()
    path = settings.RISTORO_HOME / "roster.csv"
    write_file(path)
    before = raw_copy(path)
    with path.open("rb") as file:
        started = time.perf_counter()
        report = roster.load(incident.code, file)
        took = time.perf_counter() - started
    assert report.added == Customer.objects.count() == ROWS
    base = max(before, raw_copy(path))
    what = f"{ROWS:,} roster rows"
    at_least(what, ours=ROWS / took, base=base, unit="rows/s", target=0.3, base_name="rows/s raw COPY")
    with path.open("rb") as file:
        started = time.perf_counter()
        again = roster.load(incident.code, file)
        assert (again.added, again.changed) == (0, 0)
        rate = ROWS / (time.perf_counter() - started)
        informs("  the same file once more: nothing changes", ours=f"{rate:,.0f} rows/s")
