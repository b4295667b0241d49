"""The reports a manager can have as a file: their columns as SQL, their filters, and formulas made harmless.

Headers are stable English names for machines. Times are those of Rome, days Rome dates, amounts euro. Parquet has
types: its times are UTC, and what people typed stands there as it is.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext_lazy as _
from psycopg import sql

from claims import parquet
from claims.models import Incident
from claims.reports import ledger
from claims.rules.errors import Refused
from claims.rules.outage import ROME
from claims.rules.statuses import UNDECIDED, Status

# A cell that begins so is a formula to spreadsheets: tab, line feed, carriage return, + - = @, the last four also wide.
FORMULA_STARTS = (9, 10, 13, 43, 45, 61, 64, 65291, 65293, 65309, 65312)
FILTERS = ("incident", "status", "from", "to", "bom")
STATUSES = [status for status in Status if status is not Status.DRAFT]


@dataclass(frozen=True)
class Column:
    """`kind`: "words" (typed by people, made harmless), "code", "count", "money", "day" or "time" (a moment)."""

    name: str
    sql: str
    kind: str = "code"

    @property
    def is_number(self):
        return self.kind in ("count", "money")

    @property
    def expression(self):
        if self.kind == "time":
            return rome(self.sql)
        return harmless(self.sql) if self.kind == "words" else self.sql

    @property
    def exact(self):
        """(name, SQL) where columns have types."""
        if self.kind == "time":
            return self.name.removesuffix("_rome"), f"{self.sql} AT TIME ZONE 'UTC'"
        return self.name, self.sql


def harmless(expression):
    """SQL that puts ' before what a spreadsheet would take for a formula.

    Also behind a semicolon, at which Italian spreadsheets cut cells whatever stands between them. The test that comes
    first is cheap and lets almost every cell through as it is.
    """
    starts = ", ".join(map(str, FORMULA_STARTS))
    return (
        f"CASE WHEN ascii({expression}) IN ({starts}) OR strpos({expression}, ';') > 0"
        rf" THEN regexp_replace({expression}, '(^|;[\s\"'']*)([\t\n\r+=@＋－＝＠-])', '\1''\2', 'g')"
        f" ELSE {expression} END"
    )


def rome(column):
    return f"date_trunc('second', {column}) AT TIME ZONE 'Europe/Rome'"


def is_open():
    return ", ".join(f"'{status}'" for status in UNDECIDED)


CLAIMS = (
    Column("reference", "c.reference"),
    Column("incident", "i.code", "words"),
    Column("remedy", "c.remedy"),
    Column("status", "c.status"),
    Column("channel", "c.channel"),
    Column("login", "c.login", "words"),
    Column("on_roster", "CASE WHEN c.customer_id IS NULL THEN 'no' ELSE 'yes' END"),
    Column("claimant_name", "p.name", "words"),
    Column("claimant_email", "p.email", "words"),
    Column("heads", "l.heads"),
    Column("items", "l.items", "count"),
    Column("claimed", "c.claimed", "money"),
    Column("outcome", "d.outcome"),
    Column("total", "d.total", "money"),
    Column("offsets", "d.offsets", "money"),
    Column("net", "d.net", "money"),
    Column("opened_at_rome", "c.created_at", "time"),
    Column("submitted_at_rome", "c.submitted_at", "time"),
    Column("due", "c.due", "day"),
    Column("decided_at_rome", "c.decided_at", "time"),
    Column(
        "overdue",
        f"CASE WHEN c.status IN ({is_open()}) AND c.due < (now() AT TIME ZONE 'Europe/Rome')::date"
        " AND c.status <> 'information_requested' AND NOT (c.status = 'on_hold' AND EXISTS (SELECT FROM claims_hold h"
        " WHERE h.claim_id = c.id AND h.ended_at IS NULL AND h.pauses)) THEN 'yes' ELSE 'no' END",
    ),
    Column("assigned_to_name", "a.name", "words"),
    Column("assigned_to_email", "a.email", "words"),
    Column("round", "c.round", "count"),
    Column("flags", "array_to_string(c.flags, ' ')"),
)
# The decision that counts is the effective one of the claim's latest round that has one.
CLAIMS_FROM = """
FROM claims_claim c
JOIN claims_incident i ON i.id = c.incident_id
JOIN accounts_user p ON p.id = c.claimant_id
LEFT JOIN accounts_user a ON a.id = c.assigned_to_id
LEFT JOIN (
    SELECT claim_id, string_agg(DISTINCT head, ' ' ORDER BY head) AS heads, count(*) AS items
    FROM claims_lossitem GROUP BY claim_id
) l ON l.claim_id = c.id
LEFT JOIN (
    SELECT DISTINCT ON (claim_id) claim_id, outcome, total, offsets, net
    FROM claims_decision WHERE state = 'effective' ORDER BY claim_id, round DESC
) d ON d.claim_id = c.id
"""
LEDGER = (
    Column("account", "account", "words"),
    *(Column(name, name, "money") for name in ("gross", "offsets", "net", "paid", "under_way", "returned")),
    Column("outstanding", "greatest(net - paid, 0.00)", "money"),
)
REPORTS = {"claims": CLAIMS, "ledger": LEDGER}
OF_MONEY = {"ledger"}  # who pays asks for these
FORMATS = ("csv", "xlsx", "parquet")


def select_of(report, filters, *, exact=False):
    """The rows of a report as one SELECT, and how many there are as another (both composed, without parameters).

    `exact` is for a kind of file whose columns have types.
    """
    named = [column.exact if exact else (column.name, column.expression) for column in REPORTS[report]]
    if report == "ledger":
        return select_of_ledger(filters, named)
    columns = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.SQL(expression), sql.Identifier(name)) for name, expression in named
    )
    where = sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions(filters))
    rows = sql.SQL("SELECT ") + columns + sql.SQL(CLAIMS_FROM) + where + sql.SQL(" ORDER BY c.id")
    count = sql.SQL("SELECT count(*) FROM claims_claim c JOIN claims_incident i ON i.id = c.incident_id") + where
    return rows, count


def select_of_ledger(filters, named):
    incident = sql.SQL("(SELECT id FROM claims_incident WHERE code = {})").format(sql.Literal(filters["incident"]))
    columns = ", ".join(f"{expression} AS {name}" for name, expression in named)
    rows = f"{ledger.EVERYBODY} SELECT {columns} FROM ledger ORDER BY account"  # noqa: S608
    return tuple(sql.SQL(query).format(incident=incident) for query in (braced(rows), braced(ledger.ACCOUNTS)))


def braced(query):
    """A query with %(incident)s as one with {incident}."""
    return query.replace("{", "{{").replace("}", "}}").replace("%(incident)s", "{incident}")


def conditions(filters):
    """A claim nobody submitted is the claimant's own affair."""
    yield sql.SQL("c.status <> 'draft'")
    if filters.get("incident"):
        yield sql.SQL("i.code = {}").format(sql.Literal(filters["incident"]))
    if filters.get("status"):
        yield sql.SQL("c.status = {}").format(sql.Literal(filters["status"]))
    if filters.get("from"):
        yield sql.SQL("c.submitted_at >= {}").format(sql.Literal(midnight(filters["from"])))
    if filters.get("to"):
        yield sql.SQL("c.submitted_at < {}").format(sql.Literal(midnight(filters["to"], days=1)))


