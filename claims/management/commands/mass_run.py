"""A mass run from the command line: `manage.py mass_run libero-2023 indemnity --approve-as marco@example.org`."""

from django.core.management.base import BaseCommand, CommandError

from claims.actions import mass_counting, mass_runs
from claims.management.managers import manager
from claims.models import MassRun
from claims.rules.errors import Refused
from claims.rules.mass_runs import UNFINISHED


class Command(BaseCommand):
    help = (
        "Propose a mass run of a remedy, approve it as another manager, or go on with one that is approved. Each step"
        " is the same as on the pages: two people, whole chunks, killable anywhere."
    )

    def add_arguments(self, parser):
        parser.add_argument("incident", help="code of the incident")
        parser.add_argument("remedy", help="indemnity or refund")
        parser.add_argument(
            "--propose-as", metavar="EMAIL", help="the manager who proposes; else whoever is at the server"
        )
        parser.add_argument("--approve-as", metavar="EMAIL", help="another manager: approves it, and it is granted")

    def handle(self, *, incident, remedy, propose_as, approve_as, **options):
        try:
            run = self.unfinished(incident, remedy) or self.begin(incident, remedy, propose_as)
            if run.state == MassRun.State.COUNTING:
                run = self.count(run)
            if run.state == MassRun.State.PROPOSED:
                if approve_as is None:
                    self.stdout.write("Nothing was granted: another manager must approve it (--approve-as EMAIL).")
                    return
                run = mass_runs.approve(run.pk, by=manager(approve_as))
                self.stdout.write(f"approved as {approve_as}")
        except Refused as refused:
            raise CommandError(str(refused.message)) from None
        self.walk(run)

    def unfinished(self, incident, remedy):
        runs = MassRun.objects.filter(incident__code=incident, remedy=remedy, state__in=UNFINISHED)
        return runs.select_related("incident").first()

    def begin(self, incident, remedy, email):
        return mass_counting.begin(incident, remedy, by=email and manager(email))

    def count(self, run):
        while mass_counting.count_chunk(run.pk) is not None:
            run.refresh_from_db()
            self.stdout.write(f"counted {run.roster} / {run.to_count} ({run.percent_counted} %)")
        run = MassRun.objects.select_related("incident").get(pk=run.pk)
        self.stdout.write(f"{run.state}: {run.people} of {run.roster} accounts get {run.total} euro")
        for why, number in sorted(run.excluded.items()):
            self.stdout.write(f"  {why}: {number}")
        if run.is_empty:
            raise mass_counting.nothing_to_grant()
        return run

    def walk(self, run):
        while mass_runs.grant_chunk(run.pk) is not None:
            run.refresh_from_db()
            left = "" if run.seconds_left is None else f", {run.seconds_left} s left"
            self.stdout.write(f"{run.walked} / {run.roster} ({run.percent} %), {run.per_second} accounts/s{left}")
        run.refresh_from_db()
        self.stdout.write(f"{run.state}: {run.granted} granted, {run.granted_total} euro, {run.held} notices wait")
