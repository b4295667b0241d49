"""Walks the hash chains and the seals of the journal; changes nothing."""

import sys
from pathlib import Path
from time import perf_counter

from django.core.management.base import BaseCommand, CommandError

from claims.reports import referee
from claims.reports.chain import Walk
from claims.reports.seals import BrokenSeal, compare


class Command(BaseCommand):
    help = "Hash every journal entry again; exit 1 and name the first broken one or seal if somebody tampered with it."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--chain", help="only this one, such as claim:17")
        parser.add_argument("--seals", type=Path, help="compare with this file of seals, kept elsewhere")

    def handle(self, *, chain=None, seals=None, **options):
        start = perf_counter()
        with referee.reading() as cursor:
            walk = Walk(cursor, chain)
            first, chains, seal = None, 0, None
            for broken in walk:
                if isinstance(broken, BrokenSeal):
                    seal = broken
                else:
                    first, chains = first or broken, chains + 1
            differs = compared(cursor, seals) if seals else None
        seconds = perf_counter() - start
        if first:
            self.stderr.write(f"Broken chains: {chains} of {walk.chains}. The first: {first}.")
        if seal:
            self.stderr.write(f"The first seal that does not fit: {seal}.")
        if differs:
            self.stderr.write(f"The file of seals: {differs}.")
        if first or seal or differs:
            sys.exit(1)
        rate = f"{walk.entries / seconds:,.0f} a second" if walk.entries else "nothing to check"
        self.stdout.write(f"{walk.entries} entries in {walk.chains} chains are as they were written ({rate}).")
        if walk.seals:
            self.stdout.write(f"{walk.seals} seals fit.")


def compared(cursor, path):
    try:
        with path.open(encoding="utf-8") as lines:
            return compare(cursor, lines)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
