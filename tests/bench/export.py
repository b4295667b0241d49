"""A million claims as CSV, against raw COPY of the same columns and against django-import-export."""

import json
import subprocess
import sys
import time

from django.conf import settings
from django.db import connection
from import_export import fields, resources
from psycopg import sql

from claims.actions import exports
from claims.models import Claim
from claims.reports.snapshot import snapshot
from claims.reports.tables import REPORTS, select_of
from tests import make
from tests.bench import data
from tests.bench.results import at_least, result
from tests.servers import ROOT

CLAIMS, SAMPLE = 1_000_000, 20_000
MEGABYTE = 2**20
MOST_MEMORY = 120 * MEGABYTE
COPY = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER true)")


def raw_copy(path):
    """Seconds for COPY … TO STDOUT of the report's columns, as they are in the tables, into a file."""
    rows, _count = select_of("claims", {})
    text = rows.as_string(None)
    for column in REPORTS["claims"]:
        text = text.replace(column.expression + " AS ", column.sql + " AS ")
    query = COPY.format(sql.SQL(text))
    started = time.perf_counter()
    with snapshot() as moment, moment.cursor() as cursor, path.open("wb") as file, cursor.copy(query) as copy:
        file.writelines(copy)
    return time.perf_counter() - started


class ClaimResource(resources.ModelResource):
    """The same columns as far as django-import-export reaches them by a path of attributes."""

    incident = fields.Field(attribute="incident__code")
    claimant_name = fields.Field(attribute="claimant__name")
    claimant_email = fields.Field(attribute="claimant__email")
    assigned_to_name = fields.Field(attribute="assigned_to__name")
    assigned_to_email = fields.Field(attribute="assigned_to__email")

    class Meta:
        model = Claim
        fields = (
            *("incident", "claimant_name", "claimant_email", "assigned_to_name", "assigned_to_email"),
            *("reference", "remedy", "status", "channel", "login", "claimed", "created_at", "submitted_at"),
            *("due", "decided_at", "round", "flags"),
        )


def by_import_export():
    """Rows per second of django-import-export, over a sample: it keeps all rows in memory."""
    claims = Claim.objects.exclude(status="draft").select_related("incident", "claimant", "assigned_to")
    started = time.perf_counter()
    dataset = ClaimResource().export(claims.order_by("id")[:SAMPLE])
    written = dataset.export("csv")
    assert written.count("\n") == SAMPLE + 1
    return SAMPLE / (time.perf_counter() - started)


def by_ristoro():
    """What export_worker says of its build, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.child", "export_worker"]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)


def measure():
    data.claims(CLAIMS, claimants=20_000, indexed=False)
    mara = make.person("mara", "manager")
    export = exports.request_export(by=mara, filters={"incident": "libero-2023"})
    connection.close()
    settings.EXPORTS_ROOT.mkdir(parents=True, exist_ok=True)
    raw = [raw_copy(settings.EXPORTS_ROOT / "raw.csv") for _ in range(2)]
    built = by_ristoro()
    raw.append(raw_copy(settings.EXPORTS_ROOT / "raw.csv"))
    export.refresh_from_db()
    assert (export.state, export.rows) == ("ready", CLAIMS + 1)
    ours, base, peer = export.rows / built["seconds"], export.rows / min(raw), by_import_export()
    what = f"CSV of {CLAIMS:,} claims"
    at_least(what, ours=ours, base=base, unit="rows/s", target=0.5, base_name="rows/s raw COPY")
    at_least(what, ours=ours, base=peer, unit="rows/s", target=20, base_name="rows/s django-import-export")
    result(
        f"{what}, memory of the worker",
        ours=f"{built['memory'] / MEGABYTE:.0f} MB",
        base=f"{built['before'] / MEGABYTE:.0f} MB before",
        ratio="",
        target=f"< {MOST_MEMORY / MEGABYTE:.0f} MB",
        ok=built["memory"] < MOST_MEMORY,
    )
