"""A million accounts into the roster, against a raw COPY of the same file into a table of its columns."""

import time

from django.conf import settings
from django.db import connection

from claims.actions import roster
from claims.models import Customer
from tests.bench import data
from tests.bench.results import at_least, informs

ROWS = 1_000_000
BLOCK = 256 * 1024
# What somebody would make who had only COPY: the roster's own table, its indexes, checks and foreign keys.
SAME_SHAPE = """
    CREATE TABLE raw_roster (LIKE claims_customer INCLUDING ALL);
    ALTER TABLE raw_roster ADD COLUMN service text,
        ALTER COLUMN incident_id SET DEFAULT {incident}, ALTER COLUMN service_id SET DEFAULT {service},
        ALTER COLUMN second_contact SET DEFAULT '',
        ADD FOREIGN KEY (incident_id) REFERENCES claims_incident DEFERRABLE INITIALLY DEFERRED,
        ADD FOREIGN KEY (service_id) REFERENCES claims_service DEFERRABLE INITIALLY DEFERRED
"""
BARE = """
    CREATE TABLE raw_roster (login text, service text, fee numeric(11, 2), paid_from date, paid_to date,
        contact text, language text)
"""
COPY = """
    COPY raw_roster (login, service, fee, paid_from, paid_to, contact, language) FROM STDIN (FORMAT csv, HEADER true)
"""


def write_file(path):
    with path.open("w") as file:
        file.write("login,service,fee,paid_from,paid_to,contact,language\n")
        for n in range(ROWS):
            paid = n % 5 == 0
            period = "19.99,2022-06-01,2023-06-01" if paid else "0.00,,"
            service = "paid" if paid else "free"
            file.write(f"mario.rossi{n}@libero.example,{service},{period},m.rossi{n}@example.org,it\n")


def raw_copy(path, table):
    """Rows per second of COPY FROM STDIN into `table` (the SQL that makes it), committed."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; DROP TABLE IF EXISTS raw_roster")
        cursor.execute(table)
        started = time.perf_counter()
        with path.open("rb") as file, cursor.copy(COPY) as copy:
            while block := file.read(BLOCK):
                copy.write(block)
        took = time.perf_counter() - started
        cursor.execute("DROP TABLE raw_roster")
    return ROWS / took


def load(incident, path):
    """(Report, rows per second) of one load."""
    with path.open("rb") as file:
        started = time.perf_counter()
        report = roster.load(incident.code, file)
    return report, ROWS / (time.perf_counter() - started)


def measure():
    incident = data.incident()
    path = settings.RISTORO_HOME / "roster.csv"
    write_file(path)
    same_shape = SAME_SHAPE.format(incident=incident.pk, service=incident.services.first().pk)
    base = raw_copy(path, same_shape)
    report, ours = load(incident, path)
    assert report.added == Customer.objects.count() == ROWS
    what = f"{ROWS:,} roster rows"
    at_least(what, ours=ours, base=base, unit="rows/s", target=0.3, base_name="rows/s raw COPY into the same table")
    bare = raw_copy(path, BARE)
    informs(
        "  against COPY into a table without any index", ours="", base=f"{bare:,.0f} rows/s", ratio=f"{ours / bare:.2f}"
    )
    report, again = load(incident, path)
    assert (report.added, report.changed) == (0, 0)
    informs("  the same file once more: nothing changes", ours=f"{again:,.0f} rows/s")
