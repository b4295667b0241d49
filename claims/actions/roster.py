"""Loading the roster of affected accounts: whole or not at all, and as often as one likes.

    file -> lines -> staging table (COPY) -> checked and compared in SQL -> claims_customer

docs/roster.md says what a file may hold.
"""

from dataclasses import asdict, dataclass, field
from time import monotonic

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from claims.actions import incidents, roster_details, roster_figures, roster_rows
from claims.actions.roster_file import RosterFile
from claims.actions.roster_problems import SHOWN, RosterRefused
from claims.models import MassRun, Payout
from claims.models.patience import be_patient
from claims.rules import permissions
from claims.rules.errors import Refused

LOCKS = 0x524F5354  # our corner of PostgreSQL's advisory locks
ANALYSE_FROM = 1000  # changed rows


@dataclass(frozen=True)
class Report:
    """What a load did, or with `dry_run` would do. `rows` are those of the file, repeated and wrong ones included.

    A dry run has `figures` of the accounts that are right, and says of the others what is wrong: `problems` are the
    first of them by line, `wrong` is how many, `kinds` of what.
    """

    rows: int
    added: int
    changed: int
    duplicates: int
    seconds: float
    size: int
    sha256: str
    dry_run: bool
    figures: roster_figures.Figures | None = None
    problems: tuple = ()
    wrong: int = 0
    kinds: tuple = ()
    details: roster_details.Details = field(default_factory=roster_details.Details)

    @property
    def unchanged(self):
        return self.rows - self.duplicates - self.added - self.changed - self.wrong

    @property
    def rows_per_second(self):
        return round(self.rows / self.seconds) if self.seconds else 0


@transaction.atomic
def load(incident_code, file, *, by=None, dry_run=False, checked=None):
    """Adds and updates the accounts of `file` (open, binary: CSV, packed with gzip or not); returns a Report.

    Accounts that the file does not name stay. `by` is None for somebody at the server's command
    line. Raises RosterRefused with line numbers and changes nothing if a single row is wrong (a dry
    run tells of wrong rows in its report, unless the file cannot be read to its end), and Refused 409
    `run_on` while a mass run walks over the roster, or `other_file` if it is not the one that was
    `checked` (its SHA-256).
    """
    if by is not None:
        permissions.require(permissions.may_manage_incidents(by))
    started = monotonic()
    incident = incidents.found(incident_code)
    with connection.cursor() as cursor:
        wait_for_other_loads(cursor, incident)
        if not dry_run:
            refuse_during_a_run(incident)
        roster = RosterFile(file)
        stage(cursor, roster)
        parameters = roster_rows.parameters(incident)
        duplicates = check(cursor, roster, parameters)
        keep_granted(cursor, roster, incident, parameters)
        if roster.problems.count and not dry_run:
            raise RosterRefused(roster.problems)
        if checked is not None and roster.sha256 != checked:
            raise Refused("other_file", _("This is not the file that was checked. Check it first."), status=409)
        change = count if dry_run else write
        added, changed = change(cursor, roster.columns, parameters)
        details = bank_details(cursor, roster, incident, by=by, dry_run=dry_run)
        figures = roster_figures.of_staged(cursor, parameters) if dry_run else None
    report = Report(
        rows=roster.rows_read + roster.left_out,
        added=added,
        changed=changed,
        duplicates=duplicates,
        seconds=monotonic() - started,
        size=roster.source.size,
        sha256=roster.sha256,
        dry_run=dry_run,
        figures=figures,
        problems=roster.problems.in_order,
        wrong=roster.problems.count,
        kinds=roster.problems.in_kinds,
        details=details,
    )
    if not dry_run:
        tell(incident, report, by=by)
    return report


def wait_for_other_loads(cursor, incident):
    """A roster of millions takes longer than any request may; a second load waits for the first."""
    be_patient()
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCKS, incident.pk % 2**31])


def held_back(incident, *, alone=False):
    """Whether loads of this roster now wait for the end of this transaction; False if one is on, or waits already.

    With `alone` whoever holds them back too must be through: for who changes the roster.
    """
    lock = "pg_try_advisory_xact_lock" if alone else "pg_try_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s, %s)", [LOCKS, incident.pk % 2**31])
        return cursor.fetchone()[0]


def refuse_during_a_run(incident):
    if MassRun.objects.on().filter(incident=incident).exists():
        raise Refused(
            "run_on",
            _("A mass run walks over this roster. Load it when the run is finished, or cancel the run first."),
            status=409,
        )