def midnight(day, days=0):
    """The moment a Rome date (ISO), or the one `days` after it, begins."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), ROME)


def checked(report, file_format, filters):
    """`filters` as they are stored: known names, right values, no empty ones. Raises Refused at the field."""
    if not isinstance(report, str) or report not in REPORTS:
        raise Refused("unknown_report", _("There is no such report."), field="report")
    if file_format not in FORMATS:
        raise Refused("unknown_format", _("Choose CSV, Excel or Parquet."), field="format")
    if file_format == "parquet" and not parquet.is_installed():
        raise Refused(
            "parquet_missing", _("This server cannot write Parquet: install requirements-parquet.txt."), field="format"
        )
    if not isinstance(filters, dict):
        raise Refused("invalid_filter", _("Give the filters by name."), field="filters")
    for name in filters:
        if name not in FILTERS:
            raise Refused("invalid_filter", _("There is no such filter."), field=str(name)[:40])
    clean = {name: value for name, value in filters.items() if value not in ("", None, False)}
    if "incident" in clean and not Incident.objects.filter(code=text(clean, "incident")).exists():
        raise Refused("invalid_filter", _("There is no such incident."), field="incident")
    if "status" in clean and text(clean, "status") not in STATUSES:
        raise Refused("invalid_filter", _("There is no such status."), field="status")
    for name in {"from", "to"} & clean.keys():
        clean[name] = day_of(clean, name)
    if clean.get("from", "") > clean.get("to", "9999"):
        raise Refused("invalid_filter", _("The last day lies before the first."), field="to")
    if report == "ledger":
        check_ledger(clean)
    if clean.get("bom", True) is not True:
        raise Refused("invalid_filter", _("Answer yes or no."), field="bom")
    return clean


def check_ledger(filters):
    for name in filters:
        if name not in ("incident", "bom"):
            raise Refused("invalid_filter", _("A ledger is of one incident, whole."), field=name)
    if "incident" not in filters:
        raise Refused("invalid_filter", _("Choose the incident."), field="incident")


def text(filters, name):
    """A filter's value, "" for what no database can hold."""
    value = filters[name]
    return value if isinstance(value, str) and value.isprintable() else ""


def day_of(filters, name):
    """The day as ISO text; between 2000 and 2100, where every calendar agrees."""
    try:
        day = date.fromisoformat(text(filters, name))
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2100:
        raise Refused("invalid_filter", _("Give a day such as 2023-01-31."), field=name)
    return day.isoformat()
