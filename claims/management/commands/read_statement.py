"""A file of the bank of any size: `manage.py read_statement statement.xml --as mara@example.org`."""

import io
from time import monotonic

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count

from claims.actions import settling
from claims.management.managers import manager
from claims.models import StatementLine
from claims.models.patience import be_patient
from claims.rules.errors import Refused

EVERY = 5  # seconds


class Command(BaseCommand):
    help = (
        "Read what the bank answered, camt.053 or pain.002, as the page of payments does, however large the file is:"
        " whole or not at all, the same file again changes nothing. It is read from disk, memory stays as it is."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="the bank's file, not packed")
        parser.add_argument("--as", dest="email", metavar="EMAIL", required=True, help="the manager who reads it")

    def handle(self, *, file, email, **options):
        by, started = manager(email), monotonic()
        try:
            with Watched(file, self.stdout.write) as raw, io.BufferedReader(raw, 2**20) as opened, transaction.atomic():
                be_patient()
                statement, known = settling.settle(opened, by=by)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except Refused as refused:
            raise CommandError(str(refused.message)) from None
        if known:
            self.stdout.write(f"already read on {statement.at:%Y-%m-%d %H:%M} UTC: nothing changed")
            return
        seconds = monotonic() - started
        self.stdout.write(
            f"{statement.kind}: {statement.lines} lines, {statement.settled} paid, {statement.returned} came back,"
            f" {statement.unmatched} to look at; {seconds:.1f} s, {round(statement.lines / seconds)} lines/s"
        )
        odd = statement.found.exclude(note="").order_by().values_list("note").annotate(number=Count("id"))
        for note, number in sorted(odd):
            self.stdout.write(f"  {number}: {StatementLine.Note(note).label}")


class Watched(io.FileIO):
    """A file that tells every few seconds how much of it was read: once for its hash, once for what it says."""

    def __init__(self, path, tell):
        super().__init__(path)
        self.tell, self.next = tell, monotonic() + EVERY
        self.size = self.seek(0, io.SEEK_END)
        self.seek(0)

    def readinto(self, buffer):
        read = super().readinto(buffer)
        if monotonic() >= self.next or not read:
            self.tell(f"{self.tell_bytes():,} of {self.size:,} bytes read" if read else "read to its end")
            self.next = monotonic() + EVERY
        return read

    def tell_bytes(self):
        return self.seek(0, io.SEEK_CUR)
