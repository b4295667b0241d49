"""The money of an incident from the command line: `manage.py ledger libero-2023` proves that every sum agrees."""

import sys
from time import monotonic

from django.core.management.base import BaseCommand, CommandError

from claims.models import Incident
from claims.reports import ledger, proof
from claims.reports.referee import reading

COLUMNS = ("gross", "offsets", "net", "paid", "under_way", "returned", "outstanding")


class Command(BaseCommand):
    help = (
        "Print what an incident granted, paid and owes, and prove it: the ledgers of all accounts, the payouts, the"
        " files for the bank (read again) and the bank's answers add up. Exit 1 and say what differs if they do not."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("incident", help="code of the incident")

    def handle(self, *, incident, **options):
        started = monotonic()
        found = Incident.objects.filter(code=incident).first()
        if found is None:
            raise CommandError("There is no such incident.")
        with reading() as cursor:  # all of it as of one moment
            for remedy, entry in ledger.by_remedy(found).items():
                self.tell(remedy, entry)
            self.tell("all", ledger.together(found))
            broken = 0
            for finding in proof.prove(cursor, found):
                broken += not finding.holds
                equal = "=" if finding.left == finding.right else "≠"
                verdict = "holds" if finding.holds else "DIFFERS"
                self.stdout.write(f"{verdict:<8} {finding.left} {equal} {finding.right}  {finding.says}")
                for each in finding.differs:
                    self.stdout.write(f"         {each}")
        self.stdout.write(f"{monotonic() - started:.1f} s")
        if broken:
            self.stderr.write(f"{broken} sums differ.")
            sys.exit(1)

    def tell(self, name, entry):
        amounts = "  ".join(f"{column.replace('_', ' ')} {getattr(entry, column)}" for column in COLUMNS)
        self.stdout.write(f"{name:<10} {amounts}")
