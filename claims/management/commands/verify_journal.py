"""Walks the hash chains of the journal; changes nothing."""

import sys
from time import perf_counter

from django.core.management.base import BaseCommand

from claims.reports import referee
from claims.reports.chain import Walk


class Command(BaseCommand):
    help = "Hash every journal entry again; exit 1 and name the first broken one if somebody tampered with it."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--chain", help="only this one, such as claim:17")

    def handle(self, *, chain=None, **options):
        start = perf_counter()
        with referee.reading() as cursor:
            walk = Walk(cursor, chain)
            first, broken = None, 0
            for first_of_chain in walk:
                first, broken = first or first_of_chain, broken + 1
        seconds = perf_counter() - start
        if broken:
            self.stderr.write(f"Broken chains: {broken} of {walk.chains}. The first: {first}.")
            sys.exit(1)
        rate = f"{walk.entries / seconds:,.0f} a second" if walk.entries else "nothing to check"
        self.stdout.write(f"{walk.entries} entries in {walk.chains} chains are as they were written ({rate}).")
