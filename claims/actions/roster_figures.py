"""What a roster file holds, in figures: of the rows that are staged, right ones and wrong ones."""
# ruff: noqa: S608 - what varies in these statements are names written down here; values are parameters

from dataclasses import dataclass
from decimal import Decimal

from claims.actions import roster_rows
from claims.actions.roster_problems import SAMPLE

FEE, DEFERRED, BOUNCED = (roster_rows.VALUES[name] for name in ("fee", "deferred", "bounced"))
FIGURES = f"""
    SELECT service.code, count(*), coalesce(sum({FEE}), 0),
           count(*) FILTER (WHERE s.contact <> ''), count(*) FILTER (WHERE s.second_contact <> ''),
           count(*) FILTER (WHERE s.intervals <> ''),
           coalesce(sum({DEFERRED}::bigint), 0), coalesce(sum({BOUNCED}::bigint), 0)
    FROM {roster_rows.JOINED} GROUP BY service.code ORDER BY service.code
"""
# Of a header that comes again nothing else is said.
KINDS = f"""
    SELECT found.name, found.code, count(*), min(s.line), max(s.line)
    FROM {roster_rows.JOINED} CROSS JOIN LATERAL (VALUES {{checks}}) AS found (name, code)
    WHERE found.code IS NOT NULL AND (found.name = 'login' OR NOT {roster_rows.HEADER_AGAIN})
    GROUP BY found.name, found.code
"""


@dataclass(frozen=True)
class Figures:
    """`services` are (code, accounts, fees in euro); the rest are sums over all accounts, each counted once."""

    services: tuple = ()
    contacts: int = 0
    second_contacts: int = 0
    own_outages: int = 0
    deferred: int = 0
    bounced: int = 0

    @property
    def accounts(self):
        return sum(accounts for _code, accounts, _fees in self.services)

    @property
    def fees(self):
        return sum((fees for _code, _accounts, fees in self.services), Decimal("0.00"))


def of_staged(cursor, parameters):
    """The Figures of the staged rows, all of which are right."""
    cursor.execute(FIGURES, parameters)
    rows = cursor.fetchall()
    sums = [sum(column) for column in zip(*(row[3:] for row in rows), strict=True)]
    return Figures(tuple(row[:3] for row in rows), *map(int, sums))


def sort_wrong_rows(cursor, problems, parameters):
    """Says of every kind of problem how often it occurs, with its first and its last row."""
    checks = ", ".join(f"('{name}', {check})" for name, check in roster_rows.CHECKS.items())
    cursor.execute(KINDS.format(checks=checks), parameters)
    rows = cursor.fetchall()
    lines = {line for *_kind, first, last in rows for line in (first, last)}
    names = ", ".join(roster_rows.CHECKS)
    cursor.execute(f"SELECT line, {names} FROM roster_staging WHERE line = ANY(%s)", [list(lines)])
    values = {line: dict(zip(roster_rows.CHECKS, fields, strict=True)) for line, *fields in cursor.fetchall()}
    for name, code, count, *ends in rows:
        samples = [(line, values[line][name][:SAMPLE]) for line in dict.fromkeys(ends)]
        problems.sort(code, name, samples, count=count)