def stage(cursor, roster, also=""):
    """The rows of the file as text in a table that only this transaction sees; `also` makes more of it."""
    cursor.execute(roster_rows.STAGING)
    if also:
        cursor.execute(also)
    with cursor.copy(roster_rows.copy_into_staging(roster.columns)) as copy:
        for block in roster.copy_blocks():
            copy.write(block)
    if not roster.rows_read and not roster.problems.count:
        raise roster.problems.fatal(roster.number, "empty_file")
    cursor.execute("ANALYZE roster_staging")


def check(cursor, roster, parameters):
    """How many rows repeat an earlier one. Wrong rows are no longer staged; the problems of the file tell of them."""
    problems = roster.problems
    cursor.execute(roster_rows.wrong_rows(SHOWN), parameters)
    rows = cursor.fetchall()
    for line, *codes, _total in rows:
        tell_row(problems, line, codes)
    if rows:
        problems.count += rows[0][-1] - len(rows)
        roster_figures.sort_wrong_rows(cursor, problems, parameters)
        cursor.execute(roster_rows.delete_wrong_rows(), parameters)
    if has_details(roster):
        roster_details.check(cursor, roster)
    cursor.execute(roster_rows.FIND_DOUBLES)
    duplicates = 0
    if cursor.rowcount:
        cursor.execute("ANALYZE roster_doubles")
        cursor.execute(roster_rows.contradictions(SHOWN), parameters)
        rows = cursor.fetchall()
        for line, _total in rows:
            problems.add(line, "contradiction", "login")
        contradictions = rows[0][1] if rows else 0
        if contradictions:
            problems.count += contradictions - len(rows)
            problems.sort("contradiction", "login", [(line, "") for line, _total in rows], count=contradictions)
        cursor.execute(roster_rows.DELETE_DOUBLES)
        duplicates = cursor.rowcount - contradictions
    return duplicates


def keep_granted(cursor, roster, incident, parameters):
    """What amounts rest on stays as it is where something was granted: that takes a correction, shown to two people."""
    if not Payout.objects.filter(incident=incident).exclude(state="cancelled").exists():
        return
    cursor.execute(roster_rows.drop_granted(roster.columns, SHOWN), parameters)
    rows = cursor.fetchall()
    if not rows:
        return
    for line, _total in rows:
        roster.problems.add(line, "granted", "login")
    roster.problems.count += rows[0][1] - len(rows)
    roster.problems.sort("granted", "login", [(line, "") for line, _total in rows], count=rows[0][1])


def has_details(roster):
    return not set(roster_details.COLUMNS).isdisjoint(roster.columns)


def bank_details(cursor, roster, incident, *, by, dry_run):
    """What the file says of where to pay: written, or with `dry_run` only counted, for accounts known already."""
    if not has_details(roster):
        return roster_details.Details()
    return roster_details.choose(cursor, incident) if dry_run else roster_details.write(cursor, incident, by=by)


def tell_row(problems, line, codes):
    """All that is wrong with one row; of a header in the middle of the file only that it is one."""
    wrong = [(code, column) for column, code in zip(roster_rows.CHECKS, codes, strict=True) if code]
    if wrong[0][0] == "header_again":
        del wrong[1:]
    for position, (code, column) in enumerate(wrong):
        problems.add(line, code, column, counts=0 if position else 1)


def write(cursor, columns, parameters):
    """(added, changed). The foreign keys are checked here, not at the commit, so that it counts in the time."""
    cursor.execute(roster_rows.update_changed(columns), parameters)
    changed = cursor.rowcount
    cursor.execute(roster_rows.insert_new(), parameters)
    added = cursor.rowcount
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    if added + changed >= ANALYSE_FROM:
        cursor.execute("ANALYZE claims_customer")
    return added, changed


def count(cursor, columns, parameters):
    """(added, changed) as write() would do it."""
    cursor.execute(roster_rows.count_changed(columns), parameters)
    (changed,) = cursor.fetchone()
    cursor.execute(roster_rows.count_new(), parameters)
    return cursor.fetchone()[0], changed


def tell(incident, report, *, by):
    """The load as one entry in the incident's chain; the row lock is held no longer than that."""
    incident = incidents.locked_row(incident.code)
    facts = {
        "rows": report.rows,
        "added": report.added,
        "changed": report.changed,
        "duplicates": report.duplicates,
        "sha256": report.sha256,
    }
    if report.details != roster_details.Details():
        facts["bank details"] = asdict(report.details)
    incidents.write(incident, "load roster", by=by, facts=facts)
