"""Affected accounts from a file: `manage.py load_roster libero-2023 roster.csv.gz`. See docs/roster.md."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from claims.actions import corrections, roster
from claims.actions.roster_details import Details
from claims.actions.roster_problems import RosterRefused
from claims.models import Correction
from claims.reports import corrections as reports
from claims.rules.errors import Refused

CHOICES = {"change": True, "leave": False}
DIGITS = 16  # of a fingerprint in a token


class Command(BaseCommand):
    help = (
        "Load the affected accounts of an incident from CSV (also .gz) or Parquet: all or nothing, again and again. Or"
        " correct some of them: the effect is shown first, and applied by its token."
    )

    def add_arguments(self, parser):
        parser.add_argument("incident", help="code of the incident")
        parser.add_argument("file", nargs="?", help="CSV in UTF-8, also packed with gzip, or Parquet")
        parser.add_argument("--dry-run", action="store_true", help="check, count and sum up, change nothing")
        parser.add_argument(
            "--corrections", action="store_true", help="the file has a column “action”: add, change, remove"
        )
        parser.add_argument("--apply", metavar="TOKEN", help="with --corrections, without a file: do what was shown")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="the manager who proposes or applies")
        parser.add_argument(
            "--granted",
            choices=CHOICES,
            help="of accounts that were granted another amount: change or leave their data",
        )

    def handle(self, *, incident, file, **options):
        if (file is None) != bool(options["apply"]) or (options["apply"] and not options["corrections"]):
            raise CommandError("Give a file, or --corrections --apply TOKEN.")
        try:
            by = manager(options["email"]) if options["email"] else None
            if options["apply"]:
                self.apply(incident, options["apply"], by=by, with_granted=CHOICES.get(options["granted"]))
                return
            with open(file, "rb") as opened:
                if options["corrections"]:
                    self.tell_correction(corrections.propose(incident, opened, by=by))
                else:
                    self.load(incident, opened, dry_run=options["dry_run"], by=by)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except RosterRefused as refused:
            self.tell_problems(file, refused.problems, refused.kinds)
            raise CommandError(str(refused.message)) from None
        except Refused as refused:
            raise CommandError(str(refused.message)) from None

    def load(self, incident, opened, *, dry_run, by):
        report = roster.load(incident, opened, dry_run=dry_run, by=by)
        done = ("would add", "would change") if dry_run else ("added", "changed")
        self.stdout.write(
            f"{report.rows} rows: {report.added} {done[0]}, {report.changed} {done[1]}, {report.unchanged} unchanged,"
            f" {report.duplicates} duplicates; {report.seconds:.1f} s, {report.rows_per_second} rows/s"
        )
        if (details := report.details) != Details():
            self.stdout.write(
                f"bank details: {details.added} accounts {done[0]}, {details.changed} {done[1]},"
                f" {details.kept} keep what a person gave or a payment is on its way to"
            )
        if report.figures:
            self.tell_figures(report.figures)
        if report.wrong:
            self.tell_problems(opened.name, report.problems, report.kinds)
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

    def tell_correction(self, made):
        counts = made.counts
        self.stdout.write(
            f"would add {counts['add']}, change {counts['change']}, remove {counts['remove']};"
            f" {made.unchanged} unchanged, {counts['touched']} with payouts or claims"
        )
        for each in reports.sums(made.effect):
            self.stdout.write(
                f"{each.remedy}: {each.accounts} accounts, {each.before} -> {each.after} euro ({each.difference:+})"
            )
        for each in reports.sums(made.granted):
            self.stdout.write(
                f"{each.remedy}: {each.accounts} accounts have {each.granted} euro, which stay as they are"
            )
        for each in reports.lines(made, most=counts["touched"] and 50):
            if each.granted or each.claims:
                self.stdout.write(f"line {each.number}, {each.login}: {said(each)}")
        who = "another manager" if made.moves_money else "a manager"
        self.stdout.write(
            f"Nothing changed yet. To be applied by {who}: --corrections --apply {token_of(made)} --as EMAIL"
        )

    def apply(self, incident, token, *, by, with_granted):
        number, _dash, fingerprint = token.partition("-")
        made = Correction.objects.filter(
            pk=int(number) if number.isdecimal() and len(number) < 18 else 0, incident__code=incident
        ).first()
        if made is None or by is None:
            raise CommandError("There is no such correction." if by else "Say who applies it: --as EMAIL.")
        # The beginning of a fingerprint is enough to tell one effect from another.
        whole = made.fingerprint if len(fingerprint) >= DIGITS and made.fingerprint.startswith(fingerprint) else ""
        corrections.apply(made.pk, by=by, fingerprint=whole, with_granted=with_granted)
        self.stdout.write(f"{made}: applied")


def token_of(made):
    return f"{made.pk}-{made.fingerprint[:DIGITS]}"


def said(line):
    """What changes in a line, and what was granted and claimed."""
    parts = [f"{label}: {before} -> {after}" for label, before, after in line.changes]
    parts += [f"{remedy} due {before} -> {after} euro" for remedy, before, after in line.amounts]
    parts += [f"{remedy} granted {amount} euro" for remedy, amount in line.granted]
    return "; ".join([*parts, *line.claims])


def manager(email):
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise CommandError(f"Nobody signs in as {email}.")
    return person
