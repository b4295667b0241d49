"""Affected accounts from a file: `manage.py load_roster libero-2023 roster.csv.gz`. See docs/roster.md."""

from django.core.management.base import BaseCommand, CommandError

from claims.actions import roster
from claims.actions.roster_problems import RosterRefused
from claims.rules.errors import Refused


class Command(BaseCommand):
    help = "Load the affected accounts of an incident from CSV (also .gz): all or nothing, as often as you like."

    def add_arguments(self, parser):
        parser.add_argument("incident", help="code of the incident")
        parser.add_argument("file", help="CSV in UTF-8, also packed with gzip")
        parser.add_argument("--dry-run", action="store_true", help="check and count, change nothing")

    def handle(self, *, incident, file, dry_run, **options):
        try:
            with open(file, "rb") as opened:
                report = roster.load(incident, opened, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except RosterRefused as refused:
            for problem in refused.problems:
                self.stderr.write(f"{file}, {problem}")
            raise CommandError(str(refused.message)) from None
        except Refused as refused:
            raise CommandError(str(refused.message)) from None
        done = ("would add", "would change") if dry_run else ("added", "changed")
        self.stdout.write(
            f"{report.rows} rows: {report.added} {done[0]}, {report.changed} {done[1]}, {report.unchanged} unchanged,"
            f" {report.duplicates} duplicates; {report.seconds:.1f} s, {report.rows_per_second} rows/s"
        )
