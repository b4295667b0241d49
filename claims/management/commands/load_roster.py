"""Affected accounts from a file: `manage.py load_roster libero-2023 roster.csv.gz`. See docs/roster.md."""

from django.core.management.base import BaseCommand, CommandError

from claims.actions import roster
from claims.actions.roster_problems import RosterRefused
from claims.rules.errors import Refused


class Command(BaseCommand):
    help = "Load the affected accounts of an incident from CSV (also .gz) or Parquet: all or nothing, again and again."

    def add_arguments(self, parser):
        parser.add_argument("incident", help="code of the incident")
        parser.add_argument("file", help="CSV in UTF-8, also packed with gzip, or Parquet")
        parser.add_argument("--dry-run", action="store_true", help="check, count and sum up, change nothing")

    def handle(self, *, incident, file, dry_run, **options):
        try:
            with open(file, "rb") as opened:
                report = roster.load(incident, opened, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except RosterRefused as refused:
            self.tell_problems(file, refused.problems, refused.kinds)
            raise CommandError(str(refused.message)) from None
        except Refused as refused:
            raise CommandError(str(refused.message)) from None
        done = ("would add", "would change") if dry_run else ("added", "changed")
        self.stdout.write(
            f"{report.rows} rows: {report.added} {done[0]}, {report.changed} {done[1]}, {report.unchanged} unchanged,"
            f" {report.duplicates} duplicates; {report.seconds:.1f} s, {report.rows_per_second} rows/s"
        )
        if report.figures:
            self.tell_figures(report.figures)
        if report.wrong:
            self.tell_problems(file, report.problems, report.kinds)
            raise CommandError(f"The roster would not be loaded. Rows that are wrong: {report.wrong}.")

    def tell_figures(self, figures):
        for code, accounts, fees in figures.services:
            self.stdout.write(f"{code}: {accounts} accounts, fees {fees} euro")
        self.stdout.write(
            f"all: {figures.accounts} accounts, fees {figures.fees} euro; {figures.contacts} with a contact,"
            f" {figures.second_contacts} with a second one, {figures.own_outages} with an outage of their own;"
            f" {figures.deferred} mails late, {figures.bounced} lost"
        )

    def tell_problems(self, file, problems, kinds):
        for problem in problems:
            self.stderr.write(f"{file}, {problem}")
        for kind in kinds:
            self.stderr.write(str(kind))
