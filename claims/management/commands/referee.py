"""Checks on the live data that the laws hold; changes nothing."""

import sys

from django.core.management.base import BaseCommand

from claims.reports import referee


class Command(BaseCommand):
    help = "Check the laws that must always hold, read-only; exit 1 and say which one is broken, with examples."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--fast", action="store_true", help="look at a sample of the files instead of all")

    def handle(self, *, fast, **options):
        verdicts = referee.judge(fast=fast)
        for verdict in verdicts:
            self.stdout.write(f"{verdict.law:<4} {verdict.state:<14}  {verdict.says}")
            for example in verdict.examples:
                self.stdout.write(f"     {'':<14}    {example}")
        broken = [verdict.law for verdict in verdicts if verdict.state == referee.BROKEN]
        if broken:
            self.stderr.write(f"Broken: {', '.join(broken)}.")
            sys.exit(1)
